#include "answer.h"

#include "wire.h"

#include <strings.h>

static bool has_text(const json_t *object, const char *key)
{
	return wire_get_text(object, key).length > 0;
}

static bool is_word(const json_t *object, const char *key, struct span word)
{
	return span_equal(wire_get_text(object, key), word);
}

bool answer_is_error(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");

	if (json_is_object(error) || json_is_array(error) || has_text(answer, "error"))
		return true;
	if (is_word(answer, "object", SPAN("error")) || is_word(answer, "type", SPAN("error")))
		return true;
	if (json_object_get(answer, "choices") || json_object_get(answer, "type"))
		return false;
	return has_text(answer, "message") || has_text(answer, "detail");
}

json_t *answer_inner(const json_t *answer)
{
	static const char *const wrappers[] = { "error", "detail", "errors", "response",
						"message" };

	if (json_is_array(answer))
		return json_array_get(answer, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(wrappers); i++) {
		json_t *inner = json_object_get(answer, wrappers[i]);

		if (json_is_object(inner) || (json_is_array(inner) && json_array_size(inner)))
			return inner;
	}
	return NULL;
}

static const json_t *innermost(const json_t *answer)
{
	const json_t *inner;

	for (int depth = 0; depth < 6 && (inner = answer_inner(answer)); depth++)
		answer = inner;
	return answer;
}

struct span answer_words(const json_t *report)
{
	static const char *const keys[] = { "message",           "error",  "detail", "msg",
					    "error_description", "reason", "title" };

	if (json_is_string(report))
		return (struct span){ json_string_value(report), json_string_length(report) };
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (has_text(report, keys[i]))
			return wire_get_text(report, keys[i]);
	return (struct span){ NULL, 0 };
}

/* "Provider returned error" says nothing; OpenRouter puts the upstream server's words into
 * metadata. */
static void append_upstream(const json_t *report, struct buffer *out, size_t max)
{
	struct span raw = wire_get_text(wire_get_object(report, "metadata"), "raw");

	if (!raw.length)
		return;
	if (out->length)
		buffer_append_text(out, ": ");
	wire_line_append(out, raw, max);
}

static void append_classes(const json_t *report, struct buffer *out)
{
	static const char *const keys[] = { "type", "code", "status" };
	const char *before = out->length ? " (" : "";
	const char *after = out->length ? ")" : "";
	bool any = false;

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		const json_t *value = json_object_get(report, keys[i]);
		struct span word = wire_get_text(report, keys[i]);

		if (!word.length && !json_is_integer(value))
			continue;
		if (i && word.length && span_equal(word, wire_get_text(report, "type")))
			continue;
		buffer_append_text(out, any ? ", " : before);
		any = true;
		if (word.length)
			wire_line_append(out, word, 60);
		else
			buffer_printf(out, "%lld", (long long)json_integer_value(value));
	}
	if (any)
		buffer_append_text(out, after);
}

void answer_error_append(const json_t *answer, struct buffer *out, size_t max)
{
	const json_t *report = innermost(answer);
	CLEANUP(buffer_clear) struct buffer line = BUFFER(4 * max + 1024);
	struct span words = answer_words(report);

	if (!words.length && report != answer)
		words = answer_words(answer);
	wire_line_append(&line, words, max);
	append_upstream(report, &line, max / 2);
	append_classes(report, &line);
	buffer_append(out, buffer_span(&line));
}

struct phrase {
	int status;
	const char *text;
};

static const struct phrase phrases[] = {
	{ 400, "bad request" },
	{ 401, "the key was not accepted" },
	{ 402, "payment required" },
	{ 403, "not allowed with this key" },
	{ 404, "not found: check base_url and the model's name" },
	{ 405, "not allowed here: check base_url" },
	{ 408, "the server timed out" },
	{ 413, "the request is too large" },
	{ 422, "the request was not understood" },
	{ 429, "too many requests" },
	{ 500, "the server failed" },
	{ 502, "bad gateway" },
	{ 503, "the server is not available" },
	{ 504, "the gateway timed out" },
	{ 529, "the server is overloaded" },
};

static const char *phrase_of(int status)
{
	for (size_t i = 0; i < ARRAY_LENGTH(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].text;
	return status >= 500 ? "the server failed" : "the server refused the request";
}

/* The text between <tag> and </tag>; empty: none. */
static struct span element(struct span page, const char *tag)
{
	_free_ char *open = xasprintf("<%s", tag);
	const char *begin = strcasestr(page.data, open);
	const char *end;

	begin = begin ? strchr(begin, '>') : NULL;
	end = begin ? strchr(begin, '<') : NULL;
	if (!end)
		return (struct span){ NULL, 0 };
	return span_trim((struct span){ begin + 1, (size_t)(end - begin - 1) });
}

static void append_page(struct buffer *out, struct span page)
{
	static const char *const tags[] = { "title", "h1", "h2", "p" };

	for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
		struct span text = element(page, tags[i]);

		if (!text.length)
			continue;
		wire_line_append(out, text, 200);
		return;
	}
}

static void append_body(struct buffer *out, struct span body)
{
	_json_ json_t *json = wire_parse(body);
	_free_ char *text = NULL;

	if (json) {
		answer_error_append(json, out, 500);
		return;
	}
	text = wire_text(body);
	if (text[0] == '<')
		append_page(out, span_of(text));
	else
		wire_line_append(out, span_of(text), 300);
}

void model_error_text(int status, struct span body, struct buffer *out)
{
	CLEANUP(buffer_clear) struct buffer words = BUFFER(8192);

	append_body(&words, span_trim(body));
	buffer_printf(out, "HTTP %d (%s)", status, phrase_of(status));
	if (!words.length)
		return;
	buffer_append_text(out, ": ");
	buffer_append(out, buffer_span(&words));
}
