/* What holds for every document, whatever is in it. Used by the unit tests and by the fuzz harness.
 */
#ifndef TEST_MARKDOWN_INVARIANTS_H
#define TEST_MARKDOWN_INVARIANTS_H

#include "base/buffer.h"
#include "markdown/markdown.h"

struct invariants {
	const struct markdown *document;
	struct span text;
	unsigned lines;
	bool lenient; /* no claims on what is in which block */
	char failure[200];
};

#define HOLDS(condition, what)                                                                 \
	do {                                                                                   \
		if (!(condition) && !i->failure[0])                                            \
			snprintf(i->failure, sizeof(i->failure), "%s: kind %d, %zu-%zu", what, \
				 (int)n->kind, n->begin, n->end);                              \
	} while (0)

static inline bool is_line_start(const struct invariants *i, size_t offset)
{
	return !offset || offset == i->text.length || i->text.data[offset - 1] == '\n';
}

static inline bool is_leaf_kind(enum markdown_kind kind)
{
	return kind != MARKDOWN_DOCUMENT && kind != MARKDOWN_LIST && kind != MARKDOWN_ITEM &&
	       kind != MARKDOWN_QUOTE;
}

static inline void check_node(struct invariants *i, const struct markdown_node *n)
{
	const struct markdown_node *p = n->parent;
	unsigned first, last, column;

	HOLDS(n->begin <= n->end && n->end <= i->text.length, "order");
	HOLDS(n->begin < n->end || n->kind == MARKDOWN_DOCUMENT || i->lenient, "empty");
	HOLDS(is_line_start(i, n->begin) && is_line_start(i, n->end), "whole lines");
	HOLDS(!p || (n->begin >= p->begin && n->end <= p->end), "in its parent");
	HOLDS(!n->next || n->next->begin >= n->end, "before its sibling");
	HOLDS(!is_leaf_kind(n->kind) || !n->first, "leaf without children");
	HOLDS(n->column >= 1 && n->line >= 1, "has a place");
	markdown_place(i->document, n->begin, &first, &column);
	markdown_place(i->document, n->end ? n->end - 1 : 0, &last, &column);
	HOLDS((n->line >= first && n->line <= last) || n->begin == n->end, "place within");
	HOLDS(utf8_valid(n->text), "text is UTF-8");
	HOLDS(span_equal(span_trim(n->text), n->text), "text is trimmed");
	HOLDS(!memchr(n->text.data ? n->text.data : "", '\n', n->text.length), "text is one line");
	HOLDS(!n->last || !n->last->next, "last child");
	HOLDS(n->kind != MARKDOWN_LIST || n->first, "list with items");
}

static inline void check_tree(struct invariants *i)
{
	const struct markdown_node *n = markdown_root(i->document);
	unsigned depth = 0;

	HOLDS(n->begin == 0 && n->end == i->text.length, "document is all");
	while (n) {
		check_node(i, n);
		HOLDS(depth <= MARKDOWN_DEPTH_MAX + 1, "depth");
		if (n->first) {
			n = n->first;
			depth++;
			continue;
		}
		while (n && !n->next) {
			n = n->parent;
			depth--;
		}
		n = n ? n->next : NULL;
	}
}

/* md4c 0.4.8 swallows a short run of fence characters behind a fence whose quote or item has ended.
 */
static inline bool source_is_blank(struct span s)
{
	for (size_t at = 0; at < s.length; at++)
		if (!strchr(" \t\n>`~", s.data[at]))
			return false;
	return true;
}

/* Between the children of the document there are blank lines only; not so with link definitions. */
static inline void check_gaps(struct invariants *i)
{
	const struct markdown_node *n = markdown_root(i->document)->first;
	size_t end = 0;

	if (i->lenient || memchr(i->text.data ? i->text.data : "", '[', i->text.length))
		return;
	for (; n; n = n->next) {
		HOLDS(source_is_blank(span_slice(i->text, end, n->begin)), "nothing lost before");
		end = n->end;
	}
	n = markdown_root(i->document);
	HOLDS(source_is_blank(span_slice(i->text, end, i->text.length)), "nothing lost at the end");
}

static inline bool same_shape(const struct markdown_node *a, const struct markdown_node *b)
{
	if (a->kind != b->kind || a->level != b->level || a->end - a->begin != b->end - b->begin)
		return false;
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		if (!same_shape(a, b))
			return false;
	return !a && !b;
}

/* To md4c 0.4.8 an indented line behind a quote is no code where it would be code elsewhere, and a
 * fence behind a fence whose quote has ended is no fence. */
static inline bool depends_on_what_is_above(struct span source)
{
	return span_starts_with(source, SPAN("    ")) || memchr(source.data, '\t', source.length) ||
	       strchr("`~", span_trim(source).data[0]);
}

/* A child of the document behind another paragraph is the same again. */
static inline void check_alone(struct invariants *i)
{
	const struct markdown_node *n = markdown_root(i->document)->first;

	if (memchr(i->text.data ? i->text.data : "", '[', i->text.length))
		return;
	for (; n; n = n->next) {
		CLEANUP(markdown_free) struct markdown *alone = NULL;
		CLEANUP(buffer_clear) struct buffer text = BUFFER(i->text.length + 8);
		struct span source = markdown_source(i->document, n);
		const struct markdown_node *same;

		buffer_append(&text, SPAN("x\n\n"));
		buffer_append(&text, source);
		if (depends_on_what_is_above(source) ||
		    markdown_parse(buffer_span(&text), &alone, NULL))
			continue;
		same = markdown_root(alone)->first->next;
		HOLDS(same && !same->next && same_shape(n, same), "alone it is the same");
	}
}

/* Empty, or what does not hold. `text` is cleaned. */
static inline struct invariants invariants_of(struct span text, const struct markdown *document,
					      bool lenient)
{
	struct invariants i = { .document = document, .text = text, .lenient = lenient };

	check_tree(&i);
	check_gaps(&i);
	return i;
}

#endif
