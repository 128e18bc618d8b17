#include "repeat.h"

void repeat_init(struct repeat *repeat)
{
	*repeat = (struct repeat){
		.before = BUFFER(REPEAT_MAX),
		.after = BUFFER(REPEAT_MAX),
		.name = BUFFER(REPEAT_MAX),
		.text = BUFFER(REPEAT_MAX),
	};
}

void repeat_clear(struct repeat *repeat)
{
	buffer_clear(&repeat->before);
	buffer_clear(&repeat->after);
	buffer_clear(&repeat->name);
	buffer_clear(&repeat->text);
	repeat->learned = false;
}

void repeat_forget(struct repeat *repeat)
{
	repeat->learned = false;
}

/* What a backslash and `letter` mean; 0: something that needs the parser. */
static char unescape(char letter)
{
	switch (letter) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case '"':
	case '\\':
	case '/': return letter;
	default: return '\0';
	}
}

/* The bytes between the quotes of a JSON string as text. Whatever would have to be mended or looked
 * at twice is left to the parser. */
static bool decode(struct span raw, struct buffer *scratch, struct span *ret_text)
{
	buffer_reset(scratch);
	scratch->overflow = false;
	if (!memchr(raw.data, '\\', raw.length)) {
		*ret_text = raw;
		return true;
	}
	for (size_t i = 0; i < raw.length; i++) {
		char c = raw.data[i];

		if (c == '\\')
			c = ++i < raw.length ? unescape(raw.data[i]) : '\0';
		if (!c || buffer_append(scratch, (struct span){ &c, 1 }))
			return false;
	}
	*ret_text = buffer_span(scratch);
	return true;
}

/* Where the string that data[from] is in ends: the place of its closing quote, or `length` when
 * there is none. More than `length`: the data ends in the middle of an escape. */
static size_t string_end(struct span data, size_t from)
{
	while (from < data.length && data.data[from] != '"')
		from += data.data[from] == '\\' ? 2 : 1;
	return from;
}

/* No quote that would end it, no byte that JSON refuses, no half of an escape. */
static bool is_inside_of_string(struct span raw)
{
	bool ascii = true;

	for (size_t i = 0; i < raw.length; i++) {
		unsigned char c = (unsigned char)raw.data[i];

		if (c < ' ')
			return false;
		ascii = ascii && c < 0x80;
	}
	return string_end(raw, 0) == raw.length && (ascii || utf8_valid(raw));
}

/* The text of `"key":"…"`, when the data names the key exactly once. */
static bool find_text(struct span data, struct span key, size_t *ret_begin, size_t *ret_end)
{
	const char *found = NULL, *next = data.data, *end = data.data + data.length;
	size_t at;

	while ((next = memmem(next, (size_t)(end - next), key.data, key.length))) {
		if (found)
			return false;
		found = next;
		next += key.length;
	}
	if (!found)
		return false;
	at = (size_t)(found - data.data) + key.length;
	while (at < data.length && data.data[at] == ' ')
		at++;
	if (at >= data.length || data.data[at] != '"')
		return false;
	*ret_begin = at + 1;
	*ret_end = string_end(data, at + 1);
	return *ret_end < data.length;
}

void repeat_learn(struct repeat *repeat, const struct sse_event *event, struct span key,
		  struct span text)
{
	struct span raw, found;
	size_t begin, end;

	repeat->learned = false;
	if (!find_text(event->data, key, &begin, &end))
		return;
	raw = span_slice(event->data, begin, end);
	if (!decode(raw, &repeat->text, &found) || !span_equal(found, text))
		return;
	buffer_reset(&repeat->before);
	buffer_reset(&repeat->after);
	buffer_reset(&repeat->name);
	repeat->learned = !buffer_append(&repeat->before, span_slice(event->data, 0, begin)) &&
			  !buffer_append(&repeat->after,
					 span_slice(event->data, end, event->data.length)) &&
			  !buffer_append(&repeat->name, event->name);
}

bool repeat_match(struct repeat *repeat, const struct sse_event *event, struct span *ret_text)
{
	size_t before = repeat->before.length, after = repeat->after.length;
	struct span data = event->data, raw;

	if (!repeat->learned || data.length < before + after ||
	    memcmp(data.data, repeat->before.data, before) != 0 ||
	    memcmp(data.data + data.length - after, repeat->after.data, after) != 0 ||
	    !span_equal(event->name, buffer_span(&repeat->name)))
		return false;
	raw = span_slice(data, before, data.length - after);
	return raw.length && is_inside_of_string(raw) && decode(raw, &repeat->text, ret_text);
}
