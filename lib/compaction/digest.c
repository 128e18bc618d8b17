/* Older turns as text, for the model that sums them up. */
#include "compaction.h"

#include "turns.h"

#define MARK "…"
#define ALL SIZE_MAX

/* How much of each thing is told, in bytes. */
struct measure {
	size_t output, arguments, other, own;
};

/* Tried in this order until the record fits. */
static const struct measure measures[] = {
	{ 4000, 4000, ALL, ALL }, { 1000, 1000, ALL, ALL }, { 300, 300, 4000, ALL },
	{ 80, 100, 1000, ALL },   { 0, 60, 300, ALL },
};
#define BRIEF                                                                               \
	160 /* bytes of the agent's own words in the oldest turns, where nothing else helps \
	     */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void append_cut(struct buffer *out, const char *text, size_t most)
{
	struct span whole = span_of(text);
	size_t end = most < whole.length ? utf8_cut(whole, most) : whole.length;

	buffer_append(out, span_slice(whole, 0, end));
	if (end < whole.length)
		buffer_printf(out, MARK " (%zu bytes in all)", whole.length);
}

/* ---- one message ---- */

static void append_call(struct buffer *out, const json_t *call, const struct measure *measure)
{
	_free_ char *arguments = json_dumps(json_object_get(call, "arguments"),
					    JSON_COMPACT | JSON_SORT_KEYS);

	buffer_printf(out, "called %s ", text_of(call, "name"));
	append_cut(out, arguments ? arguments : text_of(call, "malformed"), measure->arguments);
	buffer_append(out, SPAN("\n"));
}

static void append_reply(struct buffer *out, const json_t *message, const struct measure *measure)
{
	const char *text = text_of(message, "text");
	json_t *call;
	size_t i;

	if (*text) {
		buffer_append(out, SPAN("you said: "));
		append_cut(out, text, measure->own);
		buffer_append(out, SPAN("\n"));
	}
	json_array_foreach(json_object_get(message, "calls"), i, call) {
		append_call(out, call, measure);
	}
}

static void append_results(struct buffer *out, const json_t *message, const struct measure *measure)
{
	json_t *result;
	size_t i;

	json_array_foreach(json_object_get(message, "results"), i, result) {
		const char *failed = json_is_true(json_object_get(result, "error")) ? "error"
										    : "result";

		buffer_printf(out, "%s of %s: ", failed, text_of(result, "name"));
		append_cut(out, text_of(result, "content"), measure->output);
		buffer_append(out, SPAN("\n"));
	}
}

static void append_other(struct buffer *out, const json_t *message, const struct measure *measure)
{
	buffer_append(out, SPAN("you were told: "));
	append_cut(out, text_of(message, "text"), measure->other);
	buffer_append(out, SPAN("\n"));
}

/* ---- the record ---- */

/* Of the first `brief` turns only the beginning of the agent's words is told; 0 bytes of theirs:
 * they are left out. */
static void append_record(struct buffer *out, const json_t *past, size_t covers,
			  const struct measure *measure, size_t brief, size_t brief_bytes)
{
	size_t turn = 0;

	if (brief && !brief_bytes)
		buffer_printf(out, "(turns 1 to %zu are left out: there is no room for them)\n",
			      brief);
	for (size_t i = 0; i < covers; i++) {
		const json_t *message = json_array_get(past, i);
		struct measure own = *measure;

		if (message_is_reply(message)) {
			turn++;
			if (turn <= brief && !brief_bytes)
				continue;
			if (turn <= brief)
				own.own = brief_bytes;
			buffer_printf(out, "%sturn %zu\n", out->length ? "\n" : "", turn);
			append_reply(out, message, &own);
		} else if (turn <= brief && !brief_bytes) {
			continue;
		} else if (json_object_get(message, "results")) {
			append_results(out, message, measure);
		} else {
			append_other(out, message, measure);
		}
	}
}

/* The fewest of the oldest turns that have to be told briefly, found by halving. */
static bool try_brief(struct buffer *out, const json_t *past, size_t covers, size_t bytes)
{
	const struct measure *least = &measures[ARRAY_LENGTH(measures) - 1];
	size_t low = 1, high = 0;

	for (size_t i = 0; i < covers; i++)
		high += message_is_reply(json_array_get(past, i));
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		buffer_reset(out);
		append_record(out, past, covers, least, middle, bytes);
		if (out->overflow)
			low = middle + 1;
		else
			high = middle;
	}
	buffer_reset(out);
	append_record(out, past, covers, least, low, bytes);
	return !out->overflow;
}

void compaction_digest(const json_t *past, size_t covers, size_t max_bytes, struct buffer *out)
{
	CLEANUP(buffer_clear) struct buffer record = BUFFER(max_bytes);

	for (size_t i = 0; i < ARRAY_LENGTH(measures); i++) {
		buffer_reset(&record);
		append_record(&record, past, covers, &measures[i], 0, 0);
		if (!record.overflow)
			break;
	}
	if (record.overflow && !try_brief(&record, past, covers, BRIEF) &&
	    !try_brief(&record, past, covers, 0))
		buffer_reset(&record);
	buffer_append(out, buffer_span(&record));
}
