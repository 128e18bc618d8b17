/* What clocks do to what is in force, and what that lets through. */
#include "suite.h"

#define CAP 1000

struct desk {
	struct budget *budget;
	struct zone *zone;
	struct limits limits;
	int64_t now, monotonic_ms;
};

static void desk_open(struct desk *desk)
{
	*desk = (struct desk){ .budget = budget_new(),
			       .zone = load_zone("UTC"),
			       .limits = unlimited,
			       .now = NOON,
			       .monotonic_ms = 5000 };
	budget_advance(desk->budget, desk->zone, desk->now, desk->monotonic_ms);
}

static void desk_close(struct desk *desk)
{
	budget_free(desk->budget);
	zone_free(desk->zone);
}

static bool wait_for(struct desk *desk, int64_t seconds)
{
	desk->now += seconds;
	desk->monotonic_ms += seconds * 1000;
	return budget_advance(desk->budget, desk->zone, desk->now, desk->monotonic_ms);
}

static bool set_clock(struct desk *desk, int64_t now)
{
	desk->now = now;
	return budget_advance(desk->budget, desk->zone, desk->now, desk->monotonic_ms);
}

/* All that is left of the window. */
static int64_t spend(struct desk *desk)
{
	struct budget_ask ask = ask_of(CAP * 10, &desk->limits);
	struct budget_hold hold;
	struct budget_verdict verdict;

	ask.least_tokens = 1;
	if (budget_reserve(desk->budget, &ask, &hold, &verdict) != BUDGET_FITS)
		return 0;
	budget_settle(desk->budget, &hold, hold.micro_usd, hold.tokens);
	return hold.micro_usd;
}

static void test_next_window(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk);
	desk.limits.per_agent_hourly_micro_usd = CAP;
	desk.limits.per_agent_daily_micro_usd = CAP * 3;
	assert_int_equal(spend(&desk), CAP);
	assert_int_equal(spend(&desk), 0);
	assert_false(wait_for(&desk, HOUR_S - 1));
	assert_int_equal(spend(&desk), 0);
	assert_true(wait_for(&desk, 1));
	assert_int_equal(spend(&desk), CAP);
	assert_true(wait_for(&desk, HOUR_S));
	assert_int_equal(spend(&desk), CAP);
	assert_true(wait_for(&desk, HOUR_S));
	assert_int_equal(spend(&desk), 0); /* the day's */
	assert_true(wait_for(&desk, budget_windows(desk.budget)->day_ends - desk.now));
	assert_int_equal(spend(&desk), CAP);
	desk_close(&desk);
}

/* However far it is set back: nothing more until the time of a window has passed. */
static void test_set_back(void **state)
{
	static const struct {
		int64_t back, until_next; /* seconds from noon to the next day's money */
	} rows[] = {
		{ 0, 12 * HOUR_S },
		{ HOUR_S, 13 * HOUR_S },
		{ 12 * HOUR_S, 24 * HOUR_S },
		{ 13 * HOUR_S, 25 * HOUR_S }, /* the day before, then all of the day again */
		{ DAY_S, 36 * HOUR_S },
		{ 2 * DAY_S, 24 * HOUR_S }, /* a day has passed on the other clock */
		{ 365 * DAY_S, 24 * HOUR_S },
		{ 50 * 365 * (int64_t)DAY_S, 24 * HOUR_S },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct desk desk;
		int64_t day, waited = 0;

		desk_open(&desk);
		desk.limits.per_agent_daily_micro_usd = CAP;
		day = budget_windows(desk.budget)->day;
		assert_int_equal(spend(&desk), CAP);
		set_clock(&desk, desk.now - rows[i].back);
		for (; waited < rows[i].until_next; waited += 900) {
			assert_int_equal(budget_windows(desk.budget)->day, day);
			assert_int_equal(spend(&desk), 0);
			/* When to come back is told. */
			assert_int_equal(budget_windows(desk.budget)->day_ends,
					 desk.now + rows[i].until_next - waited);
			wait_for(&desk, 900);
		}
		assert_int_not_equal(budget_windows(desk.budget)->day, day);
		assert_int_equal(spend(&desk), CAP);
		assert_int_equal(spend(&desk), 0);
		desk_close(&desk);
	}
}

/* To and fro, as often as one likes, within the day. */
static void test_to_and_fro(void **state)
{
	struct desk desk;
	int64_t spent, noon;

	(void)state;
	desk_open(&desk);
	noon = desk.now;
	desk.limits.per_agent_hourly_micro_usd = CAP;
	desk.limits.per_agent_daily_micro_usd = 5 * CAP;
	spent = spend(&desk);
	for (int i = 0; i < 100; i++) {
		set_clock(&desk, noon - (int64_t)pick(400 * DAY_S));
		spent += spend(&desk);
		wait_for(&desk, 10);
		set_clock(&desk, noon + (int64_t)pick(1800));
		spent += spend(&desk);
		wait_for(&desk, 10);
	}
	assert_int_equal(spent, CAP);
	desk_close(&desk);
}

/* A year too far and back again: one window too many, and after a day all is as it was. */
static void test_forward_by_mistake(void **state)
{
	struct desk desk;
	int64_t wrong;

	(void)state;
	desk_open(&desk);
	desk.limits.per_agent_daily_micro_usd = CAP;
	assert_int_equal(spend(&desk), CAP);
	assert_true(set_clock(&desk, NOON + 365 * DAY_S));
	wrong = budget_windows(desk.budget)->day;
	assert_int_equal(spend(&desk), CAP);
	wait_for(&desk, 600);
	assert_false(set_clock(&desk, NOON + 600));
	wait_for(&desk, DAY_S - 601);
	assert_int_equal(budget_windows(desk.budget)->day, wrong);
	assert_int_equal(spend(&desk), 0);
	assert_true(wait_for(&desk, 1));
	assert_int_equal(budget_windows(desk.budget)->day, NOON + DAY_S);
	assert_int_equal(spend(&desk), CAP);
	assert_int_equal(spend(&desk), 0);
	for (int day = 1; day < 400; day++) {
		assert_true(wait_for(&desk, budget_windows(desk.budget)->day_ends - desk.now));
		assert_int_equal(desk.now, NOON + DAY_S / 2 + day * DAY_S);
		assert_int_not_equal(budget_windows(desk.budget)->day, wrong);
		assert_int_equal(spend(&desk), CAP);
		assert_int_equal(spend(&desk), 0);
	}
	desk_close(&desk);
}

/* One step of a clock that does anything. */
static void step(struct desk *desk)
{
	static const int64_t jumps[] = { 60, HOUR_S, DAY_S, 2 * DAY_S, 3 * DAY_S, 400 * DAY_S };
	int64_t jump = jumps[pick(ARRAY_LENGTH(jumps))];

	switch (pick(8)) {
	case 0: desk->now -= jump; break;
	case 1: desk->now += pick(6) ? 0 : jump; break;
	case 2: /* until something is told to happen */
		jump = (pick(2) ? budget_windows(desk->budget)->hour_ends
				: budget_windows(desk->budget)->day_ends) -
		       desk->now;
		if (jump > DAY_S * 2)
			jump = DAY_S * 2;
		desk->now += jump;
		desk->monotonic_ms += jump * 1000;
		break;
	default:
		jump = (int64_t)pick(2 * HOUR_S);
		desk->now += jump;
		desk->monotonic_ms += jump * 1000;
	}
}

struct seen {
	int64_t names[20000], since_ms;
	size_t count;
};

/* A new window has a new name, and a reason: the clock shows a later one, or its time is over. */
static void check(struct seen *seen, int64_t name, int64_t shown, int64_t length,
		  const struct desk *desk)
{
	int64_t last = seen->names[seen->count - 1];
	int64_t passed = desk->monotonic_ms - seen->since_ms;

	if (name == last) {
		assert_true(shown <= last);
		assert_true(desk->now >= last || passed < length * 1000);
		return;
	}
	assert_true(shown > last || (desk->now < last && passed >= length * 1000));
	/* A beginning by the clock is never one's again; another could only come again if the clock
	 * were wrong twice and put right in the same second. */
	for (size_t i = 0; i < seen->count; i++)
		assert_true(name != seen->names[i] || name % length);
	assert_true(seen->count < ARRAY_LENGTH(seen->names));
	seen->names[seen->count++] = name;
	seen->since_ms = desk->monotonic_ms;
}

static void test_any_clock(void **state)
{
	static struct seen hours, days;

	(void)state;
	for (int run = 0; run < 40; run++) {
		struct desk desk;
		const struct budget_windows *windows;

		desk_open(&desk);
		windows = budget_windows(desk.budget);
		hours = (struct seen){ { windows->hour }, desk.monotonic_ms, 1 };
		days = (struct seen){ { windows->day }, desk.monotonic_ms, 1 };
		for (int i = 0; i < 2000; i++) {
			struct budget_windows shown;

			step(&desk);
			budget_advance(desk.budget, desk.zone, desk.now, desk.monotonic_ms);
			budget_windows_at(desk.zone, desk.now, &shown);
			check(&hours, windows->hour, shown.hour, HOUR_S, &desk);
			check(&days, windows->day, shown.day, DAY_S, &desk);
			assert_true(windows->hour_ends > desk.now);
			assert_true(windows->day_ends > desk.now);
		}
		desk_close(&desk);
	}
}

/* What is held over midnight belongs to the day in which it began. */
static void test_held_over_midnight(void **state)
{
	struct desk desk;
	struct budget_ask ask;
	struct budget_hold hold;
	struct budget_verdict verdict;
	struct budget_row row;

	(void)state;
	desk_open(&desk);
	desk.limits.per_agent_daily_micro_usd = CAP;
	ask = ask_of(CAP, &desk.limits);
	assert_int_equal(budget_reserve(desk.budget, &ask, &hold, &verdict), BUDGET_FITS);
	assert_true(wait_for(&desk, 12 * HOUR_S));
	assert_int_equal(spend(&desk), CAP);
	budget_settle(desk.budget, &hold, CAP, CAP);
	budget_look(desk.budget, LAYER_AGENT_DAY, "a", &desk.limits, &row);
	assert_int_equal(row.settled, CAP);
	assert_int_equal(row.reserved, 0);
	assert_int_equal(row.limit, CAP);
	assert_int_equal(row.resets_at, NOON + 36 * HOUR_S);
	budget_look(desk.budget, LAYER_SESSION, "s", &desk.limits, &row);
	assert_int_equal(row.settled, 2 * CAP);
	desk_close(&desk);
}

/* A start with a clock that is behind (no battery, no network yet) has no second allowance. */
static void test_restart_behind(void **state)
{
	struct desk desk;
	struct budget_hold row = { .agent = "a", .work = WORK_BEAT, .micro_usd = CAP };

	(void)state;
	desk_open(&desk);
	desk.limits.per_agent_daily_micro_usd = CAP;
	row.hour = budget_windows(desk.budget)->hour;
	row.day = budget_windows(desk.budget)->day;
	budget_free(desk.budget);
	desk.budget = budget_new();
	assert_false(budget_restore_windows(desk.budget,
					    &(struct budget_in_force){ row.hour, row.day, 0, 0 },
					    desk.zone, 1000, 0));
	assert_int_equal(budget_windows(desk.budget)->day, row.day);
	budget_recall(desk.budget, &row);
	assert_int_equal(spend(&desk), 0);
	assert_false(set_clock(&desk, NOON + 60));
	assert_int_equal(spend(&desk), 0);
	assert_true(set_clock(&desk, NOON + DAY_S));
	assert_int_equal(spend(&desk), CAP);
	desk_close(&desk);
}

/* As agentd does it: rows of the window in force are recalled, what is in force was kept `lost_ms`
 * ago. */
static void restart(struct desk *desk, int64_t lost_ms)
{
	struct budget_in_force before;
	struct budget_row row;
	struct budget_hold spent = { .agent = "a", .work = WORK_BEAT };

	budget_look_in_force(desk->budget, desk->monotonic_ms - lost_ms, &before);
	budget_look(desk->budget, LAYER_AGENT_DAY, "a", &desk->limits, &row);
	spent.hour = before.hour;
	spent.day = before.day;
	spent.micro_usd = row.settled;
	budget_free(desk->budget);
	desk->budget = budget_new();
	desk->monotonic_ms = (int64_t)pick(HOUR_S) * 1000; /* another boot */
	budget_restore_windows(desk->budget, &before, desk->zone, desk->now, desk->monotonic_ms);
	budget_recall(desk->budget, &spent);
}

/* Money was spent by a clock that was months ahead. It is put right, and agentd starts anew more
 * often than daily: the day is held for a day of watched time, not for ever, and not for less. */
static void test_restarts_do_not_hold_for_ever(void **state)
{
	static const int64_t apart[] = { 600, HOUR_S, 7 * HOUR_S, 23 * HOUR_S };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(apart); i++) {
		struct desk desk;
		int64_t watched = 0, day;

		desk_open(&desk);
		desk.limits.per_agent_daily_micro_usd = CAP;
		set_clock(&desk, NOON + 100 * DAY_S);
		day = budget_windows(desk.budget)->day;
		assert_int_equal(spend(&desk), CAP);
		set_clock(&desk, NOON);
		while (!wait_for(&desk, 60) || budget_windows(desk.budget)->day == day) {
			watched += 60;
			assert_true(budget_is_held(desk.budget, desk.now));
			assert_int_equal(spend(&desk), 0);
			assert_true(watched < 2 * DAY_S);
			if (watched % apart[i] == 0)
				restart(&desk, 60000);
		}
		watched += 60;
		assert_true(watched >= DAY_S && watched <= DAY_S + 60 * (1 + watched / apart[i]));
		assert_false(budget_is_held(desk.budget, desk.now));
		assert_int_equal(spend(&desk), CAP);
		day = budget_windows(desk.budget)->day;
		restart(&desk, 0); /* the new window is the one that is in force again */
		assert_int_equal(budget_windows(desk.budget)->day, day);
		assert_int_equal(spend(&desk), 0);
		desk_close(&desk);
	}
}

/* What was kept may say anything: it is no more than a full window, and no less than nothing. */
static void test_kept_nonsense(void **state)
{
	static const int64_t kept[] = { INT64_MIN, -1, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
		struct desk desk;
		struct budget_in_force before = { NOON, NOON, kept[i], kept[i] };

		desk_open(&desk);
		assert_int_equal(budget_restore_windows(desk.budget, &before, desk.zone,
							NOON - 100 * DAY_S, 0),
				 kept[i] > 0);
		desk_close(&desk);
	}
}

int run_clocks(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_window),
		cmocka_unit_test(test_set_back),
		cmocka_unit_test(test_to_and_fro),
		cmocka_unit_test(test_forward_by_mistake),
		cmocka_unit_test(test_any_clock),
		cmocka_unit_test(test_held_over_midnight),
		cmocka_unit_test(test_restart_behind),
		cmocka_unit_test(test_restarts_do_not_hold_for_ever),
		cmocka_unit_test(test_kept_nonsense),
	};

	return cmocka_run_group_tests_name("budget clocks", tests, NULL, NULL);
}
