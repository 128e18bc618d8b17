/* schedule_count and schedule_latest against schedule_next, one by one. */
#include "random.h"

#include "base/clock.h"
#include "base/instant.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CASES 4000
#define STEPS_MAX 20000

static const char *const names[] = {
	"UTC",           "Europe/Berlin",     "Australia/Lord_Howe", "Africa/Casablanca",
	"Pacific/Apia",  "Pacific/Kwajalein", "America/St_Johns",    "Antarctica/Troll",
	"America/Havana"
};

/* Half of the stretches begin shortly before the clocks change. */
static int64_t random_from(const struct zone *zone)
{
	int64_t at = 473385600 + (int64_t)pick(60 * 525949) * 60 + pick(60), change;

	change = zone_next_change(zone, at);
	if (pick(2) && change < at + INT64_C(10) * 366 * 86400)
		at = change - (int64_t)pick(4 * 86400);
	return at;
}

static void check_stretch(const struct schedule *s, const struct zone *zone, int64_t from)
{
	int64_t to = from + 1 + pick(pick(4) ? 86400 * 12 : 86400 * 800), last = INT64_MAX,
		at = from;
	int64_t count = 0, latest = INT64_MAX;
	char text[SCHEDULE_PRINT_SIZE], instant[INSTANT_SIZE];

	while (count < STEPS_MAX && !schedule_next(s, zone, 1800, at, &at) && at <= to) {
		last = at;
		count++;
	}
	if (count == STEPS_MAX)
		to = last;
	if (schedule_count(s, zone, 1800, from, to) != count)
		fail_msg("%s in %s from %s for %lld s: %lld moments, counted %lld",
			 schedule_print(s, text), zone_name(zone), instant_print(from, instant),
			 (long long)(to - from), (long long)count,
			 (long long)schedule_count(s, zone, 1800, from, to));
	assert_int_equal(schedule_latest(s, zone, 1800, from, to, &latest),
			 count ? 0 : -(int)ERROR_NOT_FOUND);
	assert_int_equal(latest, last);
}

static void they_agree_with_each_step(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
		CLEANUP(zone_free) struct zone *zone = NULL;

		assert_int_equal(zone_load(names[i], &zone, NULL), 0);
		for (unsigned j = 0; j < CASES / ARRAY_LENGTH(names); j++) {
			struct schedule s = pick(6) ? random_schedule(false)
						    : (struct schedule){ .kind = SCHEDULE_TICK };

			check_stretch(&s, zone, random_from(zone));
		}
	}
}

/* A million of them must not take as long as a million steps. */
static void a_million_is_quick(void **state)
{
	static const char *const texts[] = { "every second",     "every 30 seconds",
					     "every 27 seconds", "every 11 seconds",
					     "cron * * * * *",   "every minute on mon,tue" };
	CLEANUP(zone_free) struct zone *zone = NULL;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &zone, NULL), 0);
	for (unsigned i = 0; i < ARRAY_LENGTH(texts); i++) {
		int64_t begin = clock_monotonic_us(), from = 1769904000, to, count, latest = 0;
		struct schedule s;
		struct error error;

		if (schedule_parse(span_of(texts[i]), &s, &error))
			fail_msg("%s: %s", texts[i], error.message);
		to = from + 1000000 * (int64_t)(s.every_s ? s.every_s : 60);
		count = schedule_count(&s, zone, 0, from, to);
		assert_int_equal(schedule_latest(&s, zone, 0, from, to, &latest), 0);
		print_message("  %s: %lld in %lld us\n", texts[i], (long long)count,
			      (long long)(clock_monotonic_us() - begin));
		assert_true(count > 100000 && latest > from && latest <= to);
		assert_true(clock_monotonic_us() - begin < 500000); /* of a loaded machine */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_agree_with_each_step),
		cmocka_unit_test(a_million_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
