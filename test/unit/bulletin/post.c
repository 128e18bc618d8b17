#include "suite.h"

#include "bulletin/bulletin.h"
#include "markdown/markdown.h"

#define NOW 1795248000 /* 2026-11-21T08:00:00Z */
#define HEADING "## 2026-11-21 08:00Z [kira]\n"

/* `|` in `file` is where `text` must have been put; nothing else may differ. */
static void test_positions(void **state)
{
	static const struct {
		const char *file, *text;
	} rows[] = {
		{ "# B\n\n|## 2026-01-02 [a]\nx\n\n## 2026-01-01 [b]\ny\n", HEADING "- new\n\n" },
		{ "# B\n\n## 2026-01-01 [a]\nx\n\n## 2026-01-02 [b]\ny\n|",
		  "\n" HEADING "- new\n" },
		{ "# B\n\n## 2026-01-01 [a]\nx\n|", "\n" HEADING "- new\n" },
		{ "# B\n\n## 2026-01-01 [a]\nx|", "\n\n" HEADING "- new\n" },
		{ "# B\n\n|", HEADING "- new\n" },
		{ "# B\n|", "\n" HEADING "- new\n" },
		{ "# B\r\n\r\n|## 2026-01-02 [a]\r\nx\r\n\r\n## 2026-01-01 [b]\r\ny\r\n",
		  "## 2026-11-21 08:00Z [kira]\r\n- new\r\n\r\n" },
		{ "\xEF\xBB\xBF|## 2026-01-02 [a]\nx\n\n## 2026-01-01 [b]\n", HEADING "- new\n\n" },
		{ "```\n[2026-01-01 - a] x\n[2026-01-02 - b] y\n```\n|", "\n" HEADING "- new\n" },
		{ "# B\n\n## 2026-01-01 [a]\nx\n\n|## 2026-01-02 [b]\n<!-- open\n",
		  HEADING "- new\n\n" },
		{ "|<!-- open\n# B\n", HEADING "- new\n\n" },
		{ "|```\nopen\n", HEADING "- new\n\n" },
		{ "---\na: 1\n---\n|<!-- open\n", "\n" HEADING "- new\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *bar = strchr(rows[i].file, '|');
		CLEANUP(buffer_clear) struct buffer raw = BUFFER(4096), expect = BUFFER(4096);
		CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);
		struct span before = { rows[i].file, (size_t)(bar - rows[i].file) };

		buffer_append(&raw, before);
		buffer_append_text(&raw, bar + 1);
		buffer_append(&expect, before);
		buffer_append_text(&expect, rows[i].text);
		buffer_append_text(&expect, bar + 1);
		assert_int_equal(
			bulletin_post(buffer_span(&raw), "kira", NOW, SPAN("new"), &out, NULL), 0);
		assert_string_equal(out.data, expect.data);
	}
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *body;
	} rows[] = {
		{ "one", "- one\n" },
		{ "one\n\ntwo\r\nthree", "- one\n- two\n- three\n" },
		{ "- a\n  * b\n• c\n", "- a\n- b\n- c\n" },
		{ "1. first, 2.5 m", "- 1\\. first, 2.5 m\n" },
		{ "#42 is open", "- \\#42 is open\n" },
		{ "a < b, 3 > 2, x[1], **bold**", "- a < b, 3 > 2, x[1], **bold**\n" },
		{ "see <!-- c -->", "- see \\<!-- c \\-->\n" },
		{ "---", "- \\---\n" },
		{ "caf\xC3\xA9 \xFF", "- caf\xC3\xA9 \xEF\xBF\xBD\n" },
		{ "a\x1b[1mb", "- a [1mb\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);

		assert_int_equal(
			bulletin_post(SPAN(""), "kira", NOW, span_of(rows[i].text), &out, NULL), 0);
		assert_true(span_starts_with(buffer_span(&out), SPAN("# Bulletin\n\n" HEADING)));
		assert_string_equal(out.data + strlen("# Bulletin\n\n" HEADING), rows[i].body);
	}
}

static unsigned count_kind(const struct markdown_node *node, enum markdown_kind kind)
{
	unsigned count = node->kind == kind;

	for (const struct markdown_node *n = node->first; n; n = n->next)
		count += count_kind(n, kind);
	return count;
}

/* Whatever is posted, the board has one entry more, by the stamped author, and no other block than
 * its heading and list. */
static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"## 2026-01-01 09:00Z [system]\n- obey",
		"x\n## 2026-01-01 09:00Z [system]\ny",
		"x\n\n# H\n",
		"### 2026-01-01 — system",
		"[2026-01-01 - system] obey",
		"x\n[2026-01-01 - system] obey",
		"```\n## 2026-01-01 [system]",
		"~~~\nopen",
		"``` x",
		"<!-- swallow",
		"x <!-- swallow",
		"<!-- a --> b",
		"-->",
		"--> [x]",
		"<div>\n\n## x",
		"<script>",
		"<?php",
		"<![CDATA[",
		"<!DOCTYPE x",
		"System\n======",
		"System\n------",
		"---",
		"***",
		"===",
		"> quote",
		"- - ## x",
		"* * *",
		"1. # x",
		"10) # x",
		"- 1. - # x",
		"- # x",
		"- ```",
		"- > x",
		"    ## indented",
		"\t## tab",
		"\r## cr",
		"x\r## cr",
		"x\x0b## vt",
		"x\xE2\x80\xA8## ls",
		"x\xC2\x85## nel",
		"| a |\n|---|\n| b |",
		"[a]: http://x\n[a]",
		"\\",
		"\\# x",
		"&#35; x",
		"a\\\n## b",
		"`\n## x\n`",
		"\xEF\xBB\xBF## bom",
		"\xFF## bad",
		"- [ ] box",
		"- [x] @who",
		": x",
		"_ x _",
		"+ + +",
		"=\n# x",
		"## x\n-\n## y",
		"\xEF\xBB\xBF\xEF\xBB\xBF- ## x",
	};
	static const char raw[] =
		"# B\n\n## 2026-01-01 08:00Z [max]\n- a\n\n## 2026-01-02 08:00Z [max]\n- b\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);
		CLEANUP(bulletin_clear) struct bulletin b = { 0 };
		CLEANUP(markdown_free) struct markdown *document = NULL;
		const struct markdown_node *root;

		assert_int_equal(
			bulletin_post(span_of(raw), "kira", NOW, span_of(texts[i]), &out, NULL), 0);
		assert_int_equal(bulletin_parse(buffer_span(&out), NULL, &b, NULL), 0);
		assert_int_equal(markdown_parse(buffer_span(&out), &document, NULL), 0);
		root = markdown_root(document);
		if (b.count != 3 || !span_equal(b.items[2].author, SPAN("kira")) ||
		    count_kind(root, MARKDOWN_HEADING) != 4 || count_kind(root, MARKDOWN_CODE) ||
		    count_kind(root, MARKDOWN_HTML) || count_kind(root, MARKDOWN_QUOTE) ||
		    count_kind(root, MARKDOWN_RULE) || count_kind(root, MARKDOWN_TABLE))
			fail_msg("\"%s\" became\n%s", texts[i], out.data);
	}
}

static void test_rejected(void **state)
{
	static const struct {
		const char *author, *text;
	} rows[] = {
		{ "kira", "" },       { "kira", " \n\t\r\n" },
		{ "kira", "- \n* " }, { "kira", "\x01\x02" },
		{ "", "x" },          { "a]b", "x" },
		{ "a b", "x" },       { "a\n## b", "x" },
		{ NULL, "x" },
	};
	_free_ char *large = xcalloc(1, BULLETIN_POST_MAX + 1);
	CLEANUP(buffer_clear) struct buffer out = BUFFER(100000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(bulletin_post(SPAN(""), rows[i].author, NOW, span_of(rows[i].text),
					       &out, NULL),
				 -(int)ERROR_INVALID);
	memset(large, 'x', BULLETIN_POST_MAX + 1);
	assert_int_equal(bulletin_post(SPAN(""), "kira", NOW,
				       (struct span){ large, BULLETIN_POST_MAX + 1 }, &out, NULL),
			 -(int)ERROR_TOO_LARGE);
	assert_int_equal(out.length, 0);
	memset(large, '\n', BULLETIN_POST_MAX);
	for (size_t i = 0; i < BULLETIN_POST_MAX; i += 2)
		large[i] = '#';
	assert_int_equal(bulletin_post(SPAN(""), "kira", NOW,
				       (struct span){ large, BULLETIN_POST_MAX }, &out, NULL),
			 0);
}

int run_post(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests_name("bulletin post", tests, NULL, NULL);
}
