/* Private to lib/markdown: a parsed document while it is built, and afterwards.
 *
 *     md4c's callbacks --tree.c--> blocks with the source offsets of their text
 *                      --range.c--> blocks with the lines they stand on
 *
 * Lines are counted from 0 here and from 1 in the public nodes. */
#ifndef MARKDOWN_DOCUMENT_H
#define MARKDOWN_DOCUMENT_H

#include "lines.h"
#include "markdown/markdown.h"

#define NOWHERE SIZE_MAX

struct block {
	struct markdown_node node; /* first, so that a node is its block */
	struct block *previous;    /* sibling */
	size_t first, last;     /* source offsets of the first and last text seen; NOWHERE: none */
	uint32_t subtree_end;   /* index of the first block that is not below this one */
	uint32_t breaks_before; /* line ends that were reported before `first` */
	uint32_t content_lines; /* code, HTML: lines; table: rows without the head */
	uint32_t begin_line, end_line;
	uint32_t limit_line;        /* first line known to belong to this block or a later one */
	unsigned content_indent;    /* item: columns that its later lines are indented by */
	char mark;                  /* list: its marker; code: the fence, 0 where indented */
	bool opened;                /* begin_line is known */
	bool ends_outside;          /* code: its closing fence stands outside of its containers */
	bool loose;                 /* its mark is indented further than CommonMark allows */
	bool span_first, span_last; /* markup without text stands before `first`, behind `last` */
	bool has_span;
};

#define BLOCKS_A_CHUNK 64

struct markdown {
	struct span text;
	struct lines lines;
	struct block **chunks; /* blocks in document order, parents first; never moved */
	size_t chunk_count, chunk_capacity;
	size_t count;
	struct text_chunk *texts; /* inline text of the nodes */
};

static inline struct block *block_at(const struct markdown *document, size_t index)
{
	return &document->chunks[index / BLOCKS_A_CHUNK][index % BLOCKS_A_CHUNK];
}

static inline struct block *block_of(const struct markdown_node *node)
{
	return (struct block *)(uintptr_t)node;
}

static inline bool kind_is_container(enum markdown_kind kind)
{
	return kind == MARKDOWN_DOCUMENT || kind == MARKDOWN_LIST || kind == MARKDOWN_ITEM ||
	       kind == MARKDOWN_QUOTE;
}

/* tree.c: runs md4c and fills everything but the lines. */
int document_build(struct markdown *document, struct error *error);

/* range.c: finds the lines of every block and fills begin, end, line and column. Never fails. */
void document_locate(struct markdown *document);

/* entity.c: appends what "&amp;" or "&#x41;" stand for; as written where it is not known. */
void entity_append(struct buffer *out, struct span entity);

#endif
