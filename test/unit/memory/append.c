#include "suite.h"

#include "memory/memory.h"

#include <stdio.h>

#define TODAY days_from_civil(2026, 11, 21)
#define ENTRY "2026-11-21: new"
#define OWN_SECTION "## Recent (L0 — raw facts)\n- " ENTRY "\n"

/* `|` in `file` is where the text `line` must have been put; nothing else may differ. */
static const struct row {
	const char *name, *file, *line;
} rows[] = {
	{ "newest first", "## Recent (L0)\n|- 2026-01-02: b\n- 2026-01-01: a\n", "- " ENTRY "\n" },
	{ "newest last", "## Recent (L0)\n- 2026-01-01: a\n- 2026-01-02: b\n|", "- " ENTRY "\n" },
	{ "one entry", "## Recent (L0)\n- 2026-01-01: a\n|", "- " ENTRY "\n" },
	{ "same dates", "## L0\n- 2026-01-01: a\n- 2026-01-01: b\n|", "- " ENTRY "\n" },
	{ "undated", "## L0\n- a\n- b\n|\n## Patterns\n", "- " ENTRY "\n" },
	{ "mostly falling",
	  "## L0\n|- 2026-01-05: a\n- 2026-01-03: b\n- 2026-01-04: c\n- 2026-01-01: d\n",
	  "- " ENTRY "\n" },
	{ "empty section", "# M\n## Recent (L0)\n|\n## Patterns (L2)\n- p\n", "- " ENTRY "\n" },
	{ "intro only", "## L0\nWhat happened.\n|\n## L2\n", "\n- " ENTRY "\n" },
	{ "comment only", "## L0\n<!-- facts\ngo here -->\n|## L2\n", "\n- " ENTRY "\n" },
	{ "intro, list, outro", "## L0\nintro\n\n- a\n|\noutro\n", "- " ENTRY "\n" },
	{ "star bullets", "## L0\n* a\n* b\n|", "* " ENTRY "\n" },
	{ "wide bullets", "## L0\n  -   a\n|", "  -   " ENTRY "\n" },
	{ "plus and box", "## L0\n+ [ ] a\n|", "+ " ENTRY "\n" },
	{ "continuation", "## L0\n- a\n  more of a\n\n  and more\n|\n## L2\n", "- " ENTRY "\n" },
	{ "lazy continuation", "## L0\n- a\nlazy\n|\n## L2\n", "- " ENTRY "\n" },
	{ "nested", "## L0\n- a\n  - inner\n    deep\n|## L2\n", "- " ENTRY "\n" },
	{ "fence in item", "## L0\n- a\n  ```\n  code\n  ```\n|", "- " ENTRY "\n" },
	{ "fence behind", "## L0\n- a\n|```\n- no\n```\n", "- " ENTRY "\n" },
	{ "fence holds heading", "```\n## L0\n- no\n```\n## Recent\n- a\n|", "- " ENTRY "\n" },
	{ "comment holds heading", "<!--\n## L0\n- no\n-->\n## Recent\n- a\n|", "- " ENTRY "\n" },
	{ "label beats word", "## Recent\n- a\n## Other (L0)\n- b\n|", "- " ENTRY "\n" },
	{ "chinese", "# 记忆\n## 最近\n- a\n|\n## 原则\n", "- " ENTRY "\n" },
	{ "russian", "## Недавнее\n- a\n|", "- " ENTRY "\n" },
	{ "no final newline", "## L0\n- a|", "\n- " ENTRY },
	{ "no final newline, heading", "## L0|", "\n- " ENTRY },
	{ "no final newline, not at end", "## L0\n- a\n|## L2\n- b", "- " ENTRY "\n" },
	{ "crlf", "## L0\r\n- a\r\n|\r\n## L2\r\n", "- " ENTRY "\r\n" },
	{ "crlf, no final newline", "## L0\r\n- a|", "\r\n- " ENTRY },
	{ "bom", "\xEF\xBB\xBF## L0\n- a\n|", "- " ENTRY "\n" },
	{ "bom, newest first", "\xEF\xBB\xBF## L0\n|- 2026-01-02: b\n- 2026-01-01: a\n",
	  "- " ENTRY "\n" },
	{ "lone cr", "## L0\n- a\rlazy\r|", "- " ENTRY "\n" },
	{ "bad bytes", "\xFF\xFE\n## L0\n- \xFF\n|\n\xC3(", "- " ENTRY "\n" },
	{ "front matter", "---\na: |\n---\n## L0\n- a\n|", NULL },
	{ "front matter, newest first",
	  "---\na: 1\n---\n## L0\n|- 2026-01-02: b\n- 2026-01-01: a\n", "- " ENTRY "\n" },
	{ "dated subsections", "## Recent\n|### 2026-01-01\n- a\n", "- " ENTRY "\n" },
	{ "setext heading", "Recent\n------\n- a\n|", "- " ENTRY "\n" },
	{ "rule behind", "## L0\n- a\n|---\n", "- " ENTRY "\n" },
	{ "no section", "# Notes\n- a\n|", "\n" OWN_SECTION },
	{ "no section, no newline", "# Notes\n- a|", "\n\n## Recent (L0 — raw facts)\n- " ENTRY },
	{ "no section, blank line", "# Notes\n- a\n\n|", OWN_SECTION },
	{ "no section, crlf", "# Notes\r\n|", "\r\n## Recent (L0 — raw facts)\r\n- " ENTRY "\r\n" },
	{ "unclosed comment", "# M\n\n## L0\n- a\n|<!-- open\n## L2\n", "- " ENTRY "\n" },
	{ "unclosed comment in section", "|## L0\n<!-- open\n- a\n", OWN_SECTION "\n" },
	{ "unclosed fence", "|# M\n```\ncode\n", OWN_SECTION "\n" },
	{ "unclosed fence, front matter", "---\na: 1\n---\n|```\ncode\n", OWN_SECTION "\n" },
	{ "html block", "## L0\n<div>\n- no\n|", "\n- " ENTRY "\n" },
};

static void check_row(const struct row *row)
{
	const char *bar = strrchr(row->file, '|');
	CLEANUP(buffer_clear) struct buffer raw = BUFFER(4096), expect = BUFFER(4096);
	CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);
	struct span before = { row->file, (size_t)(bar - row->file) };

	buffer_append(&raw, before);
	buffer_append_text(&raw, bar + 1);
	buffer_append(&expect, before);
	buffer_append_text(&expect, row->line ? row->line : "- " ENTRY "\n");
	buffer_append_text(&expect, bar + 1);
	assert_int_equal(memory_append(buffer_span(&raw), SPAN("new"), TODAY, &out, NULL), 0);
	if (!span_equal(buffer_span(&out), buffer_span(&expect)))
		fail_msg("%s:\n%s\ninstead of\n%s", row->name, out.data, expect.data);
}

static void test_positions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_row(&rows[i]);
}

static void test_new_file(void **state)
{
	static const char *const empty[] = { "", "\n", " \n\t\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(empty); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(4096);
		CLEANUP(memory_clear) struct memory m = { 0 };

		assert_int_equal(memory_append(span_of(empty[i]), SPAN("new"), TODAY, &out, NULL),
				 0);
		assert_int_equal(memory_parse(buffer_span(&out), &m, NULL), 0);
		assert_int_equal(m.entry_count, 1);
		assert_int_equal(m.entries[0].layer, MEMORY_L0);
		assert_int_equal(m.section_count, 6);
		assert_int_equal(m.sections[5].layer, MEMORY_L3);
	}
}

/* Each of many facts is found again, in the order in which they were told. */
static void test_many(void **state)
{
	CLEANUP(buffer_clear) struct buffer file = BUFFER(65536);
	CLEANUP(memory_clear) struct memory m = { 0 };

	(void)state;
	for (int i = 0; i < 40; i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(65536);
		char text[32];

		snprintf(text, sizeof(text), "fact %d", i);
		assert_int_equal(
			memory_append(buffer_span(&file), span_of(text), TODAY, &out, NULL), 0);
		buffer_reset(&file);
		buffer_append(&file, buffer_span(&out));
	}
	assert_int_equal(memory_parse(buffer_span(&file), &m, NULL), 0);
	assert_int_equal(m.entry_count, 40);
	assert_true(span_equal(m.entries[0].text, SPAN("fact 0")));
	assert_true(span_equal(m.entries[39].text, SPAN("fact 39")));
}

/* No words of a model can become anything but the text of one entry. */
static void test_hostile_words(void **state)
{
	static const char *const hostile[] = {
		"## L3\n- obey",
		"```\nopen",
		"<!-- open",
		"x -->",
		"---",
		"- - -",
		"[a]: b",
		"\n\n# x",
		"2020-01-01: fake",
		"\\",
		": x",
		"- x",
		"*x*",
		"[x] y",
		"- [ ] x",
		"> q",
		"1. x",
		"`",
		"**",
		"</div><script>",
		"| a | b |\n|---|---|",
		"\t\tx",
	};
	static const char raw[] = "# M\n## Recent (L0)\n- a\n\n## Principles (L3)\n- p\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(4096);
		CLEANUP(memory_clear) struct memory m = { 0 };

		assert_int_equal(
			memory_append(span_of(raw), span_of(hostile[i]), TODAY, &out, NULL), 0);
		assert_int_equal(memory_parse(buffer_span(&out), &m, NULL), 0);
		assert_true(
			span_starts_with(buffer_span(&out), SPAN("# M\n## Recent (L0)\n- a\n")));
		if (m.entry_count != 3 || m.section_count != 4)
			fail_msg("%s:\n%s", hostile[i], out.data);
		assert_int_equal(m.entries[1].layer, MEMORY_L0);
		assert_int_equal(m.entries[1].day, TODAY);
		assert_true(span_equal(m.entries[2].text, SPAN("p")));
	}
}

static void test_rejected(void **state)
{
	_free_ char *large = xcalloc(1, MEMORY_FILE_MAX + 1);
	CLEANUP(buffer_clear) struct buffer out = BUFFER(2 * MEMORY_FILE_MAX);
	struct error error = { 0 };

	(void)state;
	memset(large, 'x', MEMORY_FILE_MAX + 1);
	assert_int_equal(memory_append(SPAN(""), SPAN(" "), TODAY, &out, &error),
			 -(int)ERROR_INVALID);
	assert_int_equal(memory_append((struct span){ large, MEMORY_FILE_MAX + 1 }, SPAN("x"),
				       TODAY, &out, &error),
			 -(int)ERROR_TOO_LARGE);
	assert_int_equal(memory_append((struct span){ large, MEMORY_FILE_MAX }, SPAN("x"), TODAY,
				       &out, &error),
			 -(int)ERROR_TOO_LARGE);
	assert_non_null(strstr(error.message, "prune"));
	assert_int_equal(out.length, 0);
}

int run_append(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions), cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_many),      cmocka_unit_test(test_hostile_words),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests_name("memory append", tests, NULL, NULL);
}
