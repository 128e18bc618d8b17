#include "span.h"

#include <strings.h>

bool span_equal(struct span a, struct span b)
{
	return a.length == b.length && (!a.length || !memcmp(a.data, b.data, a.length));
}

bool span_equal_nocase(struct span a, struct span b)
{
	return a.length == b.length && (!a.length || !strncasecmp(a.data, b.data, a.length));
}

bool span_starts_with(struct span s, struct span prefix)
{
	return s.length >= prefix.length && span_equal(span_slice(s, 0, prefix.length), prefix);
}

bool span_starts_with_nocase(struct span s, struct span prefix)
{
	return s.length >= prefix.length &&
	       span_equal_nocase(span_slice(s, 0, prefix.length), prefix);
}

bool span_contains_nocase(struct span s, struct span needle)
{
	for (size_t i = 0; i + needle.length <= s.length; i++)
		if (span_equal_nocase(span_slice(s, i, i + needle.length), needle))
			return true;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.length && is_blank(s.data[0]))
		s.data++, s.length--;
	while (s.length && is_blank(s.data[s.length - 1]))
		s.length--;
	return s;
}

char *span_dup(struct span s)
{
	return xstrndup(s.data, s.length);
}

bool span_next_line(struct span *rest, struct span *ret_line)
{
	const char *newline;
	struct span line;

	if (!rest->length)
		return false;
	newline = memchr(rest->data, '\n', rest->length);
	line.data = rest->data;
	line.length = newline ? (size_t)(newline - rest->data) : rest->length;
	*rest = span_slice(*rest, line.length + (newline ? 1 : 0), rest->length);
	if (line.length && line.data[line.length - 1] == '\r')
		line.length--;
	*ret_line = line;
	return true;
}

/* Lowest code point of each sequence length: anything below it is an overlong form. */
static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* Returns the length of the sequence at `data`, 0 where it is not valid. */
static size_t decode(const unsigned char *data, size_t available, uint32_t *ret_code)
{
	size_t length = sequence_length(data[0]);
	uint32_t code;

	if (!length || length > available)
		return 0;
	if (length == 1) {
		*ret_code = data[0];
		return 1;
	}
	code = data[0] & (0x7F >> length);
	for (size_t i = 1; i < length; i++) {
		if ((data[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (data[i] & 0x3F);
	}
	if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*ret_code = code;
	return length;
}

uint32_t utf8_next(struct span s, size_t *offset)
{
	uint32_t code = 0xFFFD;
	size_t length = decode((const unsigned char *)s.data + *offset, s.length - *offset, &code);

	*offset += length ? length : 1;
	return length ? code : 0xFFFD;
}

size_t utf8_put(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xC0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xE0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

bool utf8_valid(struct span s)
{
	uint32_t code;
	size_t length;

	for (size_t i = 0; i < s.length; i += length) {
		length = decode((const unsigned char *)s.data + i, s.length - i, &code);
		if (!length)
			return false;
	}
	return true;
}

size_t utf8_cut(struct span s, size_t limit)
{
	if (limit >= s.length)
		return s.length;
	while (limit && ((unsigned char)s.data[limit] & 0xC0) == 0x80)
		limit--;
	return limit;
}
