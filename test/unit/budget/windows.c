#include "suite.h"

#include <stdio.h>

static int64_t wall_at(const struct zone *zone, int64_t at)
{
	return at + zone_offset(zone, at);
}

static int64_t instant(const char *text)
{
	int64_t at = 0;

	assert_int_equal(instant_parse(span_of(text), &at), 0);
	return at;
}

static void test_rows(void **state)
{
	static const struct {
		const char *zone, *now, *hour, *hour_ends, *day, *day_ends;
	} rows[] = {
		{ "UTC", "2026-11-21T12:34:56Z", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z",
		  "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z" },
		{ "UTC", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z",
		  "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z" },
		{ "UTC", "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z",
		  "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z" },
		/* half hours and quarters */
		{ "Asia/Kolkata", "2026-11-21T12:29:59Z", "2026-11-21T11:30:00Z",
		  "2026-11-21T12:30:00Z", "2026-11-20T18:30:00Z", "2026-11-21T18:30:00Z" },
		{ "Asia/Kathmandu", "2026-11-21T12:14:59Z", "2026-11-21T11:15:00Z",
		  "2026-11-21T12:15:00Z", "2026-11-20T18:15:00Z", "2026-11-21T18:15:00Z" },
		/* 23 and 25 hours */
		{ "Europe/Berlin", "2024-03-31T01:10:00Z", "2024-03-31T01:00:00Z",
		  "2024-03-31T02:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z" },
		{ "Europe/Berlin", "2024-10-27T00:30:00Z", "2024-10-27T00:00:00Z",
		  "2024-10-27T01:00:00Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z" },
		{ "Europe/Berlin", "2024-10-27T01:30:00Z", "2024-10-27T01:00:00Z",
		  "2024-10-27T02:00:00Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z" },
		{ "America/New_York", "2024-03-10T20:00:00Z", "2024-03-10T20:00:00Z",
		  "2024-03-10T21:00:00Z", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z" },
		{ "America/New_York", "2024-11-03T20:00:00Z", "2024-11-03T20:00:00Z",
		  "2024-11-03T21:00:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z" },
		/* Lord Howe's clock moves by half an hour: 02:00 becomes 01:30, and 02:30 */
		{ "Australia/Lord_Howe", "2024-04-06T15:10:00Z", "2024-04-06T14:00:00Z",
		  "2024-04-06T15:30:00Z", "2024-04-06T13:00:00Z", "2024-04-07T13:30:00Z" },
		{ "Australia/Lord_Howe", "2024-10-05T15:40:00Z", "2024-10-05T14:30:00Z",
		  "2024-10-05T16:00:00Z", "2024-10-05T13:30:00Z", "2024-10-06T13:00:00Z" },
		/* a midnight that is skipped, and one that comes twice */
		{ "Africa/Cairo", "2024-04-26T12:00:00Z", "2024-04-26T12:00:00Z",
		  "2024-04-26T13:00:00Z", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z" },
		{ "America/Havana", "2024-11-03T05:30:00Z", "2024-11-03T05:00:00Z",
		  "2024-11-03T06:00:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z" },
		/* at 00:01 back to 23:01: the new day goes on */
		{ "America/St_Johns", "2010-11-07T02:40:00Z", "2010-11-07T02:30:00Z",
		  "2010-11-07T03:30:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z" },
		{ "America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z",
		  "2010-11-07T03:30:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z" },
		/* a date that was skipped */
		{ "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-30T09:00:00Z",
		  "2011-12-30T10:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z" },
		{ "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
		  "2011-12-30T11:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(zone_free) struct zone *zone = load_zone(rows[i].zone);
		char hour[INSTANT_SIZE], hour_ends[INSTANT_SIZE], day[INSTANT_SIZE],
			day_ends[INSTANT_SIZE];
		_free_ char *shown = NULL, *wanted = NULL;
		struct budget_windows windows;

		budget_windows_at(zone, instant(rows[i].now), &windows);
		shown = xasprintf("%s at %s: hour %s to %s, day %s to %s", rows[i].zone,
				  rows[i].now, instant_print(windows.hour, hour),
				  instant_print(windows.hour_ends, hour_ends),
				  instant_print(windows.day, day),
				  instant_print(windows.day_ends, day_ends));
		wanted = xasprintf("%s at %s: hour %s to %s, day %s to %s", rows[i].zone,
				   rows[i].now, rows[i].hour, rows[i].hour_ends, rows[i].day,
				   rows[i].day_ends);
		assert_string_equal(shown, wanted);
	}
}

/* Minute by minute over a change of the clock, as somebody would who sits and watches it. */
static void watch_change(const struct zone *zone, int64_t change)
{
	int64_t from = change - change % 60 - 2 * DAY_S, until = from + 4 * DAY_S;
	int64_t hour = 0, day = 0, date = INT64_MIN;
	struct budget_windows before = { 0 }, windows;

	for (int64_t at = from; at < until; at += 60) {
		int64_t wall = wall_at(zone, at);

		if (wall % HOUR_S == 0)
			hour = at;
		if (wall / DAY_S > date) {
			day = date == INT64_MIN ? 0 : at;
			date = wall / DAY_S;
		}
		budget_windows_at(zone, at + (int64_t)pick(60), &windows);
		if (hour)
			assert_int_equal(windows.hour, hour);
		if (day)
			assert_int_equal(windows.day, day);
		assert_true(windows.hour <= at && windows.hour_ends > at);
		assert_true(windows.day <= at && windows.day_ends > at);
		/* What ends is followed by what begins. */
		if (before.hour_ends && windows.hour != before.hour)
			assert_int_equal(windows.hour, before.hour_ends);
		if (before.day_ends && windows.day != before.day)
			assert_int_equal(windows.day, before.day_ends);
		/* And it was told all along when. */
		if (before.hour_ends && windows.hour == before.hour)
			assert_int_equal(windows.hour_ends, before.hour_ends);
		if (before.day_ends && windows.day == before.day)
			assert_int_equal(windows.day_ends, before.day_ends);
		before = windows;
	}
}

static void test_changes(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",   "America/New_York", "Australia/Lord_Howe", "America/St_Johns",
		"America/Havana",  "Africa/Cairo",     "Pacific/Apia",        "America/Sao_Paulo",
		"America/Caracas", "Asia/Pyongyang",   "Antarctica/Troll",    "Africa/Casablanca",
		"Asia/Tehran",     "Pacific/Chatham",
	};
	unsigned changes = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		CLEANUP(zone_free) struct zone *zone = load_zone(names[i]);
		int64_t at = instant("2007-01-01T00:00:00Z");

		while ((at = zone_next_change(zone, at)) < instant("2029-01-01T00:00:00Z")) {
			watch_change(zone, at);
			changes++;
		}
	}
	assert_true(changes > 300);
}

static void test_edges_of_time(void **state)
{
	static const int64_t edges[] = { INT64_MIN, INT64_MAX, 0, -62135596800, 253402300799 };
	CLEANUP(zone_free) struct zone *zone = load_zone("Europe/Berlin");

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(edges); i++) {
		CLEANUP(budget_free) struct budget *budget = budget_new();
		struct budget_windows windows;

		budget_windows_at(zone, edges[i], &windows);
		assert_true(windows.hour < windows.hour_ends && windows.day < windows.day_ends);
		budget_restore_windows(
			budget, &(struct budget_in_force){ edges[i], edges[i], edges[i], edges[i] },
			zone, NOON, 0);
		budget_advance(budget, zone, edges[i], INT64_MAX);
		budget_advance(budget, zone, NOON, 0);
	}
}

/* A clock that was ahead has used a name; a restart later, that name is not given twice. */
static void test_names_outlive_a_restart(void **state)
{
	CLEANUP(zone_free) struct zone *zone = load_zone("UTC");
	CLEANUP(budget_free) struct budget *budget = budget_new();
	int64_t hour = NOON - NOON % 3600;

	(void)state;
	budget_restore_latest(budget, hour + 3600, NOON - 43200);
	assert_false(budget_restore_windows(
		budget, &(struct budget_in_force){ hour, NOON - 43200, 0, 0 }, zone, hour + 10, 0));
	assert_true(budget_advance(budget, zone, hour + 3600, 3600 * 1000));
	assert_true(budget_windows(budget)->hour != hour + 3600);
	assert_true(budget_advance(budget, zone, hour + 7200, 7200 * 1000));
	assert_int_equal(hour + 7200, budget_windows(budget)->hour);
}

int run_windows(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_edges_of_time),
		cmocka_unit_test(test_names_outlive_a_restart),
	};

	return cmocka_run_group_tests_name("budget windows", tests, NULL, NULL);
}
