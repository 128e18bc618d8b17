/* A person's bytes made text, and the front matter on top of it. */
#include "markdown/markdown.h"

#include <stdio.h>

#define REPLACEMENT "\xEF\xBF\xBD"

struct cleaning {
	struct span raw;
	size_t at;
	unsigned line;
	unsigned first_nul_line, first_utf8_line;
	size_t nuls, bad;
	struct buffer out;
	struct markdown_text *text;
};

/* Printable ASCII and everything else that is passed on as it is. */
static bool is_plain(unsigned char c)
{
	return c < 0x80 && c != '\0' && c != '\r' && c != '\n';
}

static void copy_plain(struct cleaning *c)
{
	size_t begin = c->at;

	while (c->at < c->raw.length && is_plain((unsigned char)c->raw.data[c->at]))
		c->at++;
	buffer_append(&c->out, span_slice(c->raw, begin, c->at));
}

static void end_line(struct cleaning *c)
{
	if (c->raw.data[c->at] == '\r') {
		c->text->had_crlf = true;
		if (c->at + 1 < c->raw.length && c->raw.data[c->at + 1] == '\n')
			c->at++;
	}
	c->at++;
	c->line++;
	buffer_append(&c->out, SPAN("\n"));
}

static void replace(struct cleaning *c, size_t *count, unsigned *first_line)
{
	if (!*first_line)
		*first_line = c->line;
	++*count;
	c->at++;
	buffer_append(&c->out, SPAN(REPLACEMENT));
}

/* A U+FFFD that the person wrote is three good bytes, not a bad one. */
static void copy_code_point(struct cleaning *c)
{
	size_t next = c->at;
	uint32_t code = utf8_next(c->raw, &next);

	if (code == 0xFFFD && next == c->at + 1) {
		replace(c, &c->bad, &c->first_utf8_line);
		return;
	}
	buffer_append(&c->out, span_slice(c->raw, c->at, next));
	c->at = next;
}

static void clean(struct cleaning *c)
{
	if (span_starts_with(c->raw, SPAN("\xEF\xBB\xBF"))) {
		c->text->had_bom = true;
		c->at = 3;
	}
	while (c->at < c->raw.length) {
		char next = c->raw.data[c->at];

		if (next == '\n' || next == '\r')
			end_line(c);
		else if (next == '\0')
			replace(c, &c->nuls, &c->first_nul_line);
		else if (is_plain((unsigned char)next))
			copy_plain(c);
		else
			copy_code_point(c);
	}
}

static void report(const struct cleaning *c, struct diagnostics *found)
{
	if (c->nuls)
		diagnostics_add(found, SEVERITY_WARNING, "text-nul", c->first_nul_line, 0,
				"%zu NUL byte%s read as U+FFFD; is this a text file?", c->nuls,
				c->nuls == 1 ? " is" : "s are");
	if (c->bad)
		diagnostics_add(found, SEVERITY_WARNING, "text-utf8", c->first_utf8_line, 0,
				"%zu byte%s no UTF-8 and read as U+FFFD; save the file as UTF-8",
				c->bad, c->bad == 1 ? " is" : "s are");
}

static bool is_fence(struct span line, const char *fence)
{
	while (line.length &&
	       (line.data[line.length - 1] == ' ' || line.data[line.length - 1] == '\t'))
		line.length--;
	return span_equal(line, span_of(fence));
}

/* Length of a closed front matter block, 0 where there is none. */
static size_t front_matter_length(struct span text)
{
	struct span rest = text, line;

	if (!span_next_line(&rest, &line) || !is_fence(line, "---"))
		return 0;
	while (span_next_line(&rest, &line))
		if (is_fence(line, "---") || is_fence(line, "..."))
			return text.length - rest.length;
	return 0;
}

int markdown_clean(struct span raw, size_t max, struct markdown_text *ret_text,
		   struct diagnostics *found)
{
	struct markdown_text text = { 0 };
	struct cleaning c = { .raw = raw, .line = 1, .text = &text };

	if (raw.length > max)
		return -(int)ERROR_TOO_LARGE;
	c.out = BUFFER(raw.length * 3 + 1);
	clean(&c);
	report(&c, found);
	text.length = c.out.length;
	text.data = buffer_steal(&c.out);
	text.bad_bytes = c.bad + c.nuls;
	text.first_bad_line = c.first_utf8_line;
	if (c.first_nul_line && (!text.first_bad_line || c.first_nul_line < text.first_bad_line))
		text.first_bad_line = c.first_nul_line;
	text.front_matter = front_matter_length((struct span){ text.data, text.length });
	*ret_text = text;
	return 0;
}

void markdown_text_clear(struct markdown_text *text)
{
	free(text->data);
	*text = (struct markdown_text){ 0 };
}

struct span markdown_body(const struct markdown_text *text)
{
	return (struct span){ text->data + text->front_matter, text->length - text->front_matter };
}

struct span markdown_front_matter(const struct markdown_text *text, unsigned *ret_line)
{
	struct span block = { text->data, text->front_matter }, first;
	size_t end;

	*ret_line = 2;
	if (!span_next_line(&block, &first))
		return (struct span){ "", 0 };
	end = block.length - (block.length && block.data[block.length - 1] == '\n');
	while (end && block.data[end - 1] != '\n')
		end--;
	return span_slice(block, 0, end);
}

unsigned markdown_line_count(struct span text)
{
	unsigned lines = 0;

	for (size_t i = 0; i < text.length; i++)
		lines += text.data[i] == '\n';
	return lines + (text.length && text.data[text.length - 1] != '\n');
}

unsigned markdown_body_line_offset(const struct markdown_text *text)
{
	unsigned lines = 0;

	for (size_t i = 0; i < text->front_matter; i++)
		lines += text->data[i] == '\n';
	return lines;
}

size_t markdown_raw_offset(struct span raw, unsigned line)
{
	size_t at = span_starts_with(raw, SPAN("\xEF\xBB\xBF")) ? 3 : 0;

	for (unsigned n = 1; n < line && at < raw.length; at++) {
		if (raw.data[at] == '\r' && at + 1 < raw.length && raw.data[at + 1] == '\n')
			at++;
		n += raw.data[at] == '\n' || raw.data[at] == '\r';
	}
	return at;
}
