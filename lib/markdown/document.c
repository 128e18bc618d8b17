/* Questions to a parsed document. */
#include "document.h"

#define TEXT_MAX (UINT32_MAX / 2) /* md4c counts in `unsigned` */

int markdown_parse(struct span text, struct markdown **ret_document, struct error *error)
{
	CLEANUP(markdown_free) struct markdown *document = NULL;
	int r;

	if (text.length > TEXT_MAX)
		return error_set(error, ERROR_TOO_LARGE, "the markdown is larger than 2 GiB");
	document = xcalloc(1, sizeof(*document));
	document->text = text.data ? text : SPAN("");
	r = document_build(document, error);
	if (r)
		return r;
	lines_index(&document->lines, document->text);
	document_locate(document);
	*ret_document = steal_pointer(&document);
	return 0;
}

const struct markdown_node *markdown_root(const struct markdown *document)
{
	return &block_at(document, 0)->node;
}

struct span markdown_source(const struct markdown *document, const struct markdown_node *node)
{
	return span_slice(document->text, node->begin, node->end);
}

struct span markdown_section(const struct markdown *document, const struct markdown_node *heading,
			     bool shallow)
{
	const struct markdown_node *node = heading->next;

	while (node &&
	       !(node->kind == MARKDOWN_HEADING && (shallow || node->level <= heading->level)))
		node = node->next;
	return span_slice(document->text, heading->end,
			  node              ? node->begin
			  : heading->parent ? heading->parent->end
					    : document->text.length);
}

void markdown_place(const struct markdown *document, size_t offset, unsigned *ret_line,
		    unsigned *ret_column)
{
	uint32_t line = lines_find(&document->lines, offset);
	unsigned column = 1;

	for (size_t i = document->lines.begins[line]; i < offset && i < document->text.length; i++)
		column += ((unsigned char)document->text.data[i] & 0xC0) != 0x80;
	*ret_line = line + 1;
	*ret_column = column;
}

#define MARKUP_MAX \
	256 /* bytes between two characters of a text: the address of a link, an entity */

/* Finds the next `code` of a text in the source. What is not there came from an entity. */
static size_t find_in_source(struct span source, size_t from, uint32_t code)
{
	size_t at = from, limit = from + MARKUP_MAX;

	while (at < source.length && at < limit) {
		size_t begin = at;
		uint32_t next = utf8_next(source, &at);

		if (next == code || (code == ' ' && next == '\n'))
			return begin;
	}
	return NOWHERE;
}

void markdown_text_place(const struct markdown *document, const struct markdown_node *node,
			 size_t text_offset, unsigned *ret_line, unsigned *ret_column)
{
	const struct block *block = block_of(node);
	struct span source = span_slice(document->text, 0, node->end);
	size_t at, place;

	if (node->kind == MARKDOWN_ITEM && node->first)
		block = block_of(node->first);
	at = place = block->first < node->end ? block->first : node->begin;
	for (size_t i = 0; i < node->text.length && i <= text_offset;) {
		size_t found = find_in_source(source, at, utf8_next(node->text, &i));

		if (found == NOWHERE)
			continue;
		place = at = found;
		utf8_next(source, &at);
	}
	markdown_place(document, text_offset < node->text.length ? place : at, ret_line,
		       ret_column);
}

struct span markdown_heading_text(struct span source, size_t *ret_length)
{
	struct span rest = source, line = { "", 0 };

	span_next_line(&rest, &line);
	if (ret_length)
		*ret_length = source.length - rest.length;
	line = span_trim(line);
	while (line.length && line.data[0] == '#')
		line = span_slice(line, 1, line.length);
	while (line.length && line.data[line.length - 1] == '#')
		line.length--;
	return span_trim(line);
}
