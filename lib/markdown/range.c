/* The lines of every block.
 *
 * A leaf with text has known lines: md4c's text pointers, less the line ends reported before the
 * first. A leaf without (a rule, an empty heading, a fence with nothing in it) and the marks of
 * containers are looked for in the few lines between the leaves that are known, by reading each
 * line past the marks of the containers that are open, exactly as md4c does.
 *
 * Three things that no callback tells are settled generously: a paragraph whose first or last line
 * holds nothing but the rest of a link or a code span reaches to the next blank line or block; link
 * definitions directly above such a paragraph belong to it; a quote reaches over its last `>`
 * lines. */
#include "document.h"

struct locating {
	struct markdown *document;
	struct lines *lines;
	uint32_t lower;         /* first line behind the last leaf */
	struct block *reaching; /* paragraph that may reach to the next block */
	uint64_t searched;      /* lines looked at in vain; bounded */
};

#define IN_VAIN_A_LINE 8

/* ---- containers ---- */

static bool enter_first_line(struct place *place, struct block *container)
{
	if (container->node.kind == MARKDOWN_QUOTE)
		return place_enter_quote(place, true);
	return place_enter_item(place, container->mark, &container->content_indent,
				&container->node.number);
}

static bool enter(struct place *place, struct block *container, uint32_t line)
{
	enum markdown_kind kind = container->node.kind;

	if (kind != MARKDOWN_QUOTE && kind != MARKDOWN_ITEM)
		return true;
	if (line == container->begin_line) {
		if (container->loose)
			place->indent = 0;
		return enter_first_line(place, container);
	}
	if (kind == MARKDOWN_QUOTE)
		return place_enter_quote(place, false);
	return place_enter_indent(place, container->content_indent);
}

/* Reads `line` past the marks of all containers around `block`. */
static bool enter_all(const struct locating *l, const struct block *block, uint32_t line,
		      struct place *ret_place)
{
	struct block *chain[MARKDOWN_DEPTH_MAX + 2];
	const struct markdown_node *node = block->node.parent;
	size_t depth = 0;

	for (; node && depth < ARRAY_LENGTH(chain); node = node->parent)
		chain[depth++] = block_of(node);
	place_begin(ret_place, lines_get(l->lines, line));
	while (depth--)
		if (!enter(ret_place, chain[depth], line))
			return false;
	return true;
}

static uint32_t search_begin(const struct locating *l, const struct block *block)
{
	const struct block *parent = block_of(block->node.parent);

	return parent->begin_line > l->lower ? parent->begin_line : l->lower;
}

/* First line of [from, to) where `matches`, or `to`. */
typedef bool (*matches_function)(struct block *block, struct place *place);

static uint32_t search_once(struct locating *l, struct block *block, uint32_t from, uint32_t to,
			    matches_function matches)
{
	struct place place;

	for (uint32_t line = from; line < to; line++) {
		if (l->searched > (uint64_t)l->lines->count * IN_VAIN_A_LINE + 64)
			break;
		if (enter_all(l, block, line, &place)) {
			if (block->loose)
				place.indent = 0;
			if (matches(block, &place))
				return line;
		}
		l->searched++;
	}
	return to;
}

/* Behind an item that begins with two blank lines md4c 0.4.8 takes lines for marks that are
 * indented like code; these are looked for second. */
static uint32_t search(struct locating *l, struct block *block, uint32_t from, uint32_t to,
		       matches_function matches)
{
	uint32_t line = search_once(l, block, from, to, matches);

	if (line < to)
		return line;
	block->loose = true;
	line = search_once(l, block, from, to, matches);
	block->loose = line < to;
	return line;
}

static bool matches_first_line(struct block *block, struct place *place)
{
	return enter_first_line(place, block);
}

/* The last lines of a quote may hold nothing but its mark: they belong to it, and begin no other
 * quote. Behind a fence that was closed outside of the quote they do. */
static uint32_t quote_end(struct locating *l, const struct block *quote, uint32_t end, uint32_t to)
{
	struct place place;

	if (block_at(l->document, quote->subtree_end - 1)->ends_outside)
		return end;
	while (end < to && enter_all(l, quote, end, &place) && place_enter_quote(&place, false))
		end++;
	return end;
}

static void open_container(struct locating *l, struct block *block)
{
	uint32_t from = search_begin(l, block), last = block->limit_line;
	uint32_t to = last < l->lines->count ? last + 1 : last;
	struct block *parent = block_of(block->node.parent);

	block->begin_line = search(l, block, from, to, matches_first_line);
	if (block->begin_line == to)
		block->begin_line = last < from ? from : last;
	if (block->begin_line >= l->lines->count)
		block->begin_line = l->lines->count - 1;
	block->end_line = block->begin_line + 1;
	if (parent->node.kind == MARKDOWN_LIST && !parent->opened) {
		parent->begin_line = block->begin_line;
		parent->opened = true;
	}
}

/* ---- where leaves begin ---- */

/* Line of the first line of a block that has text, before anything in front of it is known. */
static uint32_t known_begin(const struct locating *l, const struct block *block)
{
	uint32_t line = lines_find(l->lines, block->first), before = block->breaks_before;

	if (block->node.kind == MARKDOWN_CODE && block->mark)
		before++;
	return line > before ? line - before : 0;
}

static bool matches_rule(struct block *block, struct place *place)
{
	(void)block;
	return place_is_rule(place);
}

static bool matches_heading(struct block *block, struct place *place)
{
	return place_is_heading(place, block->node.level) || place_is_underline(place);
}

static bool matches_fence(struct block *block, struct place *place)
{
	return place_fence(place, block->mark) > 0;
}

static bool matches_anything(struct block *block, struct place *place)
{
	(void)block;
	return !place_at_end(place);
}

static const matches_function leaf_matches[] = {
	[MARKDOWN_HEADING] = matches_heading, [MARKDOWN_PARAGRAPH] = matches_anything,
	[MARKDOWN_CODE] = matches_fence,      [MARKDOWN_HTML] = matches_anything,
	[MARKDOWN_TABLE] = matches_anything,  [MARKDOWN_RULE] = matches_rule,
};

static bool is_atx(const struct locating *l, const struct block *block, uint32_t line)
{
	struct place place;

	return enter_all(l, block, line, &place) && place_is_heading(&place, block->node.level);
}

/* Up to the first line of a run that is not blank. */
static uint32_t reach_back(const struct locating *l, uint32_t line, uint32_t from)
{
	while (line > from && !lines_blank(l->lines, line - 1))
		line--;
	return line;
}

static uint32_t search_leaf(struct locating *l, struct block *block)
{
	uint32_t from = search_begin(l, block), to = block->limit_line;
	uint32_t line = search(l, block, from, to, leaf_matches[block->node.kind]);

	if (line == to) {
		while (from + 1 < to && lines_blank(l->lines, from))
			from++;
		return from;
	}
	if (block->node.kind == MARKDOWN_HEADING && !is_atx(l, block, line))
		return reach_back(l, line, from); /* Setext */
	return line;
}

static bool may_reach_back(const struct block *block)
{
	return block->span_first &&
	       (block->node.kind == MARKDOWN_PARAGRAPH || block->node.kind == MARKDOWN_HEADING);
}

static void begin_leaf(struct locating *l, struct block *block)
{
	uint32_t from = search_begin(l, block);

	if (block->first == NOWHERE) {
		block->begin_line = search_leaf(l, block);
	} else {
		block->begin_line = known_begin(l, block);
		if (may_reach_back(block) && !is_atx(l, block, block->begin_line))
			block->begin_line = reach_back(l, block->begin_line, from);
	}
	if (block->begin_line < from)
		block->begin_line = from;
	if (block->begin_line >= l->lines->count)
		block->begin_line = l->lines->count - 1;
}

/* ---- where leaves end ---- */

static uint32_t text_end(const struct locating *l, const struct block *block)
{
	return block->last == NOWHERE ? block->begin_line + 1
				      : lines_find(l->lines, block->last - 1) + 1;
}

static uint32_t heading_end(struct locating *l, struct block *block)
{
	uint32_t line = text_end(l, block);
	struct place place;

	if (is_atx(l, block, block->begin_line))
		return block->begin_line + 1;
	for (; line < l->lines->count && !lines_blank(l->lines, line); line++)
		if (enter_all(l, block, line, &place) && place_is_underline(&place))
			return line + 1;
	return text_end(l, block);
}

static uint32_t paragraph_end(struct locating *l, struct block *block)
{
	if (block->span_last || block->first == NOWHERE)
		l->reaching = block;
	return text_end(l, block);
}

static uint32_t code_end(struct locating *l, struct block *block)
{
	uint32_t end = block->begin_line + block->content_lines;
	struct place place;
	unsigned length;

	if (!block->mark)
		return end;
	end++;
	length = enter_all(l, block, block->begin_line, &place) ? place_fence(&place, block->mark)
								: 3;
	/* To md4c a fence closes also where it stands outside of the item or quote that it was
	 * opened in. */
	block->ends_outside = !enter_all(l, block, end, &place);
	block->node.unclosed = end >= l->lines->count ||
			       !place_is_closing_fence(&place, block->mark, length);
	return block->node.unclosed ? end : end + 1;
}

static uint32_t html_end(struct locating *l, struct block *block)
{
	uint32_t end = block->begin_line + block->content_lines;
	struct span source;

	if (block->first == NOWHERE)
		return end;
	source = span_slice(l->document->text, block->first, block->last);
	block->node.comment = span_starts_with(source, SPAN("<!--"));
	block->node.unclosed = block->node.comment && !memmem(source.data, source.length, "-->", 3);
	return end;
}

static uint32_t table_end(struct locating *l, struct block *block)
{
	(void)l;
	return block->begin_line + 2 + block->content_lines;
}

static uint32_t rule_end(struct locating *l, struct block *block)
{
	(void)l;
	return block->begin_line + 1;
}

static uint32_t (*const leaf_ends[])(struct locating *, struct block *) = {
	[MARKDOWN_HEADING] = heading_end, [MARKDOWN_PARAGRAPH] = paragraph_end,
	[MARKDOWN_CODE] = code_end,       [MARKDOWN_HTML] = html_end,
	[MARKDOWN_TABLE] = table_end,     [MARKDOWN_RULE] = rule_end,
};

/* First line that is known to belong to something behind this block. */
static uint32_t limit_behind(const struct locating *l, const struct block *block)
{
	return block->subtree_end < l->document->count
		       ? block_at(l->document, block->subtree_end)->limit_line
		       : l->lines->count;
}

static void end_leaf(struct locating *l, struct block *block)
{
	uint32_t end, limit = limit_behind(l, block);

	end = kind_is_container(block->node.kind) ? text_end(l, block)
						  : leaf_ends[block->node.kind](l, block);
	if (end > limit)
		end = limit;
	if (end <= block->begin_line)
		end = block->begin_line + 1;
	block->end_line = end;
	l->lower = end;
}

/* ---- the passes ---- */

static void reach(struct locating *l, uint32_t to)
{
	struct block *block = l->reaching;

	l->reaching = NULL;
	if (!block)
		return;
	while (block->end_line < to && !lines_blank(l->lines, block->end_line))
		block->end_line++;
	if (l->lower < block->end_line)
		l->lower = block->end_line;
}

static void locate(struct locating *l, struct block *block)
{
	enum markdown_kind kind = block->node.kind;
	struct block *reaching = l->reaching;

	if (kind == MARKDOWN_DOCUMENT || kind == MARKDOWN_LIST)
		return;
	if (block->previous && block->previous->node.kind == MARKDOWN_QUOTE)
		l->lower = quote_end(l, block->previous, l->lower, block->limit_line);
	if (kind_is_container(kind))
		open_container(l, block);
	else
		begin_leaf(l, block);
	l->reaching = reaching;
	reach(l, block->begin_line);
	block->opened = true;
	if (!block->node.first)
		end_leaf(l, block);
}

static void set_limits(struct locating *l)
{
	uint32_t limit = l->lines->count;

	for (size_t i = l->document->count; i--;) {
		struct block *block = block_at(l->document, i);

		if (block->first != NOWHERE)
			limit = known_begin(l, block);
		block->limit_line = limit;
	}
}

/* The line at which whatever follows a block begins. */
static uint32_t begin_behind(const struct locating *l, const struct block *block)
{
	return block->subtree_end < l->document->count
		       ? block_at(l->document, block->subtree_end)->begin_line
		       : l->lines->count;
}

static void close_containers(struct locating *l)
{
	for (size_t i = l->document->count; i--;) {
		struct block *block = block_at(l->document, i);
		struct block *parent = block_of(block->node.parent);

		if (block->node.kind == MARKDOWN_QUOTE)
			block->end_line = quote_end(l, block, block->end_line,
						    begin_behind(l, block));
		if (parent && parent->end_line < block->end_line)
			parent->end_line = block->end_line;
	}
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Where md4c's reading of a line and ours differ after all, blocks still lie in their parents and
 * one behind the other. limit_line serves as the first line that is free for the next child. */
static void settle(struct locating *l)
{
	block_at(l->document, 0)->limit_line = 0;
	for (size_t i = 1; i < l->document->count; i++) {
		struct block *block = block_at(l->document, i);
		struct block *parent = block_of(block->node.parent);

		block->begin_line = clamp(block->begin_line, parent->limit_line, parent->end_line);
		block->end_line = clamp(block->end_line, block->begin_line, parent->end_line);
		if (block->end_line == block->begin_line && block->end_line < parent->end_line)
			block->end_line++;
		parent->limit_line = block->end_line;
		block->limit_line = block->begin_line;
	}
}

/* Where the text of a block begins: its first character, or what stands behind the containers'
 * marks. */
static size_t text_begin(struct locating *l, struct block *block)
{
	struct place place;
	size_t offset = block->first;

	if (offset == NOWHERE || !block->node.text.length) {
		enter_all(l, block, block->begin_line, &place);
		offset = block->node.begin + place.offset;
	}
	return offset >= block->node.begin && offset < block->node.end ? offset : block->node.begin;
}

static void place_nodes(struct locating *l)
{
	for (size_t i = l->document->count; i--;) {
		struct block *block = block_at(l->document, i);
		struct markdown_node *node = &block->node;

		node->begin = l->lines->begins[block->begin_line];
		node->end = l->lines->begins[block->end_line];
		if (node->kind == MARKDOWN_ITEM && node->first &&
		    node->first->kind == MARKDOWN_PARAGRAPH)
			node->text = node->first->text;
		if (kind_is_container(node->kind) && node->first) {
			node->line = node->first->line;
			node->column = node->first->column;
		} else {
			markdown_place(l->document, text_begin(l, block), &node->line,
				       &node->column);
		}
	}
}

void document_locate(struct markdown *document)
{
	struct locating l = { .document = document, .lines = &document->lines };
	struct block *root = block_at(document, 0);

	root->end_line = document->lines.count;
	if (!document->lines.count) {
		root->node.line = root->node.column = 1;
		return;
	}
	set_limits(&l);
	for (size_t i = 0; i < document->count; i++)
		locate(&l, block_at(document, i));
	reach(&l, document->lines.count);
	close_containers(&l);
	settle(&l);
	place_nodes(&l);
}
