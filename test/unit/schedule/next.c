/* The next moment: rows of known facts, above all around changes of the clocks. */
#include "random.h"
#include "reading.h"

#include "base/instant.h"

#include <unistd.h>

#define TICK 1800

struct moment {
	const char *zone, *canonical, *from;
	const char *at[4]; /* the moments that follow, one after the other; NULL: none further */
};

static const struct moment rows[] = {
	/* plain days */
	{ "UTC",
	  "daily 07:00",
	  "2026-11-21T06:59:59Z",
	  { "2026-11-21T07:00:00Z", "2026-11-22T07:00:00Z" } },
	{ "UTC", "daily 07:00", "2026-11-21T07:00:00Z", { "2026-11-22T07:00:00Z" } },
	{ "Asia/Taipei",
	  "daily 07:00,19:30",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-21T11:30:00Z", "2026-11-21T23:00:00Z" } },
	{ "Asia/Kathmandu", "daily 07:00", "2026-11-21T00:00:00Z", { "2026-11-21T01:15:00Z" } },
	{ "UTC", "weekly mon-fri 09:00", "2026-11-20T09:00:00Z", { "2026-11-23T09:00:00Z" } },
	{ "UTC",
	  "monthly 1,15 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-12-01T09:00:00Z", "2026-12-15T09:00:00Z" } },
	{ "UTC", "monthly first mon 09:00", "2026-11-21T00:00:00Z", { "2026-12-07T09:00:00Z" } },
	{ "UTC", "monthly last fri 16:00", "2026-11-21T00:00:00Z", { "2026-11-27T16:00:00Z" } },
	{ "UTC",
	  "monthly fifth sun 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-29T09:00:00Z", "2027-01-31T09:00:00Z" } },
	{ "UTC", "monthly 13 09:00 on fri", "2026-11-21T00:00:00Z", { "2027-08-13T09:00:00Z" } },
	{ "UTC", "yearly jan 1 09:00", "2026-11-21T00:00:00Z", { "2027-01-01T09:00:00Z" } },
	/* ends of months */
	{ "UTC",
	  "monthly 31 09:00",
	  "2026-01-31T09:00:00Z",
	  { "2026-03-31T09:00:00Z", "2026-05-31T09:00:00Z" } },
	{ "UTC",
	  "monthly last 09:00",
	  "2026-01-31T09:00:00Z",
	  { "2026-02-28T09:00:00Z", "2026-03-31T09:00:00Z" } },
	{ "UTC",
	  "yearly feb 29 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2028-02-29T09:00:00Z", "2032-02-29T09:00:00Z" } },
	{ "UTC", "yearly feb 29 09:00", "2096-03-01T00:00:00Z", { "2104-02-29T09:00:00Z" } },
	{ "UTC", "cron 0 0 29 2 *", "2026-11-21T00:00:00Z", { "2028-02-29T00:00:00Z" } },
	{ "UTC", "yearly feb 30 09:00", "2026-11-21T00:00:00Z", { NULL } },
	{ "UTC", "cron 0 0 31 2,4 *", "2026-11-21T00:00:00Z", { NULL } },
	{ "UTC", "cron 0 0 29 2 *", "2096-03-01T00:00:00Z", { "2104-02-29T00:00:00Z" } },
	/* every other */
	{ "UTC",
	  "every 2 weeks mon 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-30T09:00:00Z", "2026-12-14T09:00:00Z" } },
	{ "UTC", "every 2 weeks sun 09:00", "2026-11-21T00:00:00Z", { "2026-11-22T09:00:00Z" } },
	{ "UTC",
	  "every 3 days 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-21T09:00:00Z", "2026-11-24T09:00:00Z" } },
	/* 02:30 does not exist, or twice */
	{ "Europe/Berlin",
	  "daily 02:30",
	  "2026-03-28T12:00:00Z",
	  { "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z" } },
	{ "Europe/Berlin",
	  "daily 02:30",
	  "2026-10-24T12:00:00Z",
	  { "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z" } },
	{ "Europe/Berlin", "daily 02:30", "2026-10-25T00:45:00Z", { "2026-10-26T01:30:00Z" } },
	{ "Europe/Berlin",
	  "daily 01:30",
	  "2026-10-24T12:00:00Z",
	  { "2026-10-24T23:30:00Z", "2026-10-26T00:30:00Z" } },
	{ "Europe/Berlin",
	  "daily 02:00,02:30,03:00",
	  "2026-03-28T12:00:00Z",
	  { "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z" } },
	{ "America/New_York",
	  "daily 02:30",
	  "2026-03-07T12:00:00Z",
	  { "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z" } },
	{ "America/New_York",
	  "daily 01:30",
	  "2026-10-31T12:00:00Z",
	  { "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z" } },
	{ "Australia/Lord_Howe",
	  "daily 02:15",
	  "2026-10-03T00:00:00Z",
	  { "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z" } },
	{ "Australia/Lord_Howe",
	  "daily 02:30",
	  "2026-10-03T00:00:00Z",
	  { "2026-10-03T15:30:00Z" } },
	{ "Australia/Lord_Howe",
	  "daily 01:30",
	  "2026-04-04T12:00:00Z",
	  { "2026-04-04T14:30:00Z", "2026-04-05T15:00:00Z" } },
	{ "Africa/Casablanca",
	  "daily 02:30",
	  "2026-02-14T12:00:00Z",
	  { "2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z" } },
	{ "Africa/Casablanca",
	  "daily 02:30",
	  "2026-03-21T12:00:00Z",
	  { "2026-03-22T02:00:00Z", "2026-03-23T01:30:00Z" } },
	{ "Asia/Kathmandu", "daily 02:30", "2026-03-28T12:00:00Z", { "2026-03-28T20:45:00Z" } },
	/* a day that never was: Friday, 30 December 2011 */
	{ "Pacific/Apia",
	  "daily 09:00",
	  "2011-12-29T19:00:00Z",
	  { "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z" } },
	{ "Pacific/Apia",
	  "weekly fri 09:00",
	  "2011-12-29T19:00:00Z",
	  { "2011-12-30T10:00:00Z", "2012-01-05T19:00:00Z" } },
	{ "Pacific/Apia",
	  "every 6 hours",
	  "2011-12-30T04:30:00Z",
	  { "2011-12-30T10:00:00Z", "2011-12-30T16:00:00Z" } },
	/* behind 32 bits, and behind the file's last transition */
	{ "UTC", "daily 07:00", "2038-01-19T03:14:07Z", { "2038-01-19T07:00:00Z" } },
	{ "Europe/Berlin", "daily 02:30", "2043-03-28T12:00:00Z", { "2043-03-29T01:00:00Z" } },
	{ "Europe/Berlin", "daily 07:00", "2106-02-07T06:28:15Z", { "2106-02-08T06:00:00Z" } },
	/* intervals: of the day's grid, of real time, of the epoch's grid */
	{ "Europe/Berlin",
	  "every 30 minutes",
	  "2026-10-25T00:15:00Z",
	  { "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z" } },
	{ "Europe/Berlin",
	  "every hour",
	  "2026-03-29T00:00:00Z",
	  { "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z" } },
	{ "Europe/Berlin",
	  "every 2 hours",
	  "2026-10-24T21:00:00Z",
	  { "2026-10-24T22:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z" } },
	{ "Europe/Berlin",
	  "every 2 hours",
	  "2026-03-28T22:30:00Z",
	  { "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z" } },
	{ "Asia/Kathmandu", "every hour", "2026-11-21T00:00:00Z", { "2026-11-21T00:15:00Z" } },
	{ "Asia/Kathmandu", "every 24 hours", "2026-11-21T00:00:00Z", { "2026-11-21T18:15:00Z" } },
	{ "Asia/Kathmandu",
	  "every 7 hours",
	  "1970-01-01T00:00:00Z",
	  { "1970-01-01T07:00:00Z", "1970-01-01T14:00:00Z" } },
	{ "Europe/Berlin", "every 2 days", "1970-01-01T12:00:00Z", { "1970-01-03T00:00:00Z" } },
	{ "UTC",
	  "every 30 minutes from 08:00 to 22:00",
	  "2026-11-21T21:30:00Z",
	  { "2026-11-22T08:00:00Z" } },
	{ "UTC",
	  "every 2 hours from 09:00 to 18:00 on mon-fri",
	  "2026-11-20T16:00:00Z",
	  { "2026-11-23T10:00:00Z" } },
	{ "UTC",
	  "every 30 minutes from 23:00 to 01:00",
	  "2026-11-21T00:30:00Z",
	  { "2026-11-21T23:00:00Z", "2026-11-21T23:30:00Z", "2026-11-22T00:00:00Z" } },
	{ "UTC",
	  "every 7 minutes from 08:00 to 08:05",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-21T08:00:00Z" } },
	{ "UTC", "every 12 hours from 01:00 to 02:00", "2026-11-21T00:00:00Z", { NULL } },
	{ "UTC",
	  "every 90 seconds",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-21T00:01:30Z", "2026-11-21T00:03:00Z" } },
	{ "UTC", "every heartbeat", "2026-11-21T00:00:00Z", { "2026-11-21T00:30:00Z" } },
	{ "UTC",
	  "every heartbeat from 08:00 to 22:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-21T08:00:00Z" } },
	/* cron */
	{ "UTC", "cron */15 9-17 * * 1-5", "2026-11-20T17:45:00Z", { "2026-11-23T09:00:00Z" } },
	{ "UTC",
	  "cron 0 9 13 * 5",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-27T09:00:00Z", "2026-12-04T09:00:00Z", "2026-12-11T09:00:00Z",
	    "2026-12-13T09:00:00Z" } },
	{ "UTC",
	  "cron 0 9 */2 * 5",
	  "2026-11-21T00:00:00Z",
	  { "2026-11-27T09:00:00Z", "2026-12-11T09:00:00Z" } },
	{ "Europe/Berlin", "cron 30 2 * * *", "2026-03-28T12:00:00Z", { "2026-03-29T01:00:00Z" } },
	{ "Europe/Berlin", "cron 30 2 * * *", "2026-10-25T00:30:00Z", { "2026-10-26T01:30:00Z" } },
	{ "Europe/Berlin",
	  "cron */30 * * * *",
	  "2026-10-25T00:30:00Z",
	  { "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z" } },
	/* once */
	{ "Europe/Berlin",
	  "once 2026-12-01 09:00",
	  "2026-11-21T00:00:00Z",
	  { "2026-12-01T08:00:00Z", NULL } },
	{ "Europe/Berlin",
	  "once 2026-03-29 02:30",
	  "2026-03-01T00:00:00Z",
	  { "2026-03-29T01:00:00Z", NULL } },
	{ "UTC", "once 2026-12-01 09:00", "2026-12-01T09:00:00Z", { NULL } },
	{ "UTC", "once", "1970-01-01T00:00:00Z", { NULL } },
	/* no clock wakes these */
	{ "UTC", "on session start", "2026-11-21T00:00:00Z", { NULL } },
	{ "UTC", "none", "2026-11-21T00:00:00Z", { NULL } },
};

static void check_moment(const struct moment *row)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	char text[INSTANT_SIZE];
	struct schedule s;
	int64_t from = 0, at;
	int r;

	print_message("  %s %s from %s\n", row->zone, row->canonical, row->from);
	assert_int_equal(zone_load(row->zone, &zone, NULL), 0);
	assert_int_equal(schedule_parse(span_of(row->canonical), &s, NULL), 0);
	assert_int_equal(instant_parse(span_of(row->from), &from), 0);
	for (unsigned i = 0; i < 4; i++) {
		r = schedule_next(&s, zone, TICK, from, &at);
		if (!row->at[i]) {
			if (!i || s.kind == SCHEDULE_ONCE)
				assert_int_equal(r, -ERROR_NOT_FOUND);
			return;
		}
		assert_int_equal(r, 0);
		assert_string_equal(instant_print(at, text), row->at[i]);
		from = at;
	}
}

static void moments_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_moment(&rows[i]);
}

static void any_instant_may_be_asked(void **state)
{
	static const int64_t instants[] = { INT64_MIN, INT64_MIN + 1, -62135596801, -62135596800,
					    0,         253402300799,  253402300800, INT64_MAX - 1,
					    INT64_MAX };
	CLEANUP(zone_free) struct zone *zone = NULL;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &zone, NULL), 0);
	for (unsigned i = 0; i < 2000; i++) {
		struct schedule s = random_schedule(false);

		for (size_t k = 0; k < ARRAY_LENGTH(instants); k++) {
			int64_t at;

			if (schedule_next(&s, zone, TICK, instants[k], &at) == 0)
				assert_true(at > instants[k]);
		}
	}
}

static void the_tick_is_an_argument(void **state)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	struct schedule s = { .kind = SCHEDULE_TICK };
	int64_t at = 0;

	(void)state;
	assert_int_equal(zone_load("UTC", &zone, NULL), 0);
	assert_int_equal(schedule_next(&s, zone, 0, 0, &at), -ERROR_NOT_FOUND);
	assert_int_equal(schedule_next(&s, zone, 300, 1, &at), 0);
	assert_int_equal(at, 300);
	assert_int_equal(schedule_next(&s, zone, UINT32_MAX, 1, &at), 0);
	assert_true(at == UINT32_MAX);
}

static void shortest_intervals(void **state)
{
	static const struct {
		const char *canonical;
		uint32_t seconds;
	} intervals[] = {
		{ "daily 07:00", 86400 },
		{ "daily 09:00,21:00", 43200 },
		{ "daily 00:00,23:59", 60 },
		{ "weekly mon 09:00", 604800 },
		{ "weekly mon-fri 09:00", 86400 },
		{ "monthly 1 09:00", 28 * 86400 },
		{ "monthly 31 09:00", 31 * 86400 },
		{ "yearly jan 1 09:00", 365 * 86400 },
		{ "yearly feb 29 09:00", 1461 * 86400 },
		{ "every 2 weeks mon 09:00", 1209600 },
		{ "every 5 seconds", 5 },
		{ "every 36 hours", 129600 },
		{ "cron */15 9-17 * * 1-5", 900 },
		{ "cron 0 9 * * 1", 604800 },
		{ "cron 59,0 * * * *", 60 },
		{ "every heartbeat", TICK },
		{ "once 2026-12-01 09:00", UINT32_MAX },
		{ "on bulletin", UINT32_MAX },
		{ "none", UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++) {
		struct schedule s;

		if (schedule_parse(span_of(intervals[i].canonical), &s, NULL) < 0) {
			assert_int_equal(intervals[i].seconds, 0);
			continue;
		}
		print_message("  %s\n", intervals[i].canonical);
		assert_int_equal(schedule_shortest_interval(&s, TICK), intervals[i].seconds);
	}
}

static void windows_wrap(void **state)
{
	static const struct {
		uint16_t begin, end, minute;
		bool inside;
	} windows[] = {
		{ 480, 1320, 480, true },  { 480, 1320, 1319, true }, { 480, 1320, 1320, false },
		{ 480, 1320, 0, false },   { 1320, 360, 1400, true }, { 1320, 360, 359, true },
		{ 1320, 360, 360, false }, { 1080, 0, 1439, true },   { 1080, 0, 0, false },
		{ 0, 0, 700, true },       { 600, 600, 5, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(windows); i++)
		assert_int_equal(schedule_window_contains(windows[i].begin, windows[i].end,
							  windows[i].minute),
				 windows[i].inside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_wrap),
		cmocka_unit_test(moments_are_found),
		cmocka_unit_test(the_tick_is_an_argument),
		cmocka_unit_test(shortest_intervals),
		cmocka_unit_test(any_instant_may_be_asked),
	};

	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) < 0) {
		fprintf(stderr, "skipped: no time zones in /usr/share/zoneinfo\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
