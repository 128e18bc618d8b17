/* Is there anything to do in a stretch of source? */
#include "document.h"

/* Cuts comments out of [begin, end) as they are passed; the rest is `out`. */
static void without_comments(struct span source, struct buffer *out)
{
	while (source.length) {
		const char *open = memmem(source.data, source.length, "<!--", 4), *close;
		size_t before = open ? (size_t)(open - source.data) : source.length;

		buffer_append(out, span_slice(source, 0, before));
		if (!open)
			return;
		source = span_slice(source, before, source.length);
		close = memmem(source.data, source.length, "-->", 3);
		if (!close)
			return;
		source = span_slice(source, (size_t)(close - source.data) + 3, source.length);
	}
}

/* A line of a template: nothing, a heading or comment (`#`), a bullet or box that waits to be
 * filled. */
static bool line_is_empty(struct span line)
{
	static const char *const boxes[] = { "[ ]", "[x]", "[X]" };

	line = span_trim(line);
	if (!line.length || line.data[0] == '#')
		return true;
	if (line.data[0] == '-' || line.data[0] == '*' || line.data[0] == '+')
		line = span_trim(span_slice(line, 1, line.length));
	for (size_t i = 0; i < ARRAY_LENGTH(boxes); i++)
		if (span_equal(line, span_of(boxes[i])))
			return true;
	return !line.length;
}

static bool source_has_content(struct span source)
{
	CLEANUP(buffer_clear) struct buffer rest = BUFFER(source.length);
	struct span left, line;

	without_comments(source, &rest);
	left = buffer_span(&rest);
	while (span_next_line(&left, &line))
		if (!line_is_empty(line))
			return true;
	return false;
}

/* The lines of a code block without its fences. */
static struct span code_inside(const struct markdown *document, const struct block *block)
{
	uint32_t begin = block->begin_line + (block->mark ? 1 : 0);
	uint32_t end = begin + block->content_lines;

	if (end > block->end_line)
		end = block->end_line;
	if (begin > end)
		begin = end;
	return span_slice(document->text, document->lines.begins[begin],
			  document->lines.begins[end]);
}

static bool block_has_content(const struct markdown *document, const struct block *block)
{
	switch (block->node.kind) {
	case MARKDOWN_PARAGRAPH: return block->node.text.length || block->has_span;
	case MARKDOWN_CODE: return source_has_content(code_inside(document, block));
	case MARKDOWN_HTML: return source_has_content(markdown_source(document, &block->node));
	case MARKDOWN_TABLE: return true;
	default: return kind_is_container(block->node.kind) && block->first != NOWHERE;
	}
}

/* First block in document order that begins at or behind `offset`. */
static size_t first_block_at(const struct markdown *document, size_t offset)
{
	size_t low = 0, high = document->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (block_at(document, middle)->node.begin < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool markdown_has_content(const struct markdown *document, size_t begin, size_t end)
{
	size_t i = first_block_at(document, begin);

	if (i && block_at(document, i - 1)->node.end > begin)
		i--;
	for (; i < document->count; i++) {
		const struct block *block = block_at(document, i);

		if (block->node.begin >= end)
			return false;
		if (block_has_content(document, block))
			return true;
	}
	return false;
}
