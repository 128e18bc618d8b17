#include "lines.h"

void lines_index(struct lines *lines, struct span text)
{
	const char *at = text.data, *end = text.data + text.length;
	uint32_t count = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		count++;
		at++;
	}
	if (text.length && text.data[text.length - 1] != '\n')
		count++;
	*lines = (struct lines){ .text = text, .count = count };
	lines->begins = xcalloc((size_t)count + 1, sizeof(*lines->begins));
	at = text.data;
	for (uint32_t i = 0; i < count; i++) {
		lines->begins[i] = (uint32_t)(at - text.data);
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	lines->begins[count] = (uint32_t)text.length;
}

void lines_clear(struct lines *lines)
{
	free(lines->begins);
	*lines = (struct lines){ 0 };
}

uint32_t lines_find(const struct lines *lines, size_t offset)
{
	uint32_t low = 0, high = lines->count;

	while (low + 1 < high) {
		uint32_t middle = low + (high - low) / 2;

		if (lines->begins[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct span lines_get(const struct lines *lines, uint32_t line)
{
	struct span s;

	if (line >= lines->count)
		return (struct span){ "", 0 };
	s = span_slice(lines->text, lines->begins[line], lines->begins[line + 1]);
	if (s.length && s.data[s.length - 1] == '\n')
		s.length--;
	return s;
}

bool lines_blank(const struct lines *lines, uint32_t line)
{
	struct span s = lines_get(lines, line);

	for (size_t i = 0; i < s.length; i++)
		if (s.data[i] != ' ' && s.data[i] != '\t' && s.data[i] != '>')
			return false;
	return true;
}

/* ---- reading past containers ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_at(const struct place *place, size_t offset)
{
	return offset >= place->line.length;
}

static bool blank_or_end_at(const struct place *place, size_t offset)
{
	return ends_at(place, offset) || is_blank(place->line.data[offset]);
}

/* Tabs go to the next multiple of 4 columns. */
static void skip_blanks(struct place *place)
{
	unsigned begin = place->column;

	while (!ends_at(place, place->offset) && is_blank(place->line.data[place->offset])) {
		if (place->line.data[place->offset] == '\t')
			place->column = (place->column + 4) & ~3U;
		else
			place->column++;
		place->offset++;
	}
	place->indent = place->column - begin;
}

void place_begin(struct place *place, struct span line)
{
	*place = (struct place){ .line = line };
	skip_blanks(place);
}

bool place_at_end(const struct place *place)
{
	return ends_at(place, place->offset);
}

bool place_enter_quote(struct place *place, bool opens)
{
	if (place_at_end(place) || place->indent >= CODE_INDENT ||
	    place->line.data[place->offset] != '>')
		return false;
	place->offset++;
	place->column++;
	skip_blanks(place);
	if (opens && place->indent <= CODE_INDENT)
		place->indent = 0;
	if (place->indent)
		place->indent--;
	return true;
}

bool place_enter_indent(struct place *place, unsigned indent)
{
	if (place_at_end(place))
		return true;
	if (place->indent < indent)
		return false;
	place->indent -= indent;
	return true;
}

/* Width of a list marker at the place, 0 where there is none. At most nine digits count. */
static size_t marker_width(const struct place *place, char mark, unsigned *ret_number)
{
	const char *s = place->line.data + place->offset;
	size_t width = 0;
	unsigned number = 0;

	if (mark == '.' || mark == ')') {
		while (!ends_at(place, place->offset + width) && width < 9 && s[width] >= '0' &&
		       s[width] <= '9')
			number = number * 10 + (unsigned)(s[width++] - '0');
		if (!width)
			return 0;
	}
	if (ends_at(place, place->offset + width) || s[width] != mark ||
	    !blank_or_end_at(place, place->offset + width + 1))
		return 0;
	*ret_number = number;
	return width + 1;
}

bool place_enter_item(struct place *place, char mark, unsigned *ret_indent, unsigned *ret_number)
{
	unsigned indent = place->indent, number = 0;
	size_t width;

	if (place_at_end(place) || indent >= CODE_INDENT || place_is_rule(place))
		return false;
	width = marker_width(place, mark, &number);
	if (!width)
		return false;
	place->offset += width;
	place->column += (unsigned)width;
	skip_blanks(place);
	*ret_number = number;
	*ret_indent = indent + (unsigned)width + 1;
	if (place_at_end(place))
		return true;
	if (place->indent <= CODE_INDENT) {
		*ret_indent = indent + (unsigned)width + place->indent;
		place->indent = 0;
	} else {
		place->indent--;
	}
	return true;
}

/* ---- leaves that have no text of their own ---- */

static bool rest_is(const struct place *place, size_t offset, char mark, unsigned *ret_count)
{
	unsigned count = 0;

	for (; !ends_at(place, offset); offset++) {
		if (place->line.data[offset] == mark)
			count++;
		else if (!is_blank(place->line.data[offset]))
			return false;
	}
	*ret_count = count;
	return true;
}

bool place_is_rule(const struct place *place)
{
	unsigned count;
	char mark;

	if (place_at_end(place) || place->indent >= CODE_INDENT)
		return false;
	mark = place->line.data[place->offset];
	return (mark == '-' || mark == '*' || mark == '_') &&
	       rest_is(place, place->offset, mark, &count) && count >= 3;
}

bool place_is_heading(const struct place *place, int level)
{
	size_t end = place->offset + (size_t)level;

	if (place->indent >= CODE_INDENT)
		return false;
	for (size_t i = place->offset; i < end; i++)
		if (ends_at(place, i) || place->line.data[i] != '#')
			return false;
	return blank_or_end_at(place, end);
}

unsigned place_fence(const struct place *place, char mark)
{
	size_t end = place->offset;

	if (place->indent >= CODE_INDENT)
		return 0;
	while (!ends_at(place, end) && place->line.data[end] == mark)
		end++;
	return end - place->offset >= 3 ? (unsigned)(end - place->offset) : 0;
}

bool place_is_closing_fence(const struct place *place, char mark, unsigned length)
{
	unsigned run = place_fence(place, mark), rest;

	return run >= length && rest_is(place, place->offset + run, ' ', &rest);
}

bool place_is_underline(const struct place *place)
{
	size_t end = place->offset;
	unsigned rest;
	char mark;

	if (place_at_end(place) || place->indent >= CODE_INDENT)
		return false;
	mark = place->line.data[place->offset];
	if (mark != '=' && mark != '-')
		return false;
	while (!ends_at(place, end) && place->line.data[end] == mark)
		end++;
	return rest_is(place, end, ' ', &rest);
}
