/* schedule_next against a scan minute by minute over libc's local time: 100,000 random cases.
 *
 * What is checked is said here a second time, in the simplest way: a wall-clock schedule fires in
 * the minute in which the clock first shows or passes a minute that fits; a real-time one in each
 * minute that shows one; a grid of the epoch where the minute lies on it and the clock shows an
 * hour that is open. */
#include "random.h"

#include "base/instant.h"
#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES 100000
#define WINDOW_DAYS 24
#define WINDOWS 160
#define LEAD_MINUTES (2 * 1440)

static const char *const zones[] = {
	"Europe/Berlin",
	"America/New_York",
	"Australia/Lord_Howe",
	"Africa/Casablanca",
	"Asia/Kathmandu",
	"Pacific/Apia",
	"UTC",
	"America/St_Johns",
	"Asia/Tehran",
	"America/Sao_Paulo",
	"Europe/Dublin",
	"Pacific/Kwajalein",
	"Asia/Gaza",
	"America/Havana",
	"Atlantic/Azores",
	"Antarctica/Troll",
	"Europe/London",
	"Asia/Pyongyang",
	"America/Caracas",
	"Pacific/Chatham",
	"Asia/Kolkata",
	"America/Scoresbysund",
	"Africa/Cairo",
	"Asia/Taipei",
	"America/Asuncion",
	"Europe/Lisbon",
	"America/Los_Angeles",
	"Pacific/Auckland",
	"Asia/Beirut",
	"Europe/Moscow",
	"America/Nuuk",
	"Pacific/Tongatapu",
	"Africa/El_Aaiun",
	"Asia/Amman",
	"America/Godthab",
	"Australia/Sydney",
};

/* What libc's clock shows in each minute of a stretch of time. */
struct stretch {
	struct zone *zone;
	int64_t begin; /* UTC minute of local[0] */
	uint32_t count;
	int32_t *local;    /* minutes since 1970 */
	int32_t *reached;  /* the furthest that was shown until then */
	int64_t first_day; /* days since 1970 */
	uint32_t day_count;
	struct tm *days; /* of the calendar, from first_day on */
};

static int32_t libc_local_minute(int64_t minute)
{
	time_t t = (time_t)(minute * 60);
	struct tm tm;

	if (!localtime_r(&t, &tm) || tm.tm_sec)
		fail_msg("no whole minute");
	return (int32_t)(minute + tm.tm_gmtoff / 60);
}

static void stretch_build(struct stretch *x, const char *name, int64_t begin, uint32_t minutes)
{
	setenv("TZ", name, 1);
	tzset();
	x->begin = begin;
	x->count = minutes;
	x->local = xcalloc(minutes, sizeof(*x->local));
	x->reached = xcalloc(minutes, sizeof(*x->reached));
	for (uint32_t i = 0; i < minutes; i++) {
		x->local[i] = libc_local_minute(begin + i);
		x->reached[i] = i && x->reached[i - 1] > x->local[i] ? x->reached[i - 1]
								     : x->local[i];
	}
	x->first_day = begin / 1440 - 2;
	x->day_count = minutes / 1440 + 5;
	x->days = xcalloc(x->day_count, sizeof(*x->days));
	for (uint32_t i = 0; i < x->day_count; i++) {
		time_t t = (time_t)((x->first_day + i) * 86400);

		gmtime_r(&t, &x->days[i]);
	}
}

static void stretch_clear(struct stretch *x)
{
	free(x->local);
	free(x->reached);
	free(x->days);
	zone_free(x->zone);
}

/* ---- the plain reading of a schedule ---- */

struct judge {
	bool *day;         /* fits, by days of the stretch */
	bool minute[1440]; /* fits */
	enum { WALL, REAL, EPOCH } motion;
};

static int month_length(const struct tm *tm)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;

	return lengths[tm->tm_mon] +
	       (tm->tm_mon == 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool day_fits(const struct schedule *s, const struct tm *tm, int64_t day)
{
	bool last = tm->tm_mday == month_length(tm);
	bool in_month = !s->month_days ||
			(s->month_days >> (tm->tm_mday - 1) & 1 && tm->tm_mday <= 31) ||
			(last && s->month_days >> 31);
	bool in_week = !s->weekdays || s->weekdays >> tm->tm_wday & 1;

	if (s->months && !(s->months >> tm->tm_mon & 1))
		return false;
	if (s->weekday_in_month && s->ordinal < 0 && tm->tm_mday + 7 <= month_length(tm))
		return false;
	if (s->weekday_in_month && s->ordinal > 0 && (tm->tm_mday + 6) / 7 != s->ordinal)
		return false;
	if (s->kind == SCHEDULE_CALENDAR && s->every_s) {
		int64_t n = s->every_s / 86400;

		if (n % 7 == 0 ? (day + 3) / 7 % (n / 7) != 0 : day % n != 0)
			return false;
	}
	return s->cron_or ? in_month || in_week : in_month && in_week;
}

static bool window_fits(const struct schedule *s, unsigned minute)
{
	if (s->window_begin == s->window_end)
		return true;
	if (s->window_begin < s->window_end)
		return minute >= s->window_begin && minute < s->window_end;
	return minute >= s->window_begin || minute < s->window_end;
}

static bool minute_fits(const struct schedule *s, unsigned minute, bool grid)
{
	if (s->kind == SCHEDULE_CRON)
		return s->cron_hours >> minute / 60 & 1 && s->cron_minutes >> minute % 60 & 1;
	if (s->kind == SCHEDULE_INTERVAL)
		return window_fits(s, minute) && (!grid || minute * 60 % s->every_s == 0);
	for (unsigned i = 0; i < s->time_count; i++)
		if (s->times[i] == minute)
			return true;
	return false;
}

static void judge_build(struct judge *j, const struct schedule *s, const struct stretch *x)
{
	j->motion = WALL;
	if (s->kind == SCHEDULE_INTERVAL)
		j->motion = 3600 % s->every_s == 0 ? REAL : 86400 % s->every_s == 0 ? WALL : EPOCH;
	if (s->kind == SCHEDULE_CRON && s->cron_hours == 0xFFFFFF)
		j->motion = REAL;
	for (uint32_t i = 0; i < x->day_count; i++)
		j->day[i] = day_fits(s, &x->days[i], x->first_day + i);
	for (unsigned i = 0; i < 1440; i++)
		j->minute[i] = minute_fits(s, i, j->motion != EPOCH);
}

static bool shows(const struct judge *j, const struct stretch *x, int32_t local)
{
	return j->day[local / 1440 - x->first_day] && j->minute[local % 1440];
}

/* First minute of the stretch behind second `from`; -1: none. */
static int64_t scan(const struct schedule *s, const struct judge *j, const struct stretch *x,
		    int64_t from)
{
	for (uint32_t i = (uint32_t)(from / 60 - x->begin) + 1; i < x->count; i++) {
		int64_t minute = x->begin + i;
		bool fires = false;

		if (j->motion == WALL)
			for (int32_t local = x->reached[i - 1]; local < x->reached[i]; local++)
				fires |= shows(j, x, local + 1);
		else
			fires = shows(j, x, x->local[i]) &&
				(j->motion == REAL || minute * 60 % s->every_s == 0);
		if (fires)
			return minute * 60;
	}
	return -1;
}

static int64_t scan_once(const struct schedule *s, const struct stretch *x, int64_t from)
{
	for (uint32_t i = 1; i < x->count; i++)
		if (x->local[i] >= s->once_local / 60 && x->local[i - 1] < s->once_local / 60)
			return (x->begin + i) * 60 > from ? (x->begin + i) * 60 : -1;
	return -1;
}

/* ---- cases ---- */

static unsigned found_count;

static void check_from(const struct stretch *x, const struct schedule *s, const struct judge *j,
		       int64_t from, int64_t *ret_expect)
{
	int64_t end = (x->begin + x->count) * 60, expect, at = INT64_MAX;
	char text[SCHEDULE_PRINT_SIZE], expected[INSTANT_SIZE], got[INSTANT_SIZE],
		start[INSTANT_SIZE];

	expect = s->kind == SCHEDULE_ONCE ? scan_once(s, x, from) : scan(s, j, x, from);
	*ret_expect = expect;
	if (schedule_next(s, x->zone, 1800, from, &at) == 0 && at <= from)
		fail_msg("not behind");
	if (expect < 0 ? at >= end : at == expect)
		return;
	fail_msg("%s %s from %s: scan %s, ours %s", zone_name(x->zone), schedule_print(s, text),
		 instant_print(from, start), expect < 0 ? "none" : instant_print(expect, expected),
		 at == INT64_MAX ? "none" : instant_print(at, got));
}

/* From a random moment and, often enough, from the one found: the next is another one. */
static void check_case(const struct stretch *x, struct schedule *s, struct judge *j, int64_t from)
{
	int64_t at, next;

	if (s->kind == SCHEDULE_ONCE)
		s->once_local =
			((int64_t)x->local[0] + LEAD_MINUTES + pick(x->count - LEAD_MINUTES)) * 60;
	else
		judge_build(j, s, x);
	check_from(x, s, j, from, &at);
	found_count += at >= 0;
	if (at >= 0 && !pick(4))
		check_from(x, s, j, at, &next);
}

/* Half of the moments lie close before a change of the clocks, where there is one. */
static int64_t random_from(const struct stretch *x)
{
	int64_t begin = (x->begin + LEAD_MINUTES) * 60, end = (x->begin + x->count) * 60;
	int64_t change = zone_next_change(x->zone, begin);

	if (change < end - 86400 && pick(2))
		return change - 6 * 3600 + pick(8 * 3600);
	return begin + pick(WINDOW_DAYS * 43200);
}

static void run_window(const char *name, int64_t begin, uint32_t days, unsigned cases,
		       struct schedule (*make)(void))
{
	struct stretch x = { 0 };
	struct judge j;

	assert_int_equal(zone_load(name, &x.zone, NULL), 0);
	stretch_build(&x, name, begin, days * 1440);
	j.day = xcalloc(x.day_count, sizeof(*j.day));
	for (unsigned i = 0; i < cases; i++) {
		struct schedule s = make();

		check_case(&x, &s, &j, random_from(&x));
	}
	free(j.day);
	stretch_clear(&x);
}

static struct schedule any_schedule(void)
{
	return random_schedule(true);
}

/* Yearly, 29 February, every eighth week, 31sts: rare enough to need years. */
static struct schedule rare_schedule(void)
{
	struct schedule s = random_calendar();

	if (!s.every_s)
		s.months = (uint16_t)(1u << pick(12));
	return s;
}

/* A minute in 1985 … 2045; mostly so that a change of the clocks lies in the middle. */
static int64_t random_begin(const char *name)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	int64_t at = 473385600 + (int64_t)pick(60 * 525949) * 60, change;

	assert_int_equal(zone_load(name, &zone, NULL), 0);
	change = zone_next_change(zone, at);
	if (pick(4) && change < at + 366 * 86400)
		at = change - (5 + pick(WINDOW_DAYS - 10)) * 86400;
	return at / 60;
}

static void a_scan_by_the_minute_agrees(void **state)
{
	(void)state;
	for (unsigned w = 0; w < WINDOWS; w++) {
		const char *name = zones[w % ARRAY_LENGTH(zones)];

		run_window(name, random_begin(name), WINDOW_DAYS, CASES / WINDOWS, any_schedule);
	}
	print_message("  %u of %u cases fire within their %d days\n", found_count, CASES,
		      WINDOW_DAYS);
	assert_true(found_count > CASES / 2);
}

static void rare_moments_agree_over_years(void **state)
{
	(void)state;
	found_count = 0;
	run_window("Europe/Berlin", 1077926400 / 60, 5 * 366, 120, rare_schedule);
	run_window("Australia/Lord_Howe", 1893456000 / 60, 3 * 366, 120, rare_schedule);
	print_message("  %u of 240 cases\n", found_count);
	assert_true(found_count > 150);
}

static void a_missing_day_agrees(void **state)
{
	(void)state;
	run_window("Pacific/Apia", 1324000000 / 60, WINDOW_DAYS, 2000, any_schedule);
	run_window("Pacific/Kwajalein", 744000000 / 60, WINDOW_DAYS, 2000, any_schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_day_agrees),
		cmocka_unit_test(rare_moments_agree_over_years),
		cmocka_unit_test(a_scan_by_the_minute_agrees),
	};

	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) < 0) {
		fprintf(stderr, "skipped: no time zones in /usr/share/zoneinfo\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
