/* Sections keep what they are, and their last good schedules, across edits. */
#include "suite.h"

static const struct row {
	const char *name, *before, *after, *beats;
} rows[] = {
	{ "one broken, the others change", "## Daily (07:00)\n- a\n## Weekly (Monday 09:00)\n- b\n",
	  "## Daily (08:00)\n- a\n## Weekly (Mox 09:00)\n- b\n",
	  "1 @daily: daily 08:00; 3 @weekly: weekly mon 09:00 broken" },
	{ "broken from the start", "## Weekly (Mox 09:00)\n- b\n", "## Weekly (Moy 09:00)\n- b\n",
	  "1 @weekly: none broken" },
	{ "still broken", "## Mail (every 30 minutes)\n- b\n", "## Mail (Weekly Mox)\n- b\n",
	  "1 Mail: every 30 minutes broken" },
	{ "words in the place of a schedule", "## Mail (hourly)\n- a\n## Daily (07:00)\n- b\n",
	  "## Mail (bananas)\n- a\n## Daily (08:00)\n- b\n",
	  "1 Mail: every hour broken; 3 @daily: daily 08:00" },
	{ "schedule taken out", "## Mail (hourly)\n- a\n## Daily (07:00)\n- b\n",
	  "## Mail\n- a\n## Daily (07:00)\n- b\n", "1 Mail: none; 3 @daily: daily 07:00" },
	{ "words that never were a schedule", "## Mail (bananas)\n- a\n## Daily (07:00)\n- b\n",
	  "## Mail (apples)\n- a\n## Daily (07:00)\n- b\n",
	  "1 Mail (apples): none; 3 @daily: daily 07:00" },
	{ "broken with others moved about", "## Daily (07:00)\n- a\n## Mail (hourly)\n- b\n",
	  "## Mail (Weekly Mox)\n- b\n## Every 2 hours\n- c\n## Daily (07:00)\n- a\n",
	  "1 Mail: every hour broken; 3 @every: every 2 hours; 5 @daily: daily 07:00" },
	{ "renamed and broken, by its place", "## Daily (07:00)\n- a\n## Mail (hourly)\n- b\n",
	  "## Daily (07:00)\n- a\n## Post (evry 2 hours)\n- b\n",
	  "1 @daily: daily 07:00; 3 Post: every hour broken" },
	{ "not from one that lives on", "## Daily (07:00)\n- a\n",
	  "## Daily (25:99)\n- new\n## Daily (07:00)\n- a\n", NULL },
};

static void test_lending(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats before = { 0 }, after = { 0 };

		heartbeats_parse(span_of(rows[i].before), NULL, NULL, &before, NULL);
		heartbeats_parse(span_of(rows[i].after), &before, NULL, &after, NULL);
		if (rows[i].beats && strcmp(beats_text(&after), rows[i].beats))
			fail_msg("%s: %s", rows[i].name, beats_text(&after));
	}
}

/* What was lent is lent on while the section stays broken, and the message says so. */
static void test_lent_twice(void **state)
{
	CLEANUP(heartbeats_clear) struct heartbeats good = { 0 }, broken = { 0 }, again = { 0 };
	CLEANUP(heartbeats_clear) struct heartbeats mended = { 0 };
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	heartbeats_parse(SPAN("## Weekly (Monday 09:00)\n- a\n"), NULL, NULL, &good, NULL);
	heartbeats_parse(SPAN("## Weekly (Mox 09:00)\n- a\n"), &good, NULL, &broken, NULL);
	heartbeats_parse(SPAN("## Weekly (Mox 09:00)\n- a\n"), &broken, NULL, &again, &found);
	assert_string_equal(beats_text(&again), "1 @weekly: weekly mon 09:00 broken");
	assert_non_null(strstr(found.items[0].message, "Mox"));
	assert_non_null(strstr(found.items[0].message, "weekly mon 09:00"));
	heartbeats_parse(SPAN("## Weekly (Tuesday 09:00)\n- a\n"), &again, NULL, &mended, NULL);
	assert_string_equal(beats_text(&mended), "1 @weekly: weekly tue 09:00");
}

/* Sections put above or below do not change which section is which. */
static void test_keys(void **state)
{
	static const char *const files[] = {
		"## Daily (07:00)\n- a\n",
		"## Every 2 hours\n- b\n## Daily (07:00)\n- a\n",
		"# Title\nText.\n## Rules\n- x\n## Daily (09:30)\n- a\n## Hourly\n- c\n",
		"## Weekly (Mox 09:00)\n- a\n\n## Daily (07:00)\n- a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
		const struct heartbeat *beat;

		heartbeats_parse(span_of(files[i]), NULL, NULL, &beats, NULL);
		beat = heartbeats_find(&beats, SPAN("Daily"));
		assert_non_null(beat);
		assert_string_equal(beat->key, "@daily");
	}
}

static void test_content(void **state)
{
	static const struct {
		const char *file;
		bool same;
	} contents[] = {
		{ "# T\n\n## Daily (07:00)\n- a\n", true },
		{ "## Hourly\n- z\n## Daily (07:00)\n- a\n<!-- c -->\n", true },
		{ "## Daily (07:00)\n- b\n", false },
		{ "## Daily (07:01)\n- a\n", false },
	};
	CLEANUP(heartbeats_clear) struct heartbeats first = { 0 };

	(void)state;
	heartbeats_parse(SPAN("## Daily (07:00)\n- a\n"), NULL, NULL, &first, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(contents); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };

		heartbeats_parse(span_of(contents[i].file), NULL, NULL, &beats, NULL);
		assert_int_equal(heartbeats_find(&beats, SPAN("Daily"))->content ==
					 first.items[0].content,
				 contents[i].same);
	}
}

int run_sections(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lending),
		cmocka_unit_test(test_lent_twice),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests_name("agent sections", tests, NULL, NULL);
}
