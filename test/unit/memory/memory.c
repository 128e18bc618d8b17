#include "suite.h"

#include "memory/memory.h"

#include <stdio.h>

#define DAY(y, m, d) days_from_civil(y, m, d)

static const char article[] = "# MEMORY.md\n"
			      "\n"
			      "## Recent (L0 — raw facts)\n"
			      "- 2024-01-15: First\n"
			      "- 2024-01-14: Second\n"
			      "\n"
			      "## Patterns (L2 — recurring)\n"
			      "- Mondays are busy\n"
			      "\n"
			      "## Principles (L3 — learned rules)\n"
			      "- Check the plan\n"
			      "  (learned: gave a wrong refund)\n";

static void test_article(void **state)
{
	CLEANUP(memory_clear) struct memory m = { 0 };

	(void)state;
	assert_int_equal(memory_parse(span_of(article), &m, NULL), 0);
	assert_int_equal(m.section_count, 5);
	assert_int_equal(m.entry_count, 4);
	assert_int_equal(m.sections[0].heading.length, 0);
	assert_int_equal(m.sections[1].layer, MEMORY_OTHER);
	assert_int_equal(m.sections[2].layer, MEMORY_L0);
	assert_int_equal(m.sections[2].line, 3);
	assert_true(span_equal(m.sections[2].heading, SPAN("Recent (L0 — raw facts)")));
	assert_true(span_equal(m.entries[0].text, SPAN("First")));
	assert_int_equal(m.entries[0].day, DAY(2024, 1, 15));
	assert_int_equal(m.entries[1].line, 5);
	assert_int_equal(m.entries[2].layer, MEMORY_L2);
	assert_int_equal(m.entries[2].day, INT64_MIN);
	assert_int_equal(m.entries[3].layer, MEMORY_L3);
	assert_true(span_equal(m.entries[3].text,
			       SPAN("Check the plan\n  (learned: gave a wrong refund)")));
}

/* The layer of the only section below a title. */
static void test_layers(void **state)
{
	static const struct {
		const char *heading;
		enum memory_layer layer;
	} rows[] = {
		{ "Recent (L0 — raw facts)", MEMORY_L0 },
		{ "l0", MEMORY_L0 },
		{ "Stuff [L2]", MEMORY_L2 },
		{ "HTML0 and XL10", MEMORY_OTHER },
		{ "RECENT events", MEMORY_L0 },
		{ "Raw facts", MEMORY_L0 },
		{ "最近的事", MEMORY_L0 },
		{ "直近の出来事", MEMORY_L0 },
		{ "Недавнее", MEMORY_L0 },
		{ "Recientes", MEMORY_L0 },
		{ "Faits récents", MEMORY_L0 },
		{ "Jüngste Fakten / jüngste", MEMORY_L0 },
		{ "Deduplicated", MEMORY_L1 },
		{ "Promoted From Short-Term Memory (2026-04-25)", MEMORY_L1 },
		{ "Long-term memory", MEMORY_L1 },
		{ "Patterns", MEMORY_L2 },
		{ "规律", MEMORY_L2 },
		{ "Muster", MEMORY_L2 },
		{ "Principles", MEMORY_L3 },
		{ "Lessons Learned", MEMORY_L3 },
		{ "Принципы", MEMORY_L3 },
		{ "Princípios", MEMORY_L3 },
		{ "原则", MEMORY_L3 },
		{ "User information", MEMORY_OTHER },
		{ "Precentral", MEMORY_OTHER },
	};
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(memory_clear) struct memory m = { 0 };

		buffer_reset(&text);
		buffer_printf(&text, "# Memory\n\n## %s\n- x\n", rows[i].heading);
		assert_int_equal(memory_parse(buffer_span(&text), &m, NULL), 0);
		if (m.entries[0].layer != rows[i].layer)
			fail_msg("%s is of layer %d", rows[i].heading, (int)m.entries[0].layer);
	}
}

static void test_days(void **state)
{
	static const struct {
		const char *item, *text;
		bool dated;
	} rows[] = {
		{ "- 2026-11-21: x y", "x y", true },
		{ "* 2026-11-21 x", "x", true },
		{ "- **2026-11-21**: x", "x", true },
		{ "- **2026-11-21:** x", "x", true },
		{ "- [2026-11-21] x", "x", true },
		{ "- (2026-11-21) x", "x", true },
		{ "1. 2026-11-21 — x", "x", true },
		{ "- [ ] 2026-11-21 08:00Z: x", "x", true },
		{ "- 2026-11-21T08:00:00Z x", "x", true },
		{ "- 2026-02-30: x", "2026-02-30: x", false },
		{ "- 2026-11-211: x", "2026-11-211: x", false },
		{ "- x 2026-11-21", "x 2026-11-21", false },
		{ "- **x** y", "**x** y", false },
		{ "-", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(memory_clear) struct memory m = { 0 };

		assert_int_equal(memory_parse(span_of(rows[i].item), &m, NULL), 0);
		assert_int_equal(m.entry_count, 1);
		if (!span_equal(m.entries[0].text, span_of(rows[i].text)))
			fail_msg("%s: \"%.*s\"", rows[i].item, (int)m.entries[0].text.length,
				 m.entries[0].text.data);
		assert_int_equal(m.entries[0].day, rows[i].dated ? DAY(2026, 11, 21) : INT64_MIN);
	}
}

static void test_shapes(void **state)
{
	static const char text[] = "---\ntitle: x\n---\n"
				   "stray text\n"
				   "\n"
				   "# Memory\n"
				   "## Recent\n"
				   "### 2026-04-10 - a trip\n"
				   "- undated\n"
				   "```\n- not an entry\n## no heading\n```\n"
				   "<!--\n- hidden\n-->\n"
				   "## Unknown\n"
				   "- kept\n";
	CLEANUP(memory_clear) struct memory m = { 0 };

	(void)state;
	assert_int_equal(memory_parse(span_of(text), &m, NULL), 0);
	assert_int_equal(m.section_count, 5);
	assert_int_equal(m.entry_count, 2);
	assert_true(span_equal(m.sections[0].body, SPAN("stray text\n\n")));
	assert_int_equal(m.entries[0].layer, MEMORY_L0);
	assert_int_equal(m.entries[0].day, DAY(2026, 4, 10));
	assert_int_equal(m.entries[0].line, 9);
	assert_int_equal(m.entries[1].layer, MEMORY_OTHER);
}

static void test_words(void **state)
{
	static const struct {
		const char *words, *expect;
	} rows[] = {
		{ "  a\n\n b\tc \r\n", "a b c" },
		{ "a\x01\x1b[31mb", "a [31mb" },
		{ "caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xC3\xA9 \xF0\x9F\x98\x80" },
		{ "bad \xFF byte", "bad \xEF\xBF\xBD byte" },
		{ "a\xE2\x80\xA8# b", "a # b" },
		{ "a\xE2\x80\xAE"
		  "b",
		  "a b" },
		{ "see <!-- this", "see \\<!-- this" },
		{ "", NULL },
		{ " \n\t\x01", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);
		int result = memory_entry_text(span_of(rows[i].words), &out, NULL);

		assert_int_equal(result, rows[i].expect ? 0 : -(int)ERROR_INVALID);
		if (rows[i].expect)
			assert_string_equal(out.data, rows[i].expect);
	}
}

static void test_long_words(void **state)
{
	CLEANUP(buffer_clear) struct buffer words = BUFFER(9000), out = BUFFER(9000);

	(void)state;
	buffer_append_text(&words, "x");
	for (int i = 0; i < 2000; i++)
		buffer_append_text(&words, "é");
	assert_int_equal(memory_entry_text(buffer_span(&words), &out, NULL), 0);
	assert_true(out.length <= MEMORY_ENTRY_MAX && out.length >= MEMORY_ENTRY_MAX - 3);
	assert_true(utf8_valid(buffer_span(&out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_article), cmocka_unit_test(test_layers),
		cmocka_unit_test(test_days),    cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_words),   cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL) + run_append();
}
