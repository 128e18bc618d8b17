/* Canonical text: parse(print(s)) == s, and print(parse(text)) == text. */
#include "random.h"
#include "reading.h"

static void canonical_texts_stand_for_themselves(void **state)
{
	static const char *const rows[] = {
		"none",
		"daily 07:00",
		"daily 09:00,21:00",
		"daily 00:00 in jan,jul Europe/Berlin",
		"weekly mon 09:00",
		"weekly mon-fri 09:00",
		"weekly sun,sat 10:00",
		"weekly mon,wed,fri 08:00",
		"monthly 1 09:00",
		"monthly 1,15,last 09:00",
		"monthly last 18:30",
		"monthly first mon 09:00",
		"monthly last fri 16:00",
		"monthly fifth sun,mon 09:00",
		"monthly 13 09:00 on fri",
		"monthly 1 09:00 in jan,apr,jul,oct",
		"yearly jan 1 09:00",
		"yearly dec 24,25 09:00",
		"monthly second tue 10:00 in mar",
		"every 2 weeks mon 09:00",
		"every 3 weeks tue,thu 10:00",
		"every 3 days 09:00",
		"every 3 days mon 09:00",
		"every 30 minutes",
		"every minute",
		"every hour",
		"every second",
		"every 90 minutes",
		"every 24 hours",
		"every 2 days",
		"every 7 days",
		"every 36 hours",
		"every 30 minutes from 08:00 to 22:00",
		"every 2 hours from 22:00 to 06:00 on mon-fri Asia/Taipei",
		"every hour on sat in aug",
		"every heartbeat",
		"every heartbeat from 08:00 to 22:00 on mon-fri",
		"cron */15 9-17 * * 1-5",
		"cron 0 9 1-7 * 1",
		"cron 0 9 */2 * 1",
		"cron * * * * *",
		"cron 5,20,35,50 * * * *",
		"cron 0 0 29 2 *",
		"cron 0 9 * 1,3-5 * Europe/Berlin",
		"cron 0 9 1-31/2 * 1",
		"once 2026-12-01 09:00",
		"once 2026-12-01 09:00 UTC",
		"once 2026-12-01 09:00:30",
		"once 1969-07-20 20:17",
		"once",
		"on session start",
		"on session end",
		"on startup",
		"on bulletin",
		"on task",
		"on message",
		"on file change",
		"on file change knowledge/",
		"on file change knowledge/a b/*.md",
		"on file change 知识/",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char text[SCHEDULE_PRINT_SIZE];
		struct error error = { 0 };
		struct schedule s;

		print_message("  %s\n", rows[i]);
		if (schedule_parse(span_of(rows[i]), &s, &error) < 0)
			fail_msg("%s", error.message);
		assert_string_equal(schedule_print(&s, text), rows[i]);
	}
}

static void other_texts_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"Daily 07:00",
		"daily",
		"daily 7:00",
		"daily 24:00",
		"daily 07:60",
		"daily 09:00,08:00",
		"daily 09:00,09:00",
		"daily 07:00 x",
		"daily 07:00 europe/berlin",
		"weekly 09:00",
		"weekly mox 09:00",
		"weekly sun-sat 09:00",
		"weekly mon",
		"weekly fri-mon 09:00",
		"monthly 09:00",
		"monthly 0 09:00",
		"monthly 32 09:00",
		"monthly first 09:00",
		"monthly sixth mon 09:00",
		"yearly 1 09:00",
		"yearly jan 09:00",
		"every",
		"every 0 minutes",
		"every 30",
		"every fortnight",
		"every 400 days",
		"every 2 weeks 09:00",
		"every 2 hours 09:00",
		"every 2 days from 08:00 to 22:00",
		"every 24 hours on mon",
		"every day 09:00",
		"every 30 minutes from 08:00",
		"every 30 minutes from 08:00 to 08:00",
		"every 30 minutes from 8:00 to 22:00",
		"cron",
		"cron * * * *",
		"cron 60 * * * *",
		"cron 0 9 * * MOX",
		"once 2026-02-30 09:00",
		"once 2026-12-01",
		"once 09:00",
		"once 2026-12-01 25:00",
		"on",
		"on session",
		"on crash",
		"on file change /etc",
		"on file change ../x",
		"on file change a/../../b",
		"on bulletin UTC",
		"none 07:00",
		"daily 00:00,01:00,02:00,03:00,04:00,05:00,06:00,07:00,08:00,09:00,10:00,11:00,12:00",
		"daily 07:00 Europe/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"daily 07:00 in jan-dec",
		"on file change aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct schedule s = { .kind = 99 };
		struct error error = { 0 };

		print_message("  %s\n", rows[i]);
		assert_int_equal(schedule_parse(span_of(rows[i]), &s, &error), -ERROR_INVALID);
		assert_int_equal(s.kind, 99);
		assert_true(error.message[0]);
	}
}

/* Cron's many spellings come down to one. */
static void cron_is_normalised(void **state)
{
	static const struct {
		const char *cron, *canonical; /* NULL: refused */
	} rows[] = {
		{ "0 9 * * MON-FRI", "cron 0 9 * * 1-5" },
		{ "0 9 * JAN,dec *", "cron 0 9 * 1,12 *" },
		{ "0 9 * * 7", "cron 0 9 * * 0" },
		{ "0 9 * * 5-7", "cron 0 9 * * 0,5,6" },
		{ "0 9 * * SAT-SUN", "cron 0 9 * * 0,6" },
		{ "0 9 * * sun-tue", "cron 0 9 * * 0-2" },
		{ "0-59 0-23 1-31 1-12 0-6", "cron * * * * *" },
		{ "*/1 * * * *", "cron * * * * *" },
		{ "0,15,30,45 * * * *", "cron */15 * * * *" },
		{ "5/15 * * * *", "cron 5,20,35,50 * * * *" },
		{ "0 9 1-31 * 1", "cron 0 9 * * *" },
		{ "0 9 1 * 0-6", "cron 0 9 * * *" },
		{ "0 9 * * 0-6/2", "cron 0 9 * * */2" },
		{ "0 9 13 * 5", "cron 0 9 13 * 5" },
		{ "0 9 */2 * 5", "cron 0 9 */2 * 5" },
		{ "10-20/5 8 * * *", "cron 10,15,20 8 * * *" },
		{ "0 9 ? * 1", "cron 0 9 * * 1" },
		{ "0 24 * * *", NULL },
		{ "0 9 0 * *", NULL },
		{ "0 9 * 13 *", NULL },
		{ "0 9 * * 8", NULL },
		{ "*/0 * * * *", NULL },
		{ "1-", NULL },
		{ "0 9 * * *  *", NULL },
		{ "0 9 5-1 * *", NULL },
		{ "0 9 , * *", NULL },
		{ "0 9 1, * *", NULL },
		{ "-1 9 * * *", NULL },
		{ "0 9 * * 1x", NULL },
		{ "9999999999 9 * * *", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char heading[100], text[SCHEDULE_PRINT_SIZE];
		struct schedule s;
		struct span title;
		enum schedule_reading reading;

		print_message("  %s\n", rows[i].cron);
		snprintf(heading, sizeof(heading), "Cron (%s)", rows[i].cron);
		reading = schedule_read_heading(span_of(heading), NULL, 1, &s, &title, NULL, NULL);
		assert_int_equal(title.length, 0);
		assert_int_equal(reading,
				 rows[i].canonical ? SCHEDULE_READ_OK : SCHEDULE_READ_BROKEN);
		if (rows[i].canonical)
			assert_string_equal(schedule_print(&s, text), rows[i].canonical);
	}
}

static void random_schedules_come_back(void **state)
{
	static const char *const zones[] = { "", "", "", "Europe/Berlin", "UTC", "Etc/GMT-8" };

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct schedule s = random_schedule(false), again;
		char text[SCHEDULE_PRINT_SIZE];
		struct error error = { 0 };

		snprintf(s.zone, sizeof(s.zone), "%s", zones[pick(ARRAY_LENGTH(zones))]);
		schedule_print(&s, text);
		if (schedule_parse(span_of(text), &again, &error) < 0 ||
		    !schedule_equal(&s, &again))
			fail_msg("%s: %s", text, error.message);
	}
}

/* A person may write canonical text into a heading: it means the same there. */
static void canonical_text_is_a_heading_too(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct schedule s = random_schedule(true), read = { 0 };
		char text[SCHEDULE_PRINT_SIZE], other[SCHEDULE_PRINT_SIZE];
		struct error error = { 0 };

		schedule_print(&s, text);
		if (schedule_read_label(span_of(text), NULL, 1, &read, NULL, &error) ==
			    SCHEDULE_READ_BROKEN &&
		    strstr(error.message, "never comes"))
			continue;
		if (!schedule_equal(&s, &read))
			fail_msg("\"%s\" is read as \"%s\": %s", text, schedule_print(&read, other),
				 error.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_texts_stand_for_themselves),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(cron_is_normalised),
		cmocka_unit_test(random_schedules_come_back),
		cmocka_unit_test(canonical_text_is_a_heading_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
