/* md4c 0.4.8 is linear but for two things, both measured with 1 MB of text:
 * - each blank line walks all open containers: `- + * - + * …` over blank lines ran for minutes;
 * - each link looks its line up from the paragraph's first: 140,000 lines of `[a](b)` took 6 s.
 * Container marks further right than anybody indents, and inline marks far down in one paragraph,
 * are therefore letters to it. The tree's texts are cut from the original. */
#include "guard.h"

#include "lines.h"

#define COLUMN_MAX 128            /* two columns for each of MARKDOWN_DEPTH_MAX levels */
#define PARAGRAPH_MAX (32 * 1024) /* bytes of lines in a row whose inline marks count */
#define LETTER 'x'

struct guard {
	struct span text;
	char *copy; /* NULL until something had to be changed */
	size_t run; /* bytes since a line that surely begins a paragraph */
};

static void change(struct guard *g, size_t offset)
{
	if (!g->copy)
		g->copy = xstrndup(g->text.data, g->text.length);
	g->copy[offset] = LETTER;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Offset of the character that makes a container mark at `at`, or the line's length. */
static size_t mark_at(struct span line, size_t at)
{
	size_t end = at;

	if (at < line.length && line.data[at] == '>')
		return at;
	while (end < line.length && end - at < 9 && is_digit(line.data[end]))
		end++;
	if (end == line.length || !strchr(end > at ? ".)" : "-+*", line.data[end]))
		return line.length;
	return end + 1 == line.length || is_blank(line.data[end + 1]) ? end : line.length;
}

/* `- - -`, or a part of it, is a rule and no nest of lists. */
static bool repeats(struct span line, size_t at)
{
	char mark = line.data[at];

	for (; at < line.length; at++)
		if (line.data[at] != mark && !is_blank(line.data[at]))
			return false;
	return true;
}

/* Walks over the container marks of a line; returns where its content begins. */
static size_t guard_marks(struct guard *g, struct span line)
{
	size_t base = (size_t)(line.data - g->text.data), at = 0, mark;
	unsigned column = 0;

	for (;;) {
		for (; at < line.length && is_blank(line.data[at]); at++)
			column = line.data[at] == '\t' ? (column + 4) & ~3U : column + 1;
		mark = mark_at(line, at);
		if (mark == line.length)
			return at;
		if (column >= COLUMN_MAX && line.data[mark] != '>' && repeats(line, mark))
			return at;
		column += (unsigned)(mark + 1 - at);
		if (column > COLUMN_MAX)
			change(g, base + mark);
		at = mark + 1;
	}
}

/* Nothing that could belong to the paragraph above: a blank line, a heading, an item with a text.
 * Less is not sure: an indented or a numbered line may go on with a paragraph. */
static bool begins_anew(struct span line)
{
	size_t at = 0;

	while (at < line.length && (line.data[at] == ' ' || line.data[at] == '>'))
		at++;
	if (at == line.length)
		return true;
	if (at > 3)
		return false;
	if (line.data[at] == '#')
		return true;
	return strchr("-+*", line.data[at]) && at + 2 < line.length &&
	       is_blank(line.data[at + 1]) && !is_blank(line.data[at + 2]);
}

/* Marks at the beginning of a line, and lines of nothing else, are a rule, a fence or a block of
 * HTML. */
static void guard_inlines(struct guard *g, struct span line, size_t at)
{
	size_t base = (size_t)(line.data - g->text.data);
	char first;

	if (at >= line.length || repeats(line, at))
		return;
	first = line.data[at];
	while (at < line.length && line.data[at] == first)
		at++;
	for (; at < line.length; at++)
		if (line.data[at] && strchr("[]*_`<&!\\", line.data[at]))
			change(g, base + at);
}

char *markdown_guard(struct span text)
{
	struct guard g = { .text = text };
	struct span rest = text, line;
	size_t content;

	while (span_next_line(&rest, &line)) {
		content = guard_marks(&g, line);
		g.run = begins_anew(line) ? line.length : g.run + line.length;
		if (g.run > PARAGRAPH_MAX)
			guard_inlines(&g, line, content);
	}
	return g.copy;
}
