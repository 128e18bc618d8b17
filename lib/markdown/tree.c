/* md4c's callbacks make blocks, with the source offsets of the text that was seen in each.
 *
 * A paragraph of a tight list comes without a block of its own from md4c; it gets one here, so that
 * an item has the same children whether its list is tight or loose. */
#include "document.h"
#include "guard.h"

#include <md4c.h>

/* Hostile link definitions and tables make md4c report far more than there is in the text: a
 * definition's address is copied for every use, a row is filled up to its head's cells. */
#define WORK_A_BYTE 64
#define WORK_FLOOR (4u << 20)
#define STOP (-1) /* md4c 0.4.8 goes on after a positive value, though its header says it stops */
#define TEXT_CHUNK 4096

struct text_chunk {
	struct text_chunk *next;
	size_t used, size;
	char data[];
};

struct builder {
	struct markdown *document;
	struct error *error;
	struct span seen;        /* what md4c reads: the text, or its guarded copy */
	struct block *top;       /* innermost open block */
	unsigned depth, skipped; /* blocks open, and those below the depth limit */
	bool implicit;           /* top is a paragraph that md4c did not report */
	uint32_t breaks, row;
	bool pending_span; /* a span without text so far */
	bool after_html;
	struct buffer text; /* inline text of the leaf that is open */
	size_t work, work_max;
	int result;
};

/* ---- memory ---- */

static struct block *new_block(struct markdown *document)
{
	if (document->count == document->chunk_count * BLOCKS_A_CHUNK) {
		if (array_grow((void **)&document->chunks, document->chunk_count,
			       &document->chunk_capacity, sizeof(struct block *),
			       MARKDOWN_NODES_MAX / BLOCKS_A_CHUNK + 1))
			return NULL;
		document->chunks[document->chunk_count++] = xcalloc(BLOCKS_A_CHUNK,
								    sizeof(struct block));
	}
	if (document->count >= MARKDOWN_NODES_MAX)
		return NULL;
	return block_at(document, document->count++);
}

static struct span keep_text(struct markdown *document, struct span text)
{
	struct text_chunk *chunk = document->texts;
	char *copy;

	if (!text.length)
		return (struct span){ "", 0 };
	if (!chunk || chunk->size - chunk->used < text.length) {
		size_t size = text.length > TEXT_CHUNK ? text.length : TEXT_CHUNK;

		chunk = xmalloc(sizeof(*chunk) + size);
		*chunk = (struct text_chunk){ .next = document->texts, .size = size };
		document->texts = chunk;
	}
	copy = chunk->data + chunk->used;
	memcpy(copy, text.data, text.length);
	chunk->used += text.length;
	return (struct span){ copy, text.length };
}

void markdown_free(struct markdown *document)
{
	if (!document)
		return;
	for (size_t i = 0; i < document->chunk_count; i++)
		free(document->chunks[i]);
	free(document->chunks);
	while (document->texts) {
		struct text_chunk *next = document->texts->next;

		free(document->texts);
		document->texts = next;
	}
	lines_clear(&document->lines);
	free(document);
}

/* ---- blocks ---- */

static int too_large(struct builder *b, const char *what)
{
	b->result = error_set(b->error, ERROR_TOO_LARGE, "the markdown %s; split the file", what);
	return STOP;
}

static int work(struct builder *b, size_t amount)
{
	b->work += amount;
	return b->work > b->work_max ? too_large(b, "unfolds to far more than its size") : 0;
}

static bool keeps_text(const struct block *block)
{
	return block->node.kind == MARKDOWN_PARAGRAPH || block->node.kind == MARKDOWN_HEADING;
}

static int open_block(struct builder *b, enum markdown_kind kind)
{
	struct block *parent = b->top, *block = new_block(b->document);

	if (!block)
		return too_large(b, "has more than 200000 blocks");
	block->node.kind = kind;
	block->first = block->last = NOWHERE;
	if (parent) {
		block->node.parent = &parent->node;
		block->previous = block_of(parent->node.last);
		if (parent->node.last)
			parent->node.last->next = &block->node;
		else
			parent->node.first = &block->node;
		parent->node.last = &block->node;
	}
	b->top = block;
	b->depth++;
	b->breaks = b->row = 0;
	b->pending_span = b->after_html = false;
	return 0;
}

static void close_block(struct builder *b)
{
	struct block *block = b->top;

	if (keeps_text(block)) {
		block->node.text = keep_text(b->document, span_trim(buffer_span(&b->text)));
		buffer_reset(&b->text);
		block->span_last = b->pending_span;
	}
	block->subtree_end = (uint32_t)b->document->count;
	b->top = block_of(block->node.parent);
	b->depth--;
	b->implicit = false;
}

static void close_implicit(struct builder *b)
{
	if (b->implicit)
		close_block(b);
}

static const int kinds[] = {
	[MD_BLOCK_DOC] = MARKDOWN_DOCUMENT,
	[MD_BLOCK_QUOTE] = MARKDOWN_QUOTE,
	[MD_BLOCK_UL] = MARKDOWN_LIST,
	[MD_BLOCK_OL] = MARKDOWN_LIST,
	[MD_BLOCK_LI] = MARKDOWN_ITEM,
	[MD_BLOCK_HR] = MARKDOWN_RULE,
	[MD_BLOCK_H] = MARKDOWN_HEADING,
	[MD_BLOCK_CODE] = MARKDOWN_CODE,
	[MD_BLOCK_HTML] = MARKDOWN_HTML,
	[MD_BLOCK_P] = MARKDOWN_PARAGRAPH,
	[MD_BLOCK_TABLE] = MARKDOWN_TABLE,
	[MD_BLOCK_THEAD] = -1,
	[MD_BLOCK_TBODY] = -1,
	[MD_BLOCK_TR] = -1,
	[MD_BLOCK_TH] = -1,
	[MD_BLOCK_TD] = -1,
};

static void fill_item(struct block *item, const MD_BLOCK_LI_DETAIL *detail)
{
	const struct block *list = block_of(item->node.parent);

	item->mark = list->mark;
	if (!detail->is_task)
		return;
	item->node.box = detail->task_mark == ' ' ? ' ' : 'x';
}

/* md4c hands the details over as `void *`. */
static void fill(struct block *block, MD_BLOCKTYPE type, const void *detail)
{
	switch (type) {
	case MD_BLOCK_UL: block->mark = ((const MD_BLOCK_UL_DETAIL *)detail)->mark; break;
	case MD_BLOCK_OL:
		block->node.ordered = true;
		block->mark = ((const MD_BLOCK_OL_DETAIL *)detail)->mark_delimiter;
		break;
	case MD_BLOCK_LI: fill_item(block, detail); break;
	case MD_BLOCK_H: block->node.level = (int)((const MD_BLOCK_H_DETAIL *)detail)->level; break;
	case MD_BLOCK_CODE: block->mark = ((const MD_BLOCK_CODE_DETAIL *)detail)->fence_char; break;
	case MD_BLOCK_TABLE:
		block->content_lines = ((const MD_BLOCK_TABLE_DETAIL *)detail)->body_row_count;
		break;
	default: break;
	}
}

/* A list needs a level for its items, too. */
static unsigned deepest(MD_BLOCKTYPE type)
{
	return MARKDOWN_DEPTH_MAX - (kinds[type] == MARKDOWN_LIST);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
	struct builder *b = context;

	if (work(b, 1))
		return STOP;
	if (kinds[type] < 0)
		return 0;
	close_implicit(b);
	if (b->skipped || b->depth > deepest(type)) {
		b->skipped++;
		return 0;
	}
	if (open_block(b, (enum markdown_kind)kinds[type]))
		return STOP;
	fill(b->top, type, detail);
	return 0;
}

/* A table's rows are counted as they end: text in row n stands n + 1 lines below the head. */
static int leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
	struct builder *b = context;

	(void)detail;
	if (type == MD_BLOCK_TR && !b->skipped)
		b->breaks += b->row++ ? 1 : 2;
	if (kinds[type] < 0)
		return 0;
	close_implicit(b);
	if (b->skipped)
		b->skipped--;
	else
		close_block(b);
	return 0;
}

/* ---- inlines ---- */

static int want_leaf(struct builder *b)
{
	if (b->top->node.kind != MARKDOWN_ITEM || b->skipped || b->depth > MARKDOWN_DEPTH_MAX)
		return 0;
	if (open_block(b, MARKDOWN_PARAGRAPH))
		return STOP;
	b->implicit = true;
	return 0;
}

static size_t span_work(MD_SPANTYPE type, const void *detail)
{
	if (type == MD_SPAN_A)
		return ((const MD_SPAN_A_DETAIL *)detail)->href.size +
		       ((const MD_SPAN_A_DETAIL *)detail)->title.size;
	if (type == MD_SPAN_IMG)
		return ((const MD_SPAN_IMG_DETAIL *)detail)->src.size +
		       ((const MD_SPAN_IMG_DETAIL *)detail)->title.size;
	return 1;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *context)
{
	struct builder *b = context;

	if (work(b, span_work(type, detail)) || want_leaf(b))
		return STOP;
	b->top->has_span = true;
	b->pending_span = true;
	if (b->top->first == NOWHERE)
		b->top->span_first = true;
	return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *context)
{
	struct builder *b = context;

	(void)type;
	(void)detail;
	b->pending_span = true;
	return 0;
}

/* Offset of a piece of text that md4c did not make up, or NOWHERE. */
static size_t offset_of(const struct builder *b, const char *text)
{
	uintptr_t at = (uintptr_t)text, begin = (uintptr_t)b->seen.data;

	return at >= begin && at < begin + b->seen.length ? at - begin : NOWHERE;
}

static void note_place(struct builder *b, size_t offset, size_t size)
{
	struct block *block = b->top;

	if (block->first == NOWHERE) {
		block->first = offset;
		block->breaks_before = b->breaks;
	}
	if (block->last == NOWHERE || offset + size > block->last)
		block->last = offset + size;
	b->pending_span = false;
}

/* A comment that does not end in its paragraph is text to md4c, but hardly to the person. */
static bool opens_comment(const struct builder *b, struct span text, size_t offset)
{
	const char *at = memmem(text.data, text.length, "<!--", 4);

	return at && (at > text.data || !offset || b->document->text.data[offset - 1] != '\\');
}

static void append_text(struct builder *b, struct span text)
{
	if (b->after_html && (!b->text.length || b->text.data[b->text.length - 1] == ' '))
		while (text.length && text.data[0] == ' ')
			text = span_slice(text, 1, text.length);
	if (text.length)
		b->after_html = false;
	buffer_append(&b->text, text);
}

static void inline_text(struct builder *b, MD_TEXTTYPE type, struct span text, size_t offset)
{
	switch (type) {
	case MD_TEXT_ENTITY: entity_append(&b->text, text); break;
	case MD_TEXT_BR:
	case MD_TEXT_SOFTBR: append_text(b, SPAN(" ")); break;
	case MD_TEXT_NULLCHAR: append_text(b, SPAN("\xEF\xBF\xBD")); break;
	case MD_TEXT_HTML: b->after_html = true; break;
	case MD_TEXT_NORMAL:
		if (opens_comment(b, text, offset))
			b->top->node.unclosed = true;
		/* fall through */
	default: append_text(b, text);
	}
}

static int on_text(MD_TEXTTYPE type, const char *data, MD_SIZE size, void *context)
{
	struct builder *b = context;
	size_t offset = offset_of(b, data);
	struct span text = { data, size };

	if (work(b, size) || want_leaf(b))
		return STOP;
	if (offset != NOWHERE) {
		text = span_slice(b->document->text, offset, offset + size);
		note_place(b, offset, size);
	} else if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR || (size == 1 && *data == '\n')) {
		b->breaks++;
	}
	if (!b->skipped && keeps_text(b->top))
		inline_text(b, type, text, offset);
	else if (!b->skipped &&
		 (b->top->node.kind == MARKDOWN_CODE || b->top->node.kind == MARKDOWN_HTML))
		b->top->content_lines = b->breaks;
	return 0;
}

/* ---- the whole ---- */

static int run(struct builder *b)
{
	MD_PARSER parser = {
		.flags = MD_FLAG_TABLES | MD_FLAG_TASKLISTS,
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = on_text,
	};

	if (md_parse(b->seen.data, (MD_SIZE)b->seen.length, &parser, b) && !b->result)
		b->result = error_set(b->error, ERROR_TOO_LARGE, "md4c gave up on the markdown");
	return b->result;
}

int document_build(struct markdown *document, struct error *error)
{
	_free_ char *guarded = markdown_guard(document->text);
	struct builder b = {
		.document = document,
		.error = error,
		.seen = { guarded ? guarded : document->text.data, document->text.length },
		.work_max = WORK_FLOOR + document->text.length * WORK_A_BYTE,
		.text = BUFFER(document->text.length * 4 + 64),
	};
	int r = run(&b);

	buffer_clear(&b.text);
	return r;
}
