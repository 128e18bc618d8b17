#include "wire.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static void text_append(struct buffer *out, struct span bytes)
{
	size_t begin = 0;

	if (utf8_valid(bytes) && (!bytes.length || !memchr(bytes.data, '\0', bytes.length))) {
		buffer_append(out, bytes);
		return;
	}
	for (size_t at = 0; at < bytes.length;) {
		size_t before = at;
		uint32_t code = utf8_next(bytes, &at);
		bool bad = !code || (code == 0xFFFD && at == before + 1);

		if (!bad)
			continue;
		buffer_append(out, span_slice(bytes, begin, before));
		buffer_append(out, SPAN(REPLACEMENT));
		begin = at;
	}
	buffer_append(out, span_slice(bytes, begin, bytes.length));
}

char *wire_text(struct span bytes)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(bytes.length * 3);

	text_append(&out, bytes);
	return buffer_steal(&out);
}

json_t *wire_string(struct span bytes)
{
	_free_ char *text = wire_text(bytes);

	return json_string(text);
}

/* Of OpenAI and Anthropic, Groq, Google, xAI, Hugging Face, NVIDIA, Perplexity. */
static bool looks_like_key(struct span word)
{
	static const char *const beginnings[] = { "sk-", "gsk_",   "AIza", "xai-",
						  "hf_", "nvapi-", "pplx-" };

	for (size_t i = 0; i < ARRAY_LENGTH(beginnings); i++)
		if (word.length >= 12 && span_starts_with(word, span_of(beginnings[i])))
			return true;
	return false;
}

static void append_word(struct buffer *out, struct span word)
{
	size_t quotes = 0;

	while (quotes < word.length && strchr("'\"`(", word.data[quotes]))
		quotes++;
	if (looks_like_key(span_slice(word, quotes, word.length)))
		buffer_append_text(out, "[key]");
	else
		buffer_append(out, word);
}

void wire_line_append(struct buffer *out, struct span bytes, size_t max)
{
	_free_ char *text = wire_text(wire_cut(bytes, 4 * max));
	CLEANUP(buffer_clear) struct buffer line = BUFFER(8 * max + 64);
	const char *at = text;
	size_t cut;

	while (*at) {
		const char *begin;

		while (*at && ((unsigned char)*at <= ' ' || *at == 0x7F))
			at++;
		begin = at;
		while ((unsigned char)*at > ' ' && *at != 0x7F)
			at++;
		if (line.length && at > begin)
			buffer_append(&line, SPAN(" "));
		append_word(&line, (struct span){ begin, (size_t)(at - begin) });
	}
	cut = utf8_cut(buffer_span(&line), max);
	buffer_append(out, (struct span){ line.data, cut });
	if (cut < line.length)
		buffer_append_text(out, "…");
}

struct scan { /* of a JSON text, byte by byte */
	size_t depth;
	bool in_string, escaped;
};

static void scan_byte(struct scan *scan, char c)
{
	if (scan->in_string) {
		if (scan->escaped)
			scan->escaped = false;
		else if (c == '\\')
			scan->escaped = true;
		else if (c == '"')
			scan->in_string = false;
	} else if (c == '"') {
		scan->in_string = true;
	} else if (c == '{' || c == '[') {
		scan->depth++;
	} else if ((c == '}' || c == ']') && scan->depth) {
		scan->depth--;
	}
}

size_t wire_depth(struct span text)
{
	struct scan scan = { 0, false, false };
	size_t deepest = 0;

	for (size_t i = 0; i < text.length; i++) {
		scan_byte(&scan, text.data[i]);
		if (scan.depth > deepest)
			deepest = scan.depth;
	}
	return deepest;
}

/* The value of `\uXXXX` at `at`, or -1. */
static long unicode_escape(struct span text, size_t at)
{
	char digits[5] = "";

	if (at + 6 > text.length || text.data[at] != '\\' || text.data[at + 1] != 'u')
		return -1;
	memcpy(digits, text.data + at + 2, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

static bool between(long value, long least, long most)
{
	return value >= least && value <= most;
}

/* Copies the escape at `at` and returns its length. */
static size_t mend_escape(struct buffer *out, struct span text, size_t at)
{
	long first = unicode_escape(text, at), second = unicode_escape(text, at + 6);
	size_t length = at + 2 <= text.length ? 2 : 1;

	if (between(first, 0xD800, 0xDBFF) && between(second, 0xDC00, 0xDFFF))
		length = 12;
	else if (first >= 0)
		length = 6;
	if (length == 6 && (!first || between(first, 0xD800, 0xDFFF)))
		buffer_append_text(out, "\\ufffd");
	else
		buffer_append(out, span_slice(text, at, at + length));
	return length;
}

/* What jansson rightly refuses and servers send all the same. */
static char *mend(struct span bytes, bool controls, size_t *ret_length)
{
	_free_ char *copy = wire_text(bytes);
	struct span text = span_of(copy);
	CLEANUP(buffer_clear) struct buffer out = BUFFER(text.length * 6 + 1);
	struct scan scan = { 0, false, false };

	for (size_t i = 0; i < text.length;) {
		unsigned char c = (unsigned char)text.data[i];

		if (scan.in_string && c == '\\') {
			i += mend_escape(&out, text, i);
			continue;
		}
		scan_byte(&scan, (char)c);
		if (controls && scan.in_string && c < ' ')
			buffer_printf(&out, "\\u%04x", c);
		else
			buffer_append(&out, span_slice(text, i, i + 1));
		i++;
	}
	*ret_length = out.length;
	return buffer_steal(&out);
}

json_t *wire_parse(struct span text)
{
	_free_ char *mended = NULL;
	json_t *json = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
	size_t length;

	if (json || !text.length)
		return json;
	mended = mend(text, true, &length);
	json = json_loadb(mended, length, JSON_DECODE_ANY, NULL);
	return json ? json
		    : json_loadb(mended, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
}

json_t *wire_parse_arguments(struct span text)
{
	_free_ char *mended = NULL;
	json_t *json;
	size_t length;

	text = span_trim(text);
	if (!text.length)
		return json_object();
	if (text.data[0] != '{' || wire_depth(text) > WIRE_DEPTH_MAX)
		return NULL;
	json = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
	if (json)
		return json;
	mended = mend(text, false, &length);
	return json_loadb(mended, length, JSON_REJECT_DUPLICATES, NULL);
}

size_t wire_size(const json_t *json)
{
	return json_dumpb(json, NULL, 0, JSON_COMPACT);
}

char *wire_dump(const json_t *json)
{
	size_t size = wire_size(json);
	char *text = xcalloc(size + 1, 1);

	json_dumpb(json, text, size, JSON_COMPACT);
	return text;
}

struct span wire_get_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (struct span){ json_string_value(value), json_string_length(value) };
}

json_t *wire_get_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

json_t *wire_get_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}
