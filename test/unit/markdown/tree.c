/* Documents and the tree they are read as. A node is one line: depth, kind and its particulars, the
 * lines it stands on, line:column of its text, the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "invariants.h"

static const char *const kinds[] = {
	[MARKDOWN_DOCUMENT] = "document",   [MARKDOWN_HEADING] = "heading",
	[MARKDOWN_PARAGRAPH] = "paragraph", [MARKDOWN_LIST] = "list",
	[MARKDOWN_ITEM] = "item",           [MARKDOWN_QUOTE] = "quote",
	[MARKDOWN_CODE] = "code",           [MARKDOWN_HTML] = "html",
	[MARKDOWN_TABLE] = "table",         [MARKDOWN_RULE] = "rule",
};

static void print_node(const struct markdown *document, const struct markdown_node *n, int depth,
		       struct buffer *out)
{
	unsigned first, last, column;

	markdown_place(document, n->begin, &first, &column);
	markdown_place(document, n->end ? n->end - 1 : 0, &last, &column);
	buffer_printf(out, "%*s%s", depth * 2, "", kinds[n->kind]);
	if (n->level)
		buffer_printf(out, " %d", n->level);
	if (n->ordered)
		buffer_append_text(out, " ordered");
	if (n->number)
		buffer_printf(out, " #%u", n->number);
	if (n->box)
		buffer_printf(out, " [%c]", n->box);
	if (n->comment)
		buffer_append_text(out, " comment");
	if (n->unclosed)
		buffer_append_text(out, " unclosed");
	buffer_printf(out, " %u-%u @%u:%u", first, last, n->line, n->column);
	if (n->text.length)
		buffer_printf(out, " \"%.*s\"", (int)n->text.length, n->text.data);
	buffer_append_text(out, "\n");
	for (n = n->first; n; n = n->next)
		print_node(document, n, depth + 1, out);
}

static const struct {
	const char *text, *tree;
} trees[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "# A *b* `c` &amp; <!-- d --> (07:00) ##\n", "heading 1 1-1 @1:3 \"A b c & (07:00)\"\n" },
	{ "## [Daily](x) <b>now</b> &rarr; &#x41; &nosuch; \\*\n",
	  "heading 2 1-1 @1:5 \"Daily now \u2192 A &nosuch; *\"\n" },
	{ "#no heading\n", "paragraph 1-1 @1:1 \"#no heading\"\n" },
	{ "#\n##   \n### ###\n", "heading 1 1-1 @1:1\nheading 2 2-2 @2:1\nheading 3 3-3 @3:1\n" },
	{ "   ## three blanks\n    ## four\n",
	  "heading 2 1-1 @1:7 \"three blanks\"\ncode 2-2 @2:5\n" },
	{ "Setext\nof two\n===\nsecond\n---\n",
	  "heading 1 1-3 @1:1 \"Setext of two\"\nheading 2 4-5 @4:1 \"second\"\n" },
	{ "[](x)\n---\n##\n", "heading 2 1-2 @1:1\nheading 2 3-3 @3:1\n" },
	{ "a\nb  \nc\\\nd\n", "paragraph 1-4 @1:1 \"a b c d\"\n" },
	/* lists */
	{ "- a\n- b\n", "list 1-2 @1:3\n  item 1-1 @1:3 \"a\"\n    paragraph 1-1 @1:3 \"a\"\n"
			"  item 2-2 @2:3 \"b\"\n    paragraph 2-2 @2:3 \"b\"\n" },
	{ "- a\n\n- b\n", "list 1-3 @1:3\n  item 1-1 @1:3 \"a\"\n    paragraph 1-1 @1:3 \"a\"\n"
			  "  item 3-3 @3:3 \"b\"\n    paragraph 3-3 @3:3 \"b\"\n" },
	{ "- [ ] open\n- [x] done\n- [X]\n- [ ]no\n",
	  "list 1-4 @1:7\n  item [ ] 1-1 @1:7 \"open\"\n    paragraph 1-1 @1:7 \"open\"\n"
	  "  item [x] 2-2 @2:7 \"done\"\n    paragraph 2-2 @2:7 \"done\"\n  item [x] 3-3 @3:1\n"
	  "  item 4-4 @4:3 \"[ ]no\"\n    paragraph 4-4 @4:3 \"[ ]no\"\n" },
	{ "3. c\n7. d\n1) e\n",
	  "list ordered 1-2 @1:4\n  item #3 1-1 @1:4 \"c\"\n    paragraph 1-1 @1:4 \"c\"\n"
	  "  item #7 2-2 @2:4 \"d\"\n    paragraph 2-2 @2:4 \"d\"\n"
	  "list ordered 3-3 @3:4\n  item #1 3-3 @3:4 \"e\"\n    paragraph 3-3 @3:4 \"e\"\n" },
	{ "- a\n  more\nlazy\n\n  second\n  - b\n\nend\n",
	  "list 1-6 @1:3\n  item 1-6 @1:3 \"a more lazy\"\n    paragraph 1-3 @1:3 \"a more lazy\"\n"
	  "    paragraph 5-5 @5:3 \"second\"\n    list 6-6 @6:5\n      item 6-6 @6:5 \"b\"\n"
	  "        paragraph 6-6 @6:5 \"b\"\nparagraph 8-8 @8:1 \"end\"\n" },
	{ "-\n- \n*\n",
	  "list 1-2 @1:1\n  item 1-1 @1:1\n  item 2-2 @2:1\nlist 3-3 @3:1\n  item 3-3 @3:1\n" },
	{ "-\n  late\n",
	  "list 1-2 @2:3\n  item 1-2 @2:3 \"late\"\n    paragraph 2-2 @2:3 \"late\"\n" },
	{ "- * * *\n- - a\n",
	  "list 1-2 @1:3\n  item 1-1 @1:3\n    rule 1-1 @1:3\n  item 2-2 @2:5\n    list 2-2 @2:5\n"
	  "      item 2-2 @2:5 \"a\"\n        paragraph 2-2 @2:5 \"a\"\n" },
	{ "- # H\n  text\n",
	  "list 1-2 @1:5\n  item 1-2 @1:5\n    heading 1 1-1 @1:5 \"H\"\n    paragraph 2-2 @2:3 \"text\"\n" },
	/* quotes */
	{ "> a\nlazy\n>\n> b\n>\n\nc\n",
	  "quote 1-5 @1:3\n  paragraph 1-2 @1:3 \"a lazy\"\n  paragraph 4-4 @4:3 \"b\"\n"
	  "paragraph 7-7 @7:1 \"c\"\n" },
	{ ">\n> a\n", "quote 1-2 @2:3\n  paragraph 2-2 @2:3 \"a\"\n" },
	{ ">\n\n>\n", "quote 1-1 @1:1\nquote 3-3 @3:1\n" },
	{ "> > a\n> b\n", "quote 1-2 @1:5\n  quote 1-2 @1:5\n    paragraph 1-2 @1:5 \"a b\"\n" },
	/* code */
	{ "```sh\n# no heading\n- no list\n```\nafter\n",
	  "code 1-4 @1:1\nparagraph 5-5 @5:1 \"after\"\n" },
	{ "~~~\n```\n## no\n~~~~\n", "code 1-4 @1:1\n" },
	{ "```\n## never closed\n\n", "code unclosed 1-3 @1:1\n" },
	{ "```\n```\n\n```", "code 1-2 @1:1\ncode unclosed 4-4 @4:1\n" },
	{ "```\n\n\n```\n", "code 1-4 @1:1\n" },
	{ "- ```\n  a\n  ```\n- b\n",
	  "list 1-4 @1:3\n  item 1-3 @1:3\n    code 1-3 @1:3\n  item 4-4 @4:3 \"b\"\n"
	  "    paragraph 4-4 @4:3 \"b\"\n" },
	{ "> ```\n> a\n\nb\n",
	  "quote 1-2 @1:3\n  code unclosed 1-2 @1:3\nparagraph 4-4 @4:1 \"b\"\n" },
	{ "    a\n\n    b\n\nc\n", "code 1-3 @1:5\nparagraph 5-5 @5:1 \"c\"\n" },
	/* comments and HTML */
	{ "<!-- one -->\n## a\n", "html comment 1-1 @1:1\nheading 2 2-2 @2:4 \"a\"\n" },
	{ "<!--\n## Nightly (23:00)\n\n- x\n-->\n## b\n",
	  "html comment 1-5 @1:1\nheading 2 6-6 @6:4 \"b\"\n" },
	{ "<!--\n## Nightly (23:00)\n- x\n", "html comment unclosed 1-3 @1:1\n" },
	{ "- a\n  <!-- ## x\n- b\n",
	  "list 1-3 @1:3\n  item 1-2 @1:3 \"a\"\n    paragraph 1-1 @1:3 \"a\"\n"
	  "    html comment unclosed 2-2 @2:3\n  item 3-3 @3:3 \"b\"\n    paragraph 3-3 @3:3 \"b\"\n" },
	{ "a <!-- b\nc --> d\n", "paragraph 1-2 @1:1 \"a d\"\n" },
	{ "- a <!-- off\n## x\n-->\n",
	  "list 1-1 @1:3\n  item 1-1 @1:3 \"a <!-- off\"\n    paragraph unclosed 1-1 @1:3 \"a <!-- off\"\n"
	  "heading 2 2-2 @2:4 \"x\"\nparagraph 3-3 @3:1 \"-->\"\n" },
	{ "a \\<!-- b\n", "paragraph 1-1 @1:1 \"a <!-- b\"\n" },
	{ "`<!--` is how\n", "paragraph 1-1 @1:2 \"<!-- is how\"\n" },
	{ "<div>\n## in\n\n## out\n", "html 1-2 @1:1\nheading 2 4-4 @4:4 \"out\"\n" },
	/* tables, rules, definitions */
	{ "| a | b |\n|---|---|\n| 1 |   |\n|   | 2 |\n\n---\n",
	  "table 1-4 @1:1\nrule 6-6 @6:1\n" },
	{ "| a | |\n|---|---|\n| | x |\n", "table 1-3 @1:1\n" },
	{ "***\n_ _ _\n - - -\n", "rule 1-1 @1:1\nrule 2-2 @2:1\nrule 3-3 @3:2\n" },
	{ "[a]: /url\n\n[a] and [b](/c\n\"t\")\n", "paragraph 3-4 @3:2 \"a and b\"\n" },
	{ "![](x)\n", "paragraph 1-1 @1:1\n" },
	{ "\xE6\x97\xB6 **\xC3\xA9**\n# \xE6\xAF\x8F\xE5\xA4\xA9\xEF\xBC\x88\x39\xE7\x82\xB9\xEF\xBC\x89\n",
	  "paragraph 1-1 @1:1 \"\xE6\x97\xB6 \xC3\xA9\"\n"
	  "heading 1 2-2 @2:3 \"\xE6\xAF\x8F\xE5\xA4\xA9\xEF\xBC\x88\x39\xE7\x82\xB9\xEF\xBC\x89\"\n" },
	{ "no final newline\n## last",
	  "paragraph 1-1 @1:1 \"no final newline\"\nheading 2 2-2 @2:4 \"last\"\n" },
};

static struct markdown *parse(const char *text)
{
	struct markdown *document = NULL;
	struct error error = { 0 };

	if (markdown_parse(span_of(text), &document, &error))
		fail_msg("%s: %s", text, error.message);
	return document;
}

static void trees_are_as_written(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(trees); i++) {
		CLEANUP(markdown_free) struct markdown *document = parse(trees[i].text);
		CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 16);
		const struct markdown_node *n;

		buffer_append_text(&out, "");
		for (n = markdown_root(document)->first; n; n = n->next)
			print_node(document, n, 0, &out);
		if (!strcmp(out.data, trees[i].tree))
			continue;
		print_error("\n%s\nis\n%s\nnot\n%s", trees[i].text, out.data, trees[i].tree);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static const struct markdown_node *heading_of(const struct markdown *document, const char *text)
{
	const struct markdown_node *n = markdown_root(document)->first;

	while (n && !(n->kind == MARKDOWN_HEADING && span_equal(n->text, span_of(text))))
		n = n->next;
	return n;
}

static void sections_end_at_their_level(void **state)
{
	CLEANUP(markdown_free)
	struct markdown *document = parse(
		"# A\nintro\n## B\n- b\n### C\n- c\n```\n## no\n```\n## D\n\n# E\nend");
	static const struct {
		const char *heading;
		bool shallow;
		const char *section;
	} rows[] = {
		{ "A", false, "intro\n## B\n- b\n### C\n- c\n```\n## no\n```\n## D\n\n" },
		{ "A", true, "intro\n" },
		{ "B", false, "- b\n### C\n- c\n```\n## no\n```\n" },
		{ "B", true, "- b\n" },
		{ "C", false, "- c\n```\n## no\n```\n" },
		{ "D", false, "\n" },
		{ "E", false, "end" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct span section = markdown_section(
			document, heading_of(document, rows[i].heading), rows[i].shallow);

		assert_true(span_equal(section, span_of(rows[i].section)));
	}
	assert_true(
		span_equal(markdown_source(document, heading_of(document, "B")), SPAN("## B\n")));
}

/* A heading in a quote ends with its quote. */
static void sections_stay_in_their_quote(void **state)
{
	CLEANUP(markdown_free) struct markdown *document = parse("> # Q\n> a\n\nb\n");
	const struct markdown_node *quote = markdown_root(document)->first;

	(void)state;
	assert_true(span_equal(markdown_section(document, quote->first, false), SPAN("> a\n")));
}

static const struct {
	const char *text, *word;
	unsigned line, column;
} places[] = {
	{ "## Weekly (Mox 09:00)\n", "Mox", 1, 12 },
	{ "## **Weekly** (Mox 09:00)\n", "Mox", 1, 16 },
	{ "## [Weekly](http://x/y) `(Mox` 09:00)\n", "Mox", 1, 27 },
	{ "## \xE6\xAF\x8F\xE5\x91\xA8 <!-- c --> (Mox)\n", "Mox", 1, 19 },
	{ "A &amp; &rarr; Mox\n===\n", "Mox", 1, 16 },
	{ "first line\nsecond Mox\n---\n", "Mox", 2, 8 },
	{ "> ## x Mox\n", "Mox", 1, 8 },
};

static void words_have_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		CLEANUP(markdown_free) struct markdown *document = parse(places[i].text);
		const struct markdown_node *n = markdown_root(document)->first;
		const char *word;
		unsigned line, column;

		while (n->kind != MARKDOWN_HEADING)
			n = n->first;
		word = memmem(n->text.data, n->text.length, places[i].word, strlen(places[i].word));
		markdown_text_place(document, n, (size_t)(word - n->text.data), &line, &column);
		if (line != places[i].line || column != places[i].column)
			fail_msg("%s: %u:%u", places[i].text, line, column);
	}
}

/* The files of the article that this layout comes from. */
static const struct {
	const char *path;
	unsigned headings, items;
} article[] = {
	{ "../shared/article/SOUL.md", 4, 10 },     { "../shared/article/CONSTITUTION.md", 4, 9 },
	{ "../shared/article/HEARTBEAT.md", 4, 9 }, { "../shared/article/MEMORY.md", 4, 10 },
	{ "../shared/article/BULLETIN.md", 4, 6 },
};

static unsigned count_kind(const struct markdown_node *n, enum markdown_kind kind)
{
	unsigned count = n->kind == kind;

	for (n = n->first; n; n = n->next)
		count += count_kind(n, kind);
	return count;
}

static void article_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(article); i++) {
		CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
		CLEANUP(markdown_free) struct markdown *document = NULL;
		static char raw[1 << 16];
		FILE *file = fopen(article[i].path, "r");
		size_t size;

		if (!file)
			skip();
		size = fread(raw, 1, sizeof(raw), file);
		fclose(file);
		assert_int_equal(
			markdown_clean((struct span){ raw, size }, sizeof(raw), &text, NULL), 0);
		assert_int_equal(markdown_parse(markdown_body(&text), &document, NULL), 0);
		assert_string_equal(invariants_of(markdown_body(&text), document, false).failure,
				    "");
		assert_int_equal(count_kind(markdown_root(document), MARKDOWN_HEADING),
				 article[i].headings);
		assert_int_equal(count_kind(markdown_root(document), MARKDOWN_ITEM),
				 article[i].items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_as_written),
		cmocka_unit_test(sections_end_at_their_level),
		cmocka_unit_test(sections_stay_in_their_quote),
		cmocka_unit_test(words_have_places),
		cmocka_unit_test(article_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
