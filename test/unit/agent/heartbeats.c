#include "suite.h"

/* Shapes of HEARTBEAT.md as people write them, and the beats in each. */
static const struct row {
	const char *name, *file, *beats, *found;
} rows[] = {
	{ "nothing", "", "", "" },
	{ "template",
	  "# HEARTBEAT.md\n\n# Keep this file empty (or with only comments) to skip calls.\n\n"
	  "# Add tasks below when you want something checked.\n# - Check my email\n# 1. Clean up\n"
	  "# every 5 minutes, keep it light\n",
	  "", "" },
	{ "template as text",
	  "# HEARTBEAT.md Template\n\nKeep this file empty (or with only comments) to skip heartbeat API "
	  "calls.\n\nAdd tasks below when you want the agent to check something periodically.\n",
	  "", "" },
	{ "fenced template",
	  "```markdown\n# HEARTBEAT.md\n\n# Keep empty\n# every 5 minutes\n```\n", "", "" },
	{ "fence with work", "```\n- check mail\n```\n", "1 Heartbeat: every heartbeat", "" },
	{ "headings only", "# A\n## Every 30 minutes checks\n### B\n",
	  "2 checks: every 30 minutes empty", "" },
	{ "commented out", "<!--\n## Nightly (23:00)\n- x\n-->\n", "", "" },
	{ "one commented out", "## Hourly\n- x\n<!-- ## Nightly (23:00)\n- y -->\n",
	  "1 @hourly: every hour", "" },
	{ "says nothing", "# Heartbeat\n\nNo tasks configured.\n", "", "" },
	{ "retired", "Heartbeats retired.\n\nReply ONLY with HEARTBEAT_OK.\n", "", "" },
	{ "chinese nothing", "# 心跳\n\n- 暂无任务\n", "", "" },
	{ "plain list", "- check mail\n- check calendar\n", "1 Heartbeat: every heartbeat", "" },
	{ "title and list", "# Heartbeat\n\n- check mail\n", "1 Heartbeat: every heartbeat", "" },
	{ "sections without schedules", "# H\n## Mail\n- a\n## Rules\n- b\n",
	  "2 Heartbeat: every heartbeat", "" },
	{ "article",
	  "# HEARTBEAT.md — Scheduled Tasks\n\n## Daily (07:00)\n- a\n\n## Weekly (Monday 09:00)\n- b\n\n"
	  "## On Every Session Start\n- c\n",
	  "3 @daily: daily 07:00; 6 @weekly: weekly mon 09:00; 9 @on every session start: on session start",
	  "" },
	{ "unscheduled is context", "## Inbox (every 2 hours)\n- a\n## Rules\n- b\n",
	  "1 Inbox: every 2 hours; 3 Rules: none", "" },
	{ "children inherit", "## Inbox (every 2 hours)\n### Step 1\n- a\n### Step 2\n- b\n",
	  "1 Inbox: every 2 hours", "" },
	{ "child with its own",
	  "## Inbox (every 2 hours)\n- a\n### Digest (Daily 18:00)\n- b\n#### How\n- c\n",
	  "1 Inbox: every 2 hours; 3 Inbox/Digest: daily 18:00", "" },
	{ "children only", "## Mail\n### Daily (07:00)\n- a\n### Hourly\n- b\n",
	  "2 Mail/@daily: daily 07:00; 4 Mail/@hourly: every hour", "" },
	{ "H1 sections", "# Daily check (07:00)\n- a\n# Weekly review (Monday 09:00)\n- b\n",
	  "1 check: daily 07:00; 3 review: weekly mon 09:00", "" },
	{ "H1 title with the only schedule",
	  "# Daily audit (07:00)\n## Step 1\n- a\n## Step 2\n- b\n", "1 audit: daily 07:00", "" },
	{ "H1 title beside schedules",
	  "# Heartbeat (every 5 minutes)\n## Daily (07:00)\n- a\n## Rules\n- b\n",
	  "2 @daily: daily 07:00; 4 Rules: none", "" },
	{ "empty section",
	  "## Daily (07:00)\n## Hourly\n- [ ]\n- \n## Weekly (Monday 09:00)\n- nothing\n",
	  "1 @daily: daily 07:00 empty; 2 @hourly: every hour empty; "
	  "5 @weekly: weekly mon 09:00 empty",
	  "" },
	{ "label",
	  "## Reports\n\n**Schedule:** every 2 hours\n- write\n## Other\n- Frequency: daily at 08:00\n",
	  "1 Reports: every 2 hours; 5 Other: daily 08:00", "" },
	{ "label with every", "## Reports\nEvery: 45 minutes\n", "1 Reports: every 45 minutes",
	  "" },
	{ "label too late",
	  "## A (Daily 07:00)\n- x\n## Reports\na\n\nb\nc\nSchedule: every 2 hours\n",
	  "1 A: daily 07:00; 3 Reports: none", "" },
	{ "log", "## Heartbeat - 2026-03-30T22:56Z\nok\n## Heartbeat - 2026-03-31 22:56\nok\n", "",
	  "1:1 warning heartbeat-log" },
	{ "dates beside schedules",
	  "## Hourly\n- x\n## 2026-03-30 22:56\n- y\n## 2026-03-31 22:56\n- z\n",
	  "1 @hourly: every hour; 3 2026-03-30 22:56: none; 5 2026-03-31 22:56: none", "" },
	{ "durations", "## Quick Checks (30 seconds)\n- x\n", "1 Heartbeat: every heartbeat", "" },
	{ "afternoon", "## Afternoon thoughts on noon\n- x\n## Daily (07:00)\n- y\n", NULL, "" },
	{ "duplicates",
	  "## Mail (hourly)\n- a\n## Mail (daily 07:00)\n- b\n## Daily (08:00)\n- c\n"
	  "## Daily (09:00)\n- d\n",
	  "1 Mail: every hour; 3 Mail#2: daily 07:00; 5 @daily: daily 08:00; 7 @daily#2: daily 09:00",
	  "" },
	{ "events", "## On bulletin\n- a\n## On file change (knowledge/)\n- b\n",
	  "1 @on bulletin: on bulletin; "
	  "3 @on file change knowledge: on file change knowledge/",
	  "" },
	{ "session start alone", "## On Every Session Start\n- a\n",
	  "1 @on every session start: on session start", "" },
	{ "session start and a list", "## On Every Session Start\n- a\n## Mail\n- b\n",
	  "3 Heartbeat: every heartbeat; 1 @on every session start: on session start", "" },
	{ "broken", "## Daily (07:00)\n- a\n## Weekly (Mox 09:00)\n- b\n",
	  "1 @daily: daily 07:00; 3 @weekly: none broken", "3:12 error schedule" },
	{ "broken behind marks", "---\nevery: 5m\n---\n## **Weekly** (Mox 09:00)\n- b\n",
	  "4 @weekly: none broken", "4:16 error schedule" },
	{ "broken label", "## Mail\n- Schedule: Weekly (Mox 09:00)\n", "1 Mail: none broken",
	  "2:21 error schedule" },
	{ "open comment", "## Hourly\n- a\n<!-- ## Daily (07:00)\n- b\n", "1 @hourly: every hour",
	  "3:1 error comment-open" },
	{ "open fence", "## Hourly\n- a\n```\n## Daily (07:00)\n- b\n", "1 @hourly: every hour",
	  "3:1 warning fence-open" },
	{ "placeholder", "## Hourly\n- ask {{name}}\n", "1 @hourly: every hour",
	  "2:7 warning placeholder" },
	{ "CRLF and BOM", "\xEF\xBB\xBF## Daily (07:00)\r\n- a\r\n", "1 @daily: daily 07:00", "" },
	{ "bad bytes", "## Daily (07:00)\n- \xFF\n", "1 @daily: daily 07:00",
	  "2:1 warning text-utf8" },
	{ "front matter", "---\nevery: 15m\n---\n- a\n", "4 Heartbeat: every heartbeat", "" },
	{ "chinese", "## 每天（9:00）\n- a\n## 每2小时\n- b\n",
	  "1 @每天: daily 09:00; 3 @每2小时: every 2 hours", "" },
	{ "every heartbeat", "## Mail (every heartbeat)\n- a\n## Weekly (Monday 09:00)\n- b\n",
	  "1 Mail: every heartbeat; 3 @weekly: weekly mon 09:00", "" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

		heartbeats_parse(span_of(rows[i].file), NULL, NULL, &beats, &found);
		if (rows[i].beats && strcmp(beats_text(&beats), rows[i].beats))
			fail_msg("%s: %s", rows[i].name, beats_text(&beats));
		if (strcmp(found_text(&found), rows[i].found))
			fail_msg("%s: %s", rows[i].name, found_text(&found));
	}
}

static void test_front_matter(void **state)
{
	CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };

	(void)state;
	heartbeats_parse(
		SPAN("---\ntimezone: Asia/Taipei\nevery: 15m\nactive_hours: 08:00-22:00\n"
		     "when: always\ndaily_at: 6\n---\n## Daily\n- a\n## Quiet Hours (20:00-10:00)\n"),
		NULL, NULL, &beats, NULL);
	assert_string_equal(beats.zone, "Asia/Taipei");
	assert_int_equal(beats.tick_s, 900);
	assert_true(beats.has_active_hours);
	assert_int_equal(beats.active_begin, 8 * 60);
	assert_int_equal(beats.active_end, 22 * 60);
	assert_int_equal(beats.when, WHEN_ALWAYS);
	assert_string_equal(beats_text(&beats), "8 @daily: daily 06:00");
}

static void test_gates(void **state)
{
	static const struct {
		const char *file;
		bool has;
		unsigned begin, end;
		const char *found;
	} gates[] = {
		{ "- a\n## Active Hours\n08:00-22:00\n", true, 480, 1320, "" },
		{ "- a\n## Active Hours (9am-5pm)\n", true, 540, 1020, "" },
		{ "- a\n## Quiet Hours\n- 23:00-08:00\n", true, 480, 1380, "" },
		{ "- a\n## Quiet Hours (23:00-08:00)\n- say nothing\n", true, 480, 1380, "" },
		{ "- a\n## Active Hours\n\n8:00 AM - 11:00 PM EST. Outside: HEARTBEAT_OK\n", true,
		  480, 1380, "" },
		{ "- a\n## Quiet Hours\nwhen I sleep\n", false, 0, 0, "2:1 warning gate-range" },
		{ "- a\n", false, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(gates); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

		heartbeats_parse(span_of(gates[i].file), NULL, NULL, &beats, &found);
		if (beats.has_active_hours != gates[i].has ||
		    beats.active_begin != gates[i].begin || beats.active_end != gates[i].end)
			fail_msg("%s: %u-%u", gates[i].file, beats.active_begin, beats.active_end);
		assert_string_equal(found_text(&found), gates[i].found);
		assert_string_equal(beats_text(&beats), "1 Heartbeat: every heartbeat");
	}
}

static void test_find(void **state)
{
	static const struct {
		const char *text, *heading;
	} finds[] = {
		{ "Daily", "Daily (07:00)" },
		{ "daily", "Daily (07:00)" },
		{ "07", "Daily (07:00)" },
		{ "digest", "Weekly digest" },
		{ "Rules", "Rules daily" },
		{ "", "Daily (07:00)" },
		{ "none", NULL },
	};
	CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };

	(void)state;
	heartbeats_parse(
		SPAN("## Rules daily\n- x\n## Daily (07:00)\n- a\n## Weekly digest\n- b\n"), NULL,
		NULL, &beats, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(finds); i++) {
		const struct heartbeat *beat = heartbeats_find(&beats, span_of(finds[i].text));

		if (finds[i].heading)
			assert_string_equal(beat->heading, finds[i].heading);
		else
			assert_null(beat);
	}
}

static void test_large(void **state)
{
	CLEANUP(buffer_clear) struct buffer file = BUFFER(2 * AGENT_FILE_MAX);
	CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
	CLEANUP(heartbeats_clear) struct heartbeats none = { 0 };
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++)
		buffer_printf(&file, "## Job %d (every %d minutes)\n- x\n", i, i + 1);
	heartbeats_parse(buffer_span(&file), NULL, NULL, &beats, &found);
	assert_int_equal(beats.count, AGENT_HEARTBEATS_MAX);
	assert_non_null(strstr(found_text(&found), "heartbeat-many"));
	while (file.length <= AGENT_FILE_MAX)
		buffer_append(&file,
			      SPAN("<!-- `x` -->`<!---->` text that fills the file up, `` \n"));
	diagnostics_clear(&found);
	heartbeats_parse(buffer_span(&file), NULL, NULL, &none, &found);
	assert_int_equal(none.count, 0);
	assert_string_equal(found_text(&found), "0:0 error heartbeat-size");
}

int run_heartbeats(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_front_matter),
		cmocka_unit_test(test_gates),  cmocka_unit_test(test_find),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("agent heartbeats", tests, NULL, NULL);
}
