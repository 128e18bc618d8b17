/* What `check` is told about headings that were understood, or nearly; gates, ranges, durations. */
#include "reading.h"

static void hints_are_given(void **state)
{
	static const struct {
		const char *heading, *code; /* NULL: no hint at all */
	} rows[] = {
		{ "Daily (07:00)", NULL },
		{ "Inbox", NULL },
		{ "Every 30 minutes", NULL },
		{ "Every heartbeat", NULL },
		{ "Daily", "schedule-assumed" },
		{ "Weekly (Monday)", "schedule-assumed" },
		{ "Morning (8-10 AM)", "schedule-assumed" },
		{ "Every 4 hours during waking hours", "schedule-assumed" },
		{ "Every 5 seconds", NULL },
		{ "Cron (0 9 1-7 * 1)", "schedule-cron-days" },
		{ "Daily (09:00 CST)", "schedule-zone-ambiguous" },
		{ "Daily (09:00 IST)", "schedule-zone-ambiguous" },
		{ "Daily (09:00 PT)", "schedule-zone-ambiguous" },
		{ "Daily (09:00 EST)", "schedule-zone" },
		{ "Daily (09:00 UTC)", NULL },
		{ "Daily (09:00 UTC+8)", NULL },
		{ "Quick Checks (30 seconds)", "schedule-duration" },
		{ "Sync (2026-03-30 22:56)", "schedule-dated" },
		{ "Every 2-4 hours", "schedule-vague" },
		{ "Every ~6 hours", "schedule-vague" },
		{ "Every 4+ hours", "schedule-vague" },
		{ "Every 2 hours: 10AM, 2PM", "schedule-conflict" },
		{ "4x/day: 10:00, 14:00", "schedule-conflict" },
		{ "Weekly (every heartbeat)", "schedule-conflict" },
		{ "Run once", "schedule-once" },
		{ "On Agent Crash", "schedule-event" },
		{ "Cron: [TODO cron-name]", "schedule-placeholder" },
		{ "Dialy", "schedule-slip" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "HEARTBEAT.md" };
		struct schedule s;
		struct span title;

		print_message("  %s\n", rows[i].heading);
		schedule_read_heading(span_of(rows[i].heading), NULL, 12, &s, &title, &found, NULL);
		if (!rows[i].code) {
			assert_int_equal(found.count, 0);
			continue;
		}
		assert_true(found.count > 0);
		assert_string_equal(found.items[found.count - 1].code, rows[i].code);
		assert_int_equal(found.items[0].line, 12);
	}
}

static void quiet_means_no_hints(void **state)
{
	static const char *const rows[] = { "Daily", "Cron (0 9 1-7 * 1)", "Run once",
					    "On Agent Crash" };
	const struct schedule_options options = { .daily_hour = 9, .quiet = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
		struct schedule s;
		struct span title;

		schedule_read_heading(span_of(rows[i]), &options, 1, &s, &title, &found, NULL);
		assert_int_equal(found.count, 0);
	}
}

static void the_daily_hour_is_a_setting(void **state)
{
	static const struct {
		const char *heading, *canonical;
	} rows[] = {
		{ "Daily", "daily 06:00" },       { "Weekly", "weekly mon 06:00" },
		{ "Monthly", "monthly 1 06:00" }, { "Yearly", "yearly jan 1 06:00" },
		{ "Nightly", "daily 23:00" },     { "Morning", "daily 08:00" },
	};
	const struct schedule_options options = { .daily_hour = 6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char text[SCHEDULE_PRINT_SIZE];
		struct schedule s;
		struct span title;

		schedule_read_heading(span_of(rows[i].heading), &options, 1, &s, &title, NULL,
				      NULL);
		assert_string_equal(schedule_print(&s, text), rows[i].canonical);
		assert_true(s.assumed);
	}
}

/* The heading path must not change when only the schedule is edited. */
static void an_edit_keeps_the_title(void **state)
{
	static const char *const groups[][6] = {
		{ "Weekly (Monday 09:00)", "Weekly (Mox 09:00)", "Weekly (Tuesday)",
		  "Daily (25:00)", "Cron (0 8:20 * * MON-FRI)", "Once (2026-02-30 09:00)" },
		{ "Inbox (every 30 min)", "Inbox (evry 30 min)", "Inbox (daily)",
		  "Inbox - every 2 hours", "Every 2 hours: Inbox", "Daily Inbox (09:00)" },
		{ "Weekly Report (Monday)", "Weekly Report (Mox 09:00)",
		  "Daily Report (Mondy 09:00)", "Weekly Report", "Report (every N hours)",
		  "Every few days: Report" },
	};

	(void)state;
	for (size_t g = 0; g < ARRAY_LENGTH(groups); g++)
		for (size_t i = 0; i < ARRAY_LENGTH(groups[g]); i++) {
			struct schedule s;
			struct span title, first;

			schedule_read_heading(span_of(groups[g][0]), NULL, 1, &s, &first, NULL,
					      NULL);
			schedule_read_heading(span_of(groups[g][i]), NULL, 1, &s, &title, NULL,
					      NULL);
			if (!span_equal(first, title))
				fail_msg("\"%s\": title \"%.*s\"", groups[g][i], (int)title.length,
					 title.data);
		}
}

static void gates_are_known(void **state)
{
	static const struct {
		const char *heading;
		bool gate, quiet;
		uint16_t begin, end;
	} rows[] = {
		{ "Active Hours", true, false, 0, 0 },
		{ "Active Hours (8 AM - midnight)", true, false, 480, 0 },
		{ "Quiet Hours (23:00-08:00)", true, true, 1380, 480 },
		{ "🌙 Quiet hours: 11pm–7am", true, true, 1380, 420 },
		{ "静默时间 23:00-08:00", true, true, 1380, 480 },
		{ "Daily (07:00)", false, false, 0, 0 },
		{ "Notes", false, false, 0, 0 },
		{ "", false, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		bool quiet = false;
		uint16_t begin = 0, end = 0;

		print_message("  %s\n", rows[i].heading);
		assert_int_equal(schedule_read_gate(span_of(rows[i].heading), &quiet, &begin, &end),
				 rows[i].gate);
		assert_int_equal(quiet, rows[i].quiet);
		assert_int_equal(begin, rows[i].begin);
		assert_int_equal(end, rows[i].end);
	}
}

static void ranges_are_read(void **state)
{
	static const struct {
		const char *text;
		int begin, end; /* -1: refused */
	} rows[] = {
		{ "08:00-22:00", 480, 1320 },
		{ "8-22", 480, 1320 },
		{ "8 AM - midnight", 480, 0 },
		{ "8-10 AM", 480, 600 },
		{ "11-1 PM", 660, 780 },
		{ "12-2 PM", 720, 840 },
		{ "6-8pm", 1080, 1200 },
		{ "10AM-10PM", 600, 1320 },
		{ "23:00–07:00", 1380, 420 },
		{ "from 9 to 17", 540, 1020 },
		{ "9-5", 540, 1020 },
		{ "9 bis 17 Uhr", 540, 1020 },
		{ "08：00～22：00", 480, 1320 },
		{ "", -1, -1 },
		{ "always", -1, -1 },
		{ "25:00-26:00", -1, -1 },
		{ "08:00", -1, -1 },
		{ "08:00-22:00 x", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct error error = { 0 };
		uint16_t begin = 0, end = 0;
		int r = schedule_parse_range(span_of(rows[i].text), &begin, &end, &error);

		print_message("  %s\n", rows[i].text);
		assert_int_equal(r, rows[i].begin < 0 ? -ERROR_INVALID : 0);
		if (!r) {
			assert_int_equal(begin, rows[i].begin);
			assert_int_equal(end, rows[i].end);
		}
	}
}

/* Whatever stands in a heading: an answer, and a title that lies inside it. */
static void odd_bytes_are_survived(void **state)
{
	static const char *const pieces[] = {
		"Daily", "(",      ")",        " ",    "every", "30",    "min",        ":",
		"-",     "\xFF",   "（",       "每",   "周一",  "9",     "am",         "/",
		",",     "[",      "]",        "cron", "*",     "once",  "2026-12-01", "first",
		"of",    "month",  "\xE4\xBD", "UTC+", "99",    "x/day", "00",         "on",
		"file",  "change", "~",        "T",    "\0"
	};
	uint32_t random = 7;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char text[256];
		size_t length = 0;
		struct schedule s;
		struct span title, heading;

		for (unsigned k = 0; k < 2 + i % 14; k++) {
			const char *piece;

			random = random * 1664525 + 1013904223;
			piece = pieces[(random >> 12) % ARRAY_LENGTH(pieces)];
			memcpy(text + length, piece, strlen(piece));
			length += strlen(piece);
			if (random >> 9 & 1)
				text[length++] = ' ';
		}
		heading = (struct span){ text, length };
		if (schedule_read_heading(heading, NULL, 1, &s, &title, NULL, NULL) ==
		    SCHEDULE_READ_OK)
			check_canonical(&s);
		assert_true(title.data >= text && title.data + title.length <= text + length);
		if (schedule_read_label(heading, NULL, 1, &s, NULL, NULL) == SCHEDULE_READ_OK)
			check_canonical(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_are_given),
		cmocka_unit_test(quiet_means_no_hints),
		cmocka_unit_test(the_daily_hour_is_a_setting),
		cmocka_unit_test(an_edit_keeps_the_title),
		cmocka_unit_test(gates_are_known),
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(odd_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
