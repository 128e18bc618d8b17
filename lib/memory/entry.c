#include "entry.h"

static size_t skip(struct span text, size_t at, const char *any_of)
{
	while (at < text.length && text.data[at] && strchr(any_of, text.data[at]))
		at++;
	return at;
}

static size_t skip_box(struct span source, size_t at)
{
	if (at + 4 <= source.length && source.data[at] == '[' &&
	    strchr(" xX", source.data[at + 1]) && source.data[at + 2] == ']' &&
	    source.data[at + 3] == ' ')
		return skip(source, at + 3, " \t");
	return at;
}

size_t entry_bullet(struct span source)
{
	size_t at = skip(source, 0, " \t"), digits = skip(source, at, "0123456789");

	if (digits > at && digits < source.length)
		at = digits;
	if (at < source.length && strchr("-*+.)", source.data[at]))
		at++;
	return skip_box(source, skip(source, at, " \t"));
}

#define DATE_LENGTH 10 /* 2026-11-21 */

/* " 08:00Z" or "T08:00" behind a date. */
static size_t skip_time(struct span text, size_t at)
{
	size_t time = at + 1;

	if (at + 6 > text.length || !strchr(" T", text.data[at]) || text.data[at + 3] != ':')
		return at;
	return skip(text, skip(text, time, "0123456789:"), "Z");
}

/* What closes the marks that stand before a date. */
static void closing_marks(struct span opening, char out[8])
{
	static const struct {
		char open, close;
	} marks[] = { { '*', '*' }, { '_', '_' }, { '`', '`' }, { '[', ']' }, { '(', ')' } };

	for (size_t i = 0; i < ARRAY_LENGTH(marks); i++)
		if (opening.length && memchr(opening.data, marks[i].open, opening.length))
			*out++ = marks[i].close;
	*out = '\0';
}

static size_t skip_separator(struct span text, size_t at, const char *closing)
{
	static const char *const dashes[] = { "–", "—", "：", "-", ":" };

	at = skip(text, skip(text, at, closing), " \t");
	for (size_t i = 0; i < ARRAY_LENGTH(dashes); i++) {
		struct span dash = span_of(dashes[i]), rest = span_slice(text, at, text.length);

		if (span_starts_with(rest, dash)) {
			at += dash.length;
			break;
		}
	}
	return skip(text, skip(text, at, closing), " \t");
}

int64_t entry_take_day(struct span *text)
{
	size_t begin = skip(*text, 0, " \t*_`[("), end = begin + DATE_LENGTH;
	char closing[8];
	int64_t at;

	if (end > text->length || instant_parse(span_slice(*text, begin, end), &at) != 1)
		return NO_DAY;
	if (end < text->length && text->data[end] >= '0' && text->data[end] <= '9')
		return NO_DAY;
	closing_marks(span_slice(*text, 0, begin), closing);
	end = skip_separator(*text, skip_time(*text, end), closing);
	*text = span_slice(*text, end, text->length);
	return at / 86400 - (at % 86400 < 0);
}

/* Control characters of both sets, the two Unicode line ends, and the marks that turn the direction
 * of writing around: none of them belongs in one line of text. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
	       (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xFEFF;
}

static void append_code(struct buffer *line, uint32_t code)
{
	char bytes[4];

	buffer_append(line, (struct span){ bytes, utf8_put(code, bytes) });
}

/* An HTML comment that is opened would hide the rest of the file from a reader. */
static bool opens_comment(struct span words, size_t at)
{
	return span_starts_with(span_slice(words, at, words.length), SPAN("<!--"));
}

int memory_entry_text(struct span words, struct buffer *out, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(MEMORY_ENTRY_MAX + 8);
	bool blank = false;

	for (size_t at = 0; at < words.length && line.length < MEMORY_ENTRY_MAX;) {
		bool comment = opens_comment(words, at);
		uint32_t code = utf8_next(words, &at);

		if (code == ' ' || is_control(code)) {
			blank = line.length > 0;
			continue;
		}
		if (blank)
			buffer_append(&line, SPAN(" "));
		blank = false;
		if (comment)
			buffer_append(&line, SPAN("\\"));
		append_code(&line, code);
	}
	if (!line.length)
		return error_set(error, ERROR_INVALID, "the text is empty: say what to remember");
	line.length = utf8_cut(buffer_span(&line), MEMORY_ENTRY_MAX);
	if (buffer_append(out, span_trim(buffer_span(&line))))
		return error_set(error, ERROR_TOO_LARGE, "no room for another fact");
	return 0;
}
