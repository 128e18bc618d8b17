#include "failure_report.h"

#include "answer.h"

#include <ctype.h>

#define CODE_MAX 80
#define DEPTH_MAX 6
#define WAIT_MAX_MS 1e12

/* ---- what it says of waiting ---- */

static const struct {
	const char *unit;
	double ms;
} units[] = {
	{ "ms", 1 },        { "milliseconds", 1 }, { "s", 1000 },       { "sec", 1000 },
	{ "secs", 1000 },   { "second", 1000 },    { "seconds", 1000 }, { "m", 60e3 },
	{ "min", 60e3 },    { "mins", 60e3 },      { "minute", 60e3 },  { "minutes", 60e3 },
	{ "h", 3600e3 },    { "hour", 3600e3 },    { "hours", 3600e3 }, { "d", 86400e3 },
	{ "day", 86400e3 }, { "days", 86400e3 },
};

static int64_t round_up(double ms)
{
	int64_t whole = (int64_t)ms;

	return whole + (ms > (double)whole);
}

static double unit_ms(struct span word)
{
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
		if (span_equal(word, span_of(units[i].unit)))
			return units[i].ms;
	return 0;
}

/* "6m0s", "1.5 seconds", "120ms": milliseconds, < 0: no duration. */
static int64_t read_duration(const char *text)
{
	double sum = 0;
	bool any = false;

	for (;;) {
		char *end;
		double number, unit;
		size_t length = 0;

		while (*text == ' ')
			text++;
		number = isdigit((unsigned char)*text) ? strtod(text, &end) : -1;
		if (!(number >= 0))
			break;
		while (*end == ' ')
			end++;
		while (islower((unsigned char)end[length]))
			length++;
		unit = unit_ms((struct span){ end, length });
		if (!(unit > 0))
			break;
		sum += number * unit;
		any = true;
		text = end + length;
	}
	return any && sum < WAIT_MAX_MS ? round_up(sum) : -1;
}

static void take_wait(struct report *report, int64_t wait_ms)
{
	report->resets = true;
	if (report->retry_after_ms < 0)
		report->retry_after_ms = wait_ms;
}

/* Words that tell when to come again, maybe with a duration behind them. */
static const char *const hints[] = {
	"try again in", "try again after", "retry in",    "retry after", "resets in",    "reset in",
	"resets at",    "reset at",        "reset after", "please wait", "available in",
};

static void read_hints(struct report *report)
{
	static const char *const rates[] = { "per minute", "per second", "per-minute", "perminute",
					     "per_minute", "/min",       "rpm",        "per hour",
					     "per day",    "per_day",    "perday",     "tpm" };

	for (size_t i = 0; i < ARRAY_LENGTH(hints); i++) {
		const char *at = strstr(report->words.data, hints[i]);

		if (at)
			take_wait(report, read_duration(at + strlen(hints[i])));
	}
	for (size_t i = 0; i < ARRAY_LENGTH(rates); i++)
		report->resets = report->resets || strstr(report->words.data, rates[i]);
}

struct wait_member {
	const char *key;
	double ms; /* of one; 0: a moment, not a duration */
};

static const struct wait_member wait_members[] = {
	{ "retry_after_ms", 1 },
	{ "retry_after", 1000 },
	{ "retryAfter", 1000 },
	{ "retry_after_seconds", 1000 },
	{ "resets_in_seconds", 1000 },
	{ "retryDelay", 1000 },
	{ "resets_at", 0 },
	{ "reset_at", 0 },
};

static void read_waits(struct report *report, const json_t *object)
{
	for (size_t i = 0; i < ARRAY_LENGTH(wait_members); i++) {
		const struct wait_member *member = &wait_members[i];
		const json_t *value = json_object_get(object, member->key);
		double ms = json_number_value(value) * member->ms;

		if (json_is_string(value))
			take_wait(report, read_duration(json_string_value(value)));
		else if (json_is_number(value))
			take_wait(report, member->ms > 0 && ms >= 0 && ms < WAIT_MAX_MS
						  ? round_up(ms)
						  : -1);
	}
}

/* ---- codes ---- */

static void add_code(struct report *report, struct span code)
{
	const char *hash = memrchr(code.data, '#', code.length); /* com.amazon.x#Exception */
	const char *colon;

	if (hash)
		code = span_slice(code, (size_t)(hash - code.data) + 1, code.length);
	colon = memmem(code.data, code.length, ": ", 2); /* function_call_filter: WHICH */
	if (colon)
		code.length = (size_t)(colon - code.data);
	if (!code.length || code.length > CODE_MAX || memchr(code.data, ' ', code.length) ||
	    report->code_count == REPORT_CODES_MAX)
		return;
	report->codes[report->code_count++] = wire_text(code);
}

static void read_codes(struct report *report, const json_t *object)
{
	static const char *const keys[] = { "code",      "type",   "status",     "error_type",
					    "errorType", "reason", "error_code", "__type" };

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		const json_t *value = json_object_get(object, keys[i]);
		_free_ char *number = NULL;
		long status = json_is_integer(value)
				      ? (long)json_integer_value(value)
				      : strtol(json_string_value(value) ?: "", NULL, 10);

		if (json_is_integer(value))
			number = xasprintf("%lld", (long long)json_integer_value(value));
		if (status >= 400 && status <= 599 && !report->status)
			report->status = (int)status;
		if (number)
			add_code(report, span_of(number));
		else if (json_string_length(value))
			add_code(report, wire_get_text(object, keys[i]));
	}
}

/* "param", or where a schema checker says that it stumbled: ["body","stream_options"]. */
static void read_param(struct report *report, const json_t *object)
{
	CLEANUP(buffer_clear) struct buffer param = BUFFER(200);
	const json_t *part;
	size_t i;

	if (report->param)
		return;
	buffer_append(&param, wire_cut(wire_get_text(object, "param"), 100));
	json_array_foreach(wire_get_array(object, "loc"), i, part) {
		buffer_printf(&param, "%s%.40s", param.length ? "." : "",
			      json_string_value(part) ?: "");
	}
	if (!param.length)
		return;
	report->param = buffer_steal(&param);
	for (char *c = report->param; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void read_members(struct report *report, const json_t *object)
{
	const json_t *detail, *context = json_object_get(object, "n_ctx"); /* llama.cpp */
	size_t i;

	read_codes(report, object);
	read_param(report, object);
	read_waits(report, object);
	json_array_foreach(wire_get_array(object, "details"), i, detail) { /* Google */
		read_codes(report, detail);
		read_waits(report, detail);
	}
	if (json_is_integer(context) && json_integer_value(context) > 0)
		report->context = json_integer_value(context);
}

/* ---- reports ---- */

static void read_at(struct report *report, json_t *answer, unsigned depth);

/* A proxy puts the report of the server behind it into its own words. Only behind nothing, or a
 * proxy's own marks: anywhere else it may be the conversation. */
static bool read_wrapped(struct report *report, struct span text, unsigned depth)
{
	static const char *const marks[] = { "-", "error:", "response:", "body:" };
	const char *brace = text.length ? memchr(text.data, '{', text.length) : NULL;
	const char *last = text.length ? memrchr(text.data, '}', text.length) : NULL;
	struct span before;
	_json_ json_t *json = NULL;
	bool marked;

	if (!brace || !last || last < brace || depth >= DEPTH_MAX)
		return false;
	before = span_trim(span_slice(text, 0, (size_t)(brace - text.data)));
	marked = !before.length;
	for (size_t i = 0; i < ARRAY_LENGTH(marks) && !marked; i++) {
		struct span mark = span_of(marks[i]);

		marked = before.length >= mark.length &&
			 span_equal_nocase(
				 span_slice(before, before.length - mark.length, before.length),
				 mark);
	}
	if (!marked || words_quote(before))
		return false;
	json = wire_parse((struct span){ brace, (size_t)(last - brace) + 1 });
	if (!json_is_object(json) || !answer_is_error(json))
		return false;
	read_at(report, json, depth + 1);
	return true;
}

static void read_text(struct report *report, struct span text, unsigned depth)
{
	if (!read_wrapped(report, text, depth))
		words_append(&report->words, text);
}

static void read_at(struct report *report, json_t *answer, unsigned depth)
{
	json_t *inner = answer_inner(answer);
	struct span words = answer_words(answer), raw;

	if (inner && depth < DEPTH_MAX) {
		read_at(report, inner, depth + 1);
		if (!report->words.length && words.length)
			read_text(report, words, depth + 1);
	} else {
		if (words.length)
			read_text(report, words, depth);
		raw = wire_get_text(wire_get_object(answer, "metadata"), "raw"); /* OpenRouter */
		if (raw.length)
			read_text(report, raw, depth);
	}
	read_members(report, answer);
}

static void init(struct report *report)
{
	*report = (struct report){ .words = BUFFER(2 * WORDS_MAX), .retry_after_ms = -1 };
}

static void finish(struct report *report)
{
	buffer_append_text(&report->words, ""); /* terminated, also when there are none */
	if (!report->words.data)
		report->words.data = xstrdup("");
	read_hints(report);
}

void report_read(struct report *report, json_t *answer)
{
	init(report);
	read_at(report, answer, 0);
	finish(report);
}

void report_read_body(struct report *report, struct span body)
{
	_json_ json_t *json = wire_parse(span_trim(body));
	_free_ char *text = NULL;

	init(report);
	body = span_trim(body);
	if (json && (json_is_object(json) || json_is_array(json) || json_is_string(json))) {
		read_at(report, json, 0);
	} else if (!json && body.length && body.data[0] != '<') {
		text = wire_text(wire_cut(body, WORDS_MAX));
		read_text(report, span_of(text), 0);
	}
	finish(report);
}

void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->code_count; i++)
		free(report->codes[i]);
	report->code_count = 0;
	buffer_clear(&report->words);
	free(report->param);
	report->param = NULL;
}

/* ---- questions ---- */

static const char *skip_marks(const char *at)
{
	while (*at && *at != '*' && !isalnum((unsigned char)*at))
		at++;
	return at;
}

static bool same_code(const char *code, const char *pattern)
{
	for (;;) {
		code = skip_marks(code);
		pattern = skip_marks(pattern);
		if (*pattern == '*')
			return true;
		if (!*code || !*pattern)
			return !*code && !*pattern;
		if (tolower((unsigned char)*code) != tolower((unsigned char)*pattern))
			return false;
		code++, pattern++;
	}
}

bool report_has_code(const struct report *report, const char *code)
{
	for (size_t i = 0; i < report->code_count; i++)
		if (same_code(report->codes[i], code))
			return true;
	return false;
}

/* Every part of the pattern behind the one before it, near. */
static bool matches_at(const char *at, const char *pattern)
{
	for (;;) {
		const char *star = strchr(pattern, '*');
		size_t length = star ? (size_t)(star - pattern) : strlen(pattern);
		const char *found, *near;

		if (strncmp(at, pattern, length) != 0)
			return false;
		if (!star)
			return true;
		at += length;
		pattern = star + 1;
		length = strcspn(pattern, "*");
		near = memmem(at, strnlen(at, 100 + length), pattern, length);
		found = near;
		if (!found)
			return false;
		at = found;
	}
}

bool report_says(const struct report *report, const char *pattern)
{
	const char *words = report->words.data;
	size_t first = strcspn(pattern, "*");
	const char *end = words + report->words.length;

	for (const char *at = words; (at = memmem(at, (size_t)(end - at), pattern, first)); at++)
		if (matches_at(at, pattern))
			return true;
	return false;
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

size_t report_find_word(const struct report *report, const char *word, size_t from)
{
	const char *words = report->words.data;
	size_t length = strlen(word);

	for (const char *at = words + from; (at = strstr(at, word)); at++)
		if ((at == words || !is_word_byte(at[-1])) && !is_word_byte(at[length]))
			return (size_t)(at - words);
	return SIZE_MAX;
}
