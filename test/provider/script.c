#include "script.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

/* One line under work; `rest` is what is not read yet. */
struct line {
	struct script *script;
	struct answer *answer;
	struct span rest;
	const char *file;
	unsigned number;
	struct error *error;
};

static int line_wrong(const struct line *line, const char *what)
{
	error_set(line->error, ERROR_INVALID, "%s", what);
	return error_at(line->error, line->file, line->number, 0);
}

static struct span take_word(struct span *rest)
{
	size_t end = 0;
	struct span word;

	*rest = span_trim(*rest);
	while (end < rest->length && rest->data[end] != ' ' && rest->data[end] != '\t')
		end++;
	word = span_slice(*rest, 0, end);
	*rest = span_trim(span_slice(*rest, end, rest->length));
	return word;
}

static int take_number(struct line *line, int64_t *ret_number)
{
	struct span word = take_word(&line->rest);
	_free_ char *text = span_dup(word);
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	if (!*text || *end || errno || *ret_number < 0)
		return line_wrong(line, "a number is missing");
	return 0;
}

/* The rest of the line, or the JSON string that it is. */
static int take_text(struct line *line, char **ret_text)
{
	json_t *json;

	if (!line->rest.length || line->rest.data[0] != '"') {
		*ret_text = span_dup(line->rest);
		return 0;
	}
	json = json_loadb(line->rest.data, line->rest.length, JSON_DECODE_ANY, NULL);
	if (!json)
		return line_wrong(line, "a text that begins with a quote has to be a JSON string");
	*ret_text = xstrdup(json_string_value(json));
	json_decref(json);
	return 0;
}

/* The JSON value that the rest begins with, as it is written. */
static int take_json(struct line *line, struct span *ret_text)
{
	json_error_t where;
	json_t *json = json_loadb(line->rest.data, line->rest.length,
				  JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &where);

	if (!json)
		return line_wrong(line, "the JSON on this line is not valid");
	json_decref(json);
	*ret_text = span_slice(line->rest, 0, (size_t)where.position);
	line->rest = span_trim(span_slice(line->rest, (size_t)where.position, line->rest.length));
	return 0;
}

/* ---- indented lines ---- */

/* NULL: too many; the error is set. */
static struct step *add_step(struct line *line, int kind)
{
	struct answer *answer = line->answer;
	struct step *step;

	if (array_grow((void **)&answer->steps, answer->step_count, &answer->step_capacity,
		       sizeof(*answer->steps), SCRIPT_STEPS_MAX)) {
		line_wrong(line, "the answer has too many steps");
		return NULL;
	}
	step = &answer->steps[answer->step_count++];
	*step = (struct step){ .kind = (enum step_kind)kind };
	return step;
}

static int read_plain(struct line *line, int kind)
{
	return add_step(line, kind) ? 0 : -ERROR_INVALID;
}

static int read_text(struct line *line, int kind)
{
	struct step *step = add_step(line, kind);

	return step ? take_text(line, &step->text) : -ERROR_INVALID;
}

static int read_call(struct line *line, int kind)
{
	struct step *step = add_step(line, kind);

	if (!step)
		return -ERROR_INVALID;
	step->name = span_dup(take_word(&line->rest));
	/* What is no JSON is sent as it is: cut arguments are a case of their own. */
	step->text = span_dup(line->rest);
	return *step->name ? 0 : line_wrong(line, "a call has a tool's name and its arguments");
}

static int read_numbers(struct line *line, int kind)
{
	struct step *step = add_step(line, kind);
	int result = step ? 0 : -ERROR_INVALID;

	for (size_t i = 0;
	     !result && i < ARRAY_LENGTH(step->numbers) && (i == 0 || line->rest.length); i++)
		result = take_number(line, &step->numbers[i]);
	return result;
}

static int read_condition(struct line *line, int unwanted)
{
	struct answer *answer = line->answer;
	struct condition *condition = &answer->conditions[answer->condition_count];

	if (answer->condition_count == SCRIPT_CONDITIONS_MAX)
		return line_wrong(line, "the answer has too many conditions");
	answer->condition_count++;
	condition->unwanted = unwanted;
	return take_text(line, &condition->text);
}

static int read_repeat(struct line *line, int kind)
{
	struct step *step = add_step(line, kind);
	int result = step ? take_number(line, &step->numbers[0]) : -ERROR_INVALID;

	return result ? result : take_text(line, &step->text);
}

static int read_times(struct line *line, int kind)
{
	int result = take_number(line, &line->answer->times_left);

	(void)kind;
	if (!result && line->answer->times_left == 0)
		line->answer->times_left = -1;
	return result;
}

static int read_header(struct line *line, int kind)
{
	(void)kind;
	buffer_append(&line->answer->headers, line->rest);
	return buffer_append(&line->answer->headers, SPAN("\r\n"));
}

static int read_body(struct line *line, int kind)
{
	_free_ char *text = NULL;
	int result = take_text(line, &text);

	(void)kind;
	return result ? result : buffer_append_text(&line->answer->body, text);
}

static const struct {
	const char *word;
	int (*read)(struct line *line, int kind);
	int kind;
} inner_lines[] = {
	{ "text", read_text, STEP_TEXT },
	{ "think", read_text, STEP_THINK },
	{ "call", read_call, STEP_CALL },
	{ "usage", read_numbers, STEP_USAGE },
	{ "stop", read_text, STEP_STOP },
	{ "ping", read_plain, STEP_PING },
	{ "fail", read_text, STEP_FAIL },
	{ "bytes", read_text, STEP_BYTES },
	{ "delay", read_numbers, STEP_DELAY },
	{ "stall", read_plain, STEP_STALL },
	{ "cut", read_plain, STEP_CUT },
	{ "end", read_plain, STEP_END },
	{ "repeat", read_repeat, STEP_REPEAT },
	{ "when", read_condition, false },
	{ "unless", read_condition, true },
	{ "headers", read_plain, STEP_HEADERS },
	{ "times", read_times, 0 },
	{ "header", read_header, 0 },
	{ "body", read_body, 0 },
};

static int read_inner_line(struct line *line)
{
	struct span word = take_word(&line->rest);

	if (!line->answer)
		return line_wrong(line, "an indented line has to stand below an answer");
	for (size_t i = 0; i < ARRAY_LENGTH(inner_lines); i++) {
		if (span_equal(word, span_of(inner_lines[i].word)))
			return inner_lines[i].read(line, inner_lines[i].kind);
	}
	return line_wrong(line, "unknown step; script.h lists them");
}

/* ---- lines that begin an answer ---- */

static int read_error(struct line *line)
{
	int64_t status;
	struct span json = SPAN("");
	int result = take_number(line, &status);

	if (!result && line->rest.length && strchr("{[\"", line->rest.data[0]))
		result = take_json(line, &json);
	if (result)
		return result;
	line->answer->status = (int)status;
	return buffer_append(&line->answer->body, json);
}

static int read_raw(struct line *line)
{
	_free_ char *path = span_dup(take_word(&line->rest));
	FILE *file = fopen(path, "rbe");
	char bytes[16384];
	size_t count;

	if (!file)
		return line_wrong(line, "the file of `raw` cannot be read");
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&line->answer->body, (struct span){ bytes, count });
	fclose(file);
	return line->answer->body.overflow ? line_wrong(line, "the file of `raw` is too large") : 0;
}

static int read_drop(struct line *line)
{
	while (line->rest.length) {
		struct span word = take_word(&line->rest);

		if (span_equal(word, SPAN("head")))
			line->answer->head = true;
		else if (span_equal(word, SPAN("reset")))
			line->answer->reset = true;
		else
			return line_wrong(line, "a drop is `head`, `reset` or both");
	}
	return 0;
}

static int read_reply(struct line *line)
{
	(void)line;
	return 0;
}

static const struct {
	const char *word;
	enum answer_kind kind;
	int (*read)(struct line *line);
} outer_lines[] = {
	{ "reply", ANSWER_REPLY, read_reply },
	{ "error", ANSWER_ERROR, read_error },
	{ "raw", ANSWER_RAW, read_raw },
	{ "drop", ANSWER_DROP, read_drop },
};

/* `status N`, `retry-after V`, `cut N`, `chunk N`, `gzip` behind the answer's first words. */
static int read_attributes(struct line *line)
{
	struct answer *answer = line->answer;
	int result = 0;

	while (!result && line->rest.length) {
		struct span word = take_word(&line->rest);
		int64_t status = 0;

		if (span_equal(word, SPAN("status"))) {
			result = take_number(line, &status);
			answer->status = (int)status;
		} else if (span_equal(word, SPAN("cut"))) {
			result = take_number(line, &answer->cut);
		} else if (span_equal(word, SPAN("chunk"))) {
			result = take_number(line, &answer->chunk);
		} else if (span_equal(word, SPAN("gzip"))) {
			answer->gzip = true;
			buffer_append_text(&answer->headers, "content-encoding: gzip\r\n");
		} else if (span_equal(word, SPAN("retry-after"))) {
			struct span value = take_word(&line->rest);

			buffer_printf(&answer->headers, "retry-after: %.*s\r\n", (int)value.length,
				      value.data);
		} else {
			result = line_wrong(line, "unknown word behind the answer");
		}
	}
	return result;
}

static int read_outer_line(struct line *line)
{
	struct script *script = line->script;
	struct span word = take_word(&line->rest);
	bool is_default = span_equal(word, SPAN("default"));

	if (is_default)
		word = take_word(&line->rest);
	if (array_grow((void **)&script->answers, script->count, &script->capacity,
		       sizeof(*script->answers), SCRIPT_ANSWERS_MAX))
		return line_wrong(line, "the script has too many answers");
	line->answer = &script->answers[script->count++];
	*line->answer = (struct answer){
		.is_default = is_default,
		.times_left = 1,
		.status = 200,
		.cut = -1,
		.chunk = -1,
		.headers = BUFFER(1024 * 1024),
		.body = BUFFER(SCRIPT_BODY_MAX),
	};
	for (size_t i = 0; i < ARRAY_LENGTH(outer_lines); i++) {
		if (span_equal(word, span_of(outer_lines[i].word))) {
			int result;

			line->answer->kind = outer_lines[i].kind;
			result = outer_lines[i].read(line);
			return result ? result : read_attributes(line);
		}
	}
	return line_wrong(line, "an answer is reply, error, raw or drop");
}

int script_parse(struct span text, const char *file, struct script *ret_script, struct error *error)
{
	CLEANUP(script_clear) struct script script = { 0 };
	struct line line = { .script = &script, .file = file, .error = error };
	struct span raw;
	int result = 0;

	while (!result && span_next_line(&text, &raw)) {
		line.number++;
		line.rest = span_trim(raw);
		if (!line.rest.length || line.rest.data[0] == '#')
			continue;
		if (raw.data[0] == ' ' || raw.data[0] == '\t')
			result = read_inner_line(&line);
		else
			result = read_outer_line(&line);
	}
	if (result)
		return result;
	*ret_script = script;
	script = (struct script){ 0 };
	return 0;
}

static void answer_clear(struct answer *answer)
{
	for (size_t i = 0; i < answer->step_count; i++) {
		free(answer->steps[i].text);
		free(answer->steps[i].name);
	}
	free(answer->steps);
	for (size_t i = 0; i < answer->condition_count; i++)
		free(answer->conditions[i].text);
	buffer_clear(&answer->headers);
	buffer_clear(&answer->body);
}

void script_clear(struct script *script)
{
	for (size_t i = 0; i < script->count; i++)
		answer_clear(&script->answers[i]);
	free(script->answers);
	*script = (struct script){ 0 };
}

static bool answer_fits(const struct answer *answer, struct span body)
{
	for (size_t i = 0; i < answer->condition_count; i++) {
		const struct condition *c = &answer->conditions[i];
		bool found = body.data && memmem(body.data, body.length, c->text, strlen(c->text));

		if (found == c->unwanted)
			return false;
	}
	return true;
}

struct answer *script_take(struct script *script, struct span body)
{
	struct answer *fallback = NULL;

	for (size_t i = 0; i < script->count; i++) {
		struct answer *answer = &script->answers[i];

		if (!answer_fits(answer, body))
			continue;
		if (answer->is_default) {
			fallback = answer;
		} else if (answer->times_left != 0) {
			if (answer->times_left > 0)
				answer->times_left--;
			return answer;
		}
	}
	return fallback;
}
