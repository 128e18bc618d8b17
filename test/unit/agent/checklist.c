#include "suite.h"

static const char file[] = "---\nevery: 30m\n---\n"
			   "# HEARTBEAT.md\n"
			   "Be brief.\n"
			   "\n"
			   "## Inbox (every 2 hours)\n"
			   "- [ ] check mail <!-- the new one --> now\n"
			   "<!--\n"
			   "- switched off\n"
			   "-->\n"
			   "```\n"
			   "<!-- kept -->\n"
			   "## kept\n"
			   "```\n"
			   "### Step 2\n"
			   "1. answer\n"
			   "### Digest (Daily 18:00)\n"
			   "- digest\n"
			   "## Rules\n"
			   "- polite\n"
			   "## On Every Session Start\n"
			   "- Load MEMORY.md\n"
			   "## Weekly (Monday 09:00)\n"
			   "nothing\n";

#define STANDING "Be brief.\n\n## Rules\n- polite"
#define INBOX "- [ ] check mail now\n```\n<!-- kept -->\n## kept\n```\n### Step 2\n1. answer"
#define START "- Load MEMORY.md"

static void test_sections(void **state)
{
	static const struct {
		const char *key, *standing, *start, *items;
		bool nothing;
	} rows[] = {
		{ "Inbox", STANDING, START, INBOX, false },
		{ "Inbox/Digest", STANDING, START, "- digest", false },
		{ "Rules", "Be brief.", START, "- polite", false },
		{ "@on every session start", STANDING, "", "- Load MEMORY.md", false },
		{ "@weekly", STANDING, START, "nothing", true },
		{ NULL, STANDING, START,
		  "## Inbox (every 2 hours)\n" INBOX "\n### Digest (Daily 18:00)\n- digest\n"
		  "## Weekly (Monday 09:00)\nnothing",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(checklist_clear) struct checklist c = { 0 };

		assert_int_equal(heartbeats_checklist(span_of(file), rows[i].key, NULL, &c, NULL),
				 0);
		assert_string_equal(c.items, rows[i].items);
		assert_string_equal(c.standing, rows[i].standing);
		assert_string_equal(c.session_start, rows[i].start);
		assert_int_equal(c.nothing_to_do, rows[i].nothing);
	}
}

static void test_whole_file(void **state)
{
	static const struct {
		const char *file, *items;
		bool nothing;
	} rows[] = {
		{ "# Heartbeat\n\nIntro.\n\n## Mail\n- a\n", "Intro.\n\n## Mail\n- a", false },
		{ "- a\n- b", "- a\n- b", false },
		{ "- a\n## On Session Start\n- s\n", "- a", false },
		{ "# Only a title\n", "", true },
		{ "", "", true },
		{ "<!-- - a -->\n", "", true },
		{ "- nothing\n", "- nothing", true },
		{ "## Heartbeat\n- a\n## Mail\n- b\n", "## Heartbeat\n- a\n## Mail\n- b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(checklist_clear) struct checklist c = { 0 }, all = { 0 };

		assert_int_equal(
			heartbeats_checklist(span_of(rows[i].file), "Heartbeat", NULL, &c, NULL),
			0);
		assert_int_equal(
			heartbeats_checklist(span_of(rows[i].file), NULL, NULL, &all, NULL), 0);
		assert_string_equal(c.items, rows[i].items);
		assert_string_equal(all.items, rows[i].items);
		assert_string_equal(c.standing, "");
		assert_int_equal(c.nothing_to_do, rows[i].nothing);
	}
}

/* A section that runs on its last good schedule is still found by its key. */
static void test_broken(void **state)
{
	CLEANUP(checklist_clear) struct checklist c = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(heartbeats_checklist(SPAN("## Mail (bananas)\n- a\n## Hourly\n- b\n"),
					      "Mail", NULL, &c, &error),
			 0);
	assert_string_equal(c.items, "- a");
	checklist_clear(&c);
	assert_int_equal(
		heartbeats_checklist(SPAN("## Mail (25:99)\n- a\n"), "Mail", NULL, &c, &error), 0);
	assert_string_equal(c.items, "- a");
	assert_int_equal(heartbeats_checklist(SPAN("## Hourly\n- b\n"), "Mail", NULL, &c, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_non_null(strstr(error.message, "Mail"));
}

static void test_bulletin(void **state)
{
	static const struct {
		const char *text;
		bool names;
	} rows[] = {
		{ "- Check BULLETIN.md for news", true },
		{ "- read the bulletin board", true },
		{ "- Lies das Schwarze Brett", true },
		{ "- 查看公告", true },
		{ "- Проверь бюллетень", true },
		{ "- lee el BOLETÍN", true },
		{ "- 掲示板を確認する", true },
		{ "- check mail", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(checklist_clear) struct checklist c = { 0 };

		assert_int_equal(heartbeats_checklist(span_of(rows[i].text), NULL, NULL, &c, NULL),
				 0);
		if (checklist_names_bulletin(&c) != rows[i].names)
			fail_msg("%s", rows[i].text);
	}
}

int run_checklist(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bulletin),
	};

	return cmocka_run_group_tests_name("agent checklist", tests, NULL, NULL);
}
