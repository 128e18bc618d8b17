/* What is due: tables of days that went wrong, and any day against a list of all its slots. */
#include "agenda/agenda.h"

#include "base/clock.h"
#include "base/instant.h"

#include "unit/schedule/random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY INT64_C(86400)

static struct zone *utc, *howe;

static int64_t at(const char *text)
{
	int64_t instant;

	if (instant_parse(span_of(text), &instant))
		fail_msg("%s", text);
	return instant;
}

static struct schedule read_schedule(const char *text)
{
	struct schedule schedule;
	struct error error;

	if (schedule_parse(span_of(text), &schedule, &error))
		fail_msg("%s", error.message);
	return schedule;
}

static const struct agenda_policy once = { true, 86400, 5, 5 };
static const struct agenda_policy none = { false, 86400, 5, 5 };

/* ---- days that went wrong ---- */

static void what_was_missed(void **state)
{
	static const struct {
		const char *what, *schedule, *armed, *now;
		const struct agenda_policy *policy;
		int64_t missed, coalesced;
		const char *run; /* NULL: nothing runs */
		bool is_catch_up;
	} table[] = {
		{ "on time", "daily 07:00", "2026-11-21T07:00:00Z", "2026-11-21T07:00:00Z", &once,
		  0, 0, "2026-11-21T07:00:00Z", false },
		{ "a restart over it", "daily 07:00", "2026-11-21T07:00:00Z",
		  "2026-11-21T07:00:13Z", &none, 0, 0, "2026-11-21T07:00:00Z", false },
		{ "an hour down", "daily 07:00", "2026-11-21T07:00:00Z", "2026-11-21T08:00:00Z",
		  &once, 0, 0, "2026-11-21T07:00:00Z", true },
		{ "an hour down, not caught up", "daily 07:00", "2026-11-21T07:00:00Z",
		  "2026-11-21T08:00:00Z", &none, 1, 0, NULL, false },
		{ "a day and an hour", "daily 07:00", "2026-11-21T07:00:00Z",
		  "2026-11-22T08:00:00Z", &once, 1, 0, "2026-11-22T07:00:00Z", true },
		{ "just within", "daily 07:00", "2026-11-21T07:00:00Z", "2026-11-22T06:59:00Z",
		  &once, 0, 0, "2026-11-21T07:00:00Z", true },
		{ "too old", "weekly mon 07:00", "2026-11-23T07:00:00Z", "2026-11-24T07:00:01Z",
		  &once, 1, 0, NULL, false },
		{ "hours of half hours", "every 30 minutes", "2026-11-21T07:00:00Z",
		  "2026-11-21T10:10:00Z", &once, 0, 6, "2026-11-21T10:00:00Z", true },
		{ "days of them", "every 30 minutes", "2026-11-21T07:00:00Z",
		  "2026-11-23T10:10:00Z", &once, 55, 47, "2026-11-23T10:00:00Z", true },
		{ "up to one that is on time", "every 30 minutes", "2026-11-21T07:00:00Z",
		  "2026-11-21T10:00:05Z", &once, 0, 6, "2026-11-21T10:00:00Z", false },
		{ "the same, not caught up", "every 30 minutes", "2026-11-21T07:00:00Z",
		  "2026-11-21T10:00:05Z", &none, 6, 0, "2026-11-21T10:00:00Z", false },
		{ "a year of seconds", "every second", "2026-11-21T07:00:00Z",
		  "2027-11-21T07:00:00Z", &once, 364 * DAY, DAY, "2027-11-21T07:00:00Z", false },
		{ "a schedule that never comes again", "once 2026-11-21 07:00",
		  "2026-11-21T07:00:00Z", "2026-11-21T09:00:00Z", &once, 0, 0,
		  "2026-11-21T07:00:00Z", true },
		{ "a slot of an older rule", "daily 09:00", "2026-11-21T07:00:00Z",
		  "2026-11-21T09:00:00Z", &once, 0, 1, "2026-11-21T09:00:00Z", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct schedule schedule = read_schedule(table[i].schedule);
		struct agenda_rule rule = { &schedule, utc, 1800 };
		struct agenda_place place = { at(table[i].armed) - 1, at(table[i].armed),
					      at(table[i].armed), 0, 0 };
		struct agenda_due due;

		assert_true(agenda_due(&place, &rule, table[i].policy, ABSENCE_DOWN,
				       at(table[i].now), &due));
		if (due.missed.count != table[i].missed ||
		    due.coalesced.count != table[i].coalesced ||
		    due.run.count != (table[i].run != NULL) ||
		    due.is_catch_up != table[i].is_catch_up)
			fail_msg("%s: %lld missed, %lld coalesced, %lld run, catch-up %d",
				 table[i].what, (long long)due.missed.count,
				 (long long)due.coalesced.count, (long long)due.run.count,
				 due.is_catch_up);
		if (table[i].run)
			assert_int_equal(at(table[i].run), due.run.first);
		assert_true(due.next > at(table[i].now));
	}
}

static void a_million_is_computed_at_once(void **state)
{
	struct schedule schedule = read_schedule("every second");
	struct agenda_rule rule = { &schedule, howe, 0 };
	struct agenda_place place = { 99, 100, 100, 0, 0 };
	int64_t begin = clock_monotonic_us();
	struct agenda_due due;

	(void)state;
	assert_true(agenda_due(&place, &rule, &once, ABSENCE_DOWN, 1000099, &due));
	print_message("  1e6 slots in %lld us\n", (long long)(clock_monotonic_us() - begin));
	assert_int_equal(due.missed.count + due.coalesced.count + due.run.count, 1000000);
	assert_true(clock_monotonic_us() - begin < 500000); /* 50 ms, on a loaded machine */
}

/* ---- clocks that are set, rules that change ---- */

static void a_clock_that_is_set_back(void **state)
{
	struct schedule schedule = read_schedule("every hour");
	struct agenda_rule rule = { &schedule, utc, 0 };
	struct agenda_place place;
	struct agenda_due due;
	int64_t since = -1, now = at("2026-11-21T12:00:00Z");

	(void)state;
	agenda_begin(&place, &rule, now - 1);
	assert_int_equal(now, agenda_wake(&place));
	assert_true(agenda_due(&place, &rule, &once, ABSENCE_HELD_UP, now, &due));
	agenda_take(&place, &due);
	assert_int_equal(now + 3600, place.next);
	/* By an hour: nothing is due until it comes to the next one. */
	assert_false(agenda_review(&place, &rule, now - 3600, &since));
	assert_false(agenda_due(&place, &rule, &once, ABSENCE_HELD_UP, now - 1800, &due));
	assert_int_equal(now + 3600, agenda_wake(&place));
	/* By a day: it begins anew, and what had been missed ahead is withdrawn. */
	assert_true(agenda_review(&place, &rule, now - DAY, &since));
	assert_int_equal(now - DAY, since);
	assert_int_equal(now - DAY + 3600, agenda_wake(&place));
	/* A year ahead by mistake when the section was first seen. */
	agenda_begin(&place, &rule, now + 365 * DAY);
	assert_true(agenda_review(&place, &rule, now, &since));
	assert_int_equal(now + 3600, agenda_wake(&place));
}

static void a_rule_that_changes(void **state)
{
	struct schedule schedule = read_schedule("daily 12:00"),
			seven = read_schedule("daily 07:00");
	struct agenda_rule rule = { &schedule, utc, 0 }, elsewhere = { &schedule, howe, 0 };
	struct agenda_rule other = { &seven, utc, 0 };
	struct agenda_place place;
	int64_t since, now = at("2026-11-21T08:00:00Z");

	(void)state;
	agenda_begin(&place, &rule, now);
	assert_false(agenda_review(&place, &rule, now + 60, &since));
	assert_int_equal(at("2026-11-21T12:00:00Z"), place.next);
	/* Another zone: 12:00 of Lord Howe, at +11:00, has passed today. */
	assert_true(agenda_review(&place, &elsewhere, now + 60, &since));
	assert_int_equal(at("2026-11-22T01:00:00Z"), place.next);
	/* Another time that has passed today is no slot that was missed. */
	assert_true(agenda_review(&place, &other, now + 120, &since));
	assert_int_equal(at("2026-11-22T07:00:00Z"), place.next);
	/* As an older agentd left it: what was armed stays due, whatever the rule says now. */
	assert_false(agenda_restore(&place, &other, 0, now - 3600, now, &since));
	assert_int_equal(now - 3600, place.next);
	assert_true(agenda_restore(&place, &other, 0, now + 3600, now, &since));
	assert_int_equal(at("2026-11-22T07:00:00Z"), place.next);
}

static void run_once_runs_once(void **state)
{
	struct schedule schedule = read_schedule("once");
	struct agenda_rule rule = { &schedule, utc, 0 };
	struct agenda_place place;
	struct agenda_due due;
	int64_t since;

	(void)state;
	agenda_begin(&place, &rule, 5000000);
	assert_false(agenda_review(&place, &rule, 4999990, &since));
	assert_true(agenda_due(&place, &rule, &none, ABSENCE_HELD_UP, 5000000, &due));
	assert_int_equal(5000000, due.run.first);
	agenda_take(&place, &due);
	assert_int_equal(AGENDA_NEVER, agenda_wake(&place));
	assert_false(agenda_review(&place, &rule, 6000000, &since));
}

/* ---- turns ---- */

static void five_at_a_time(void **state)
{
	struct agenda_turns turns = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(0, agenda_turn(&turns, &once, 1000));
	assert_int_equal(1005, agenda_turn(&turns, &once, 1000));
	assert_int_equal(1005, agenda_turn(&turns, &once, 1004));
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(0, agenda_turn(&turns, &once, 1005));
	assert_int_equal(1010, agenda_turn(&turns, &once, 1005));
	assert_int_equal(0, agenda_turn(&turns, &once, 500)); /* the clock was set back */
}

/* Its age is that of the moment when it was noticed; its own next slot waits for nobody. */
static void what_waits_its_turn_does_not_grow_old(void **state)
{
	struct schedule schedule = read_schedule("daily 07:00"),
			often = read_schedule("every 5 minutes");
	struct agenda_rule rule = { &schedule, utc, 0 }, quick = { &often, utc, 0 };
	int64_t armed = at("2026-11-21T07:00:00Z"), now = armed + DAY - 30;
	struct agenda_place place = { armed - 1, armed, armed, 0, 0 };
	struct agenda_due due;

	(void)state;
	assert_true(agenda_due(&place, &rule, &once, ABSENCE_SUSPENDED, now, &due));
	assert_true(due.is_catch_up);
	agenda_wait(&place, &due, now + 20, now);
	assert_int_equal(now + 20, agenda_wake(&place));
	agenda_wait(&place, &due, now + 40, now + 20);
	assert_int_equal(armed + DAY, agenda_wake(&place)); /* its own */
	assert_true(agenda_due(&place, &rule, &once, ABSENCE_HELD_UP, armed + DAY, &due));
	assert_true(due.run.first == armed + DAY && !due.is_catch_up);
	assert_int_equal(ABSENCE_SUSPENDED, due.absence);
	assert_int_equal(1, due.coalesced.count);

	place = (struct agenda_place){ armed - 1, armed, armed, 0, 0 };
	assert_true(agenda_due(&place, &quick, &once, ABSENCE_DOWN, armed + 100, &due));
	agenda_wait(&place, &due, armed + 500, armed + 100);
	assert_int_equal(armed + 300, agenda_wake(&place));
}

static void why_nobody_looked(void **state)
{
	static const struct {
		struct agenda_look then, now;
		enum agenda_absence expect;
	} table[] = {
		{ { 0, 0, 0 }, { 1000000, 500, 500 }, ABSENCE_DOWN },
		{ { 1000, 10, 10 }, { 3601000, 3600010, 3600010 }, ABSENCE_HELD_UP },
		{ { 1000, 10, 10 }, { 3601000, 20, 3600010 }, ABSENCE_SUSPENDED },
		{ { 1000, 10, 10 }, { 3601000, 20, 20 }, ABSENCE_CLOCK_SET },
		{ { 1000, 10, 10 }, { 9601000, 20, 3600010 }, ABSENCE_CLOCK_SET },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(table[i].expect, agenda_absence(&table[i].then, &table[i].now));
	assert_string_equal("missed: the machine was suspended",
			    agenda_absence_reason(ABSENCE_SUSPENDED));
}

/* ---- any day ---- */

struct rows {
	int64_t at[200000];
	size_t count;
	const struct agenda_rule *rule;
};

static bool take_row(void *context, const struct agenda_part *row)
{
	struct rows *rows = context;
	int64_t slot = row->first;

	for (int64_t i = 0; i < row->count; i++) {
		rows->at[rows->count++] = slot;
		assert_true(row->count == 1 || i + 1 < row->count || slot == row->last);
		schedule_next(rows->rule->schedule, rows->rule->zone, rows->rule->tick_s, slot,
			      &slot);
	}
	return rows->count < 100000;
}

static void each_slot_has_one_verdict(void **state)
{
	static struct rows rows;

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		struct schedule schedule = random_schedule(false);
		struct agenda_rule rule = { &schedule, pick(2) ? utc : howe, 1800 };
		struct agenda_policy policy = { pick(3), pick(3) ? 86400 : pick(200000), 5, 5 };
		int64_t from = 1700000000 + pick(300 * 86400), now = from + pick(86400 * 3), slot;
		struct agenda_place place;
		struct agenda_due due = { 0 };

		agenda_begin(&place, &rule, from);
		if (!agenda_due(&place, &rule, &policy, ABSENCE_DOWN, now, &due)) {
			assert_true(place.next > now);
			continue;
		}
		rows.count = 0;
		rows.rule = &rule;
		agenda_rows(&due.missed, &rule, take_row, &rows);
		assert_int_equal(due.missed.count, rows.count);
		if (due.missed.count && policy.catches_up && due.run.count)
			assert_true(due.missed.last < now - policy.within_s);
		agenda_rows(&due.coalesced, &rule, take_row, &rows);
		if (due.coalesced.count)
			assert_true(policy.catches_up &&
				    due.coalesced.first >= now - policy.within_s);
		agenda_rows(&due.run, &rule, take_row, &rows);
		slot = from;
		for (size_t j = 0; j < rows.count; j++) {
			assert_int_equal(0, schedule_next(&schedule, rule.zone, 1800, slot, &slot));
			assert_int_equal(slot, rows.at[j]);
		}
		agenda_take(&place, &due);
		assert_true(place.past <= now && place.next > now);
		assert_true(schedule_next(&schedule, rule.zone, 1800, place.past, &slot) ||
			    slot == place.next);
	}
}

static int load_zones(void **state)
{
	(void)state;
	return zone_load("UTC", &utc, NULL) || zone_load("Australia/Lord_Howe", &howe, NULL);
}

static int free_zones(void **state)
{
	(void)state;
	zone_free(utc);
	zone_free(howe);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_missed),
		cmocka_unit_test(a_million_is_computed_at_once),
		cmocka_unit_test(a_clock_that_is_set_back),
		cmocka_unit_test(a_rule_that_changes),
		cmocka_unit_test(run_once_runs_once),
		cmocka_unit_test(five_at_a_time),
		cmocka_unit_test(what_waits_its_turn_does_not_grow_old),
		cmocka_unit_test(why_nobody_looked),
		cmocka_unit_test(each_slot_has_one_verdict),
	};

	return cmocka_run_group_tests(tests, load_zones, free_zones);
}
