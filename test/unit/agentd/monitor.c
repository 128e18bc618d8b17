/* A monitor's life: when it is an incident, when it is restarted, when that is enough. */
#include "monitor.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define NOW INT64_C(5000000)

static const struct monitor_rules watched = { 5 * MINUTE, 5 * SECOND, 3, false };
static const struct monitor_rules restarted = { 5 * MINUTE, 5 * SECOND, 3, true };

/* Feeds events, a letter each (w, f: looked; r: the restart has ended), and returns the news of the
 * last. */
static unsigned feed(struct monitor_life *life, const struct monitor_rules *rules,
		     const char *events, int64_t now)
{
	static const char letters[] = "wfr";
	unsigned news = 0;

	for (; *events; events++)
		news = monitor_step(life, rules,
				    (enum monitor_event)(strchr(letters, *events) - letters), now,
				    0);
	return news;
}

static void failures_in_a_row_are_an_incident(void **state)
{
	struct monitor_life life = { 0 };

	(void)state;
	assert_string_equal("unknown", monitor_state_name(life.state));
	assert_int_equal(0, feed(&life, &watched, "w", NOW));
	assert_string_equal("well", monitor_state_name(life.state));
	assert_int_equal(NOW + 5 * MINUTE, life.due_ms);
	assert_int_equal(0, feed(&life, &watched, "ff", NOW));
	assert_string_equal("failing", monitor_state_name(life.state));
	assert_int_equal(2, life.failures);
	assert_int_equal(0, feed(&life, &watched, "wff", NOW)); /* the row begins anew */
	assert_int_equal(2, life.failures);
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &watched, "f", NOW + 1));
	assert_string_equal("down", monitor_state_name(life.state));
	assert_int_equal(NOW + 1 + 5 * MINUTE, life.due_ms);
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &watched, "f", NOW + 2));
}

static void well_again_has_to_last(void **state)
{
	struct monitor_rules at_once = watched;
	struct monitor_life life = { 0 };

	(void)state;
	feed(&life, &watched, "fff", NOW);
	assert_int_equal(0, feed(&life, &watched, "w", NOW));
	assert_string_equal("settling", monitor_state_name(life.state));
	assert_int_equal(NOW + 5 * SECOND, life.due_ms);
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &watched, "f", NOW));
	assert_string_equal("down", monitor_state_name(life.state));
	assert_int_equal(MONITOR_OVER, feed(&life, &watched, "ww", NOW));
	assert_string_equal("well", monitor_state_name(life.state));
	assert_int_equal(0, life.failures);
	at_once.settle_ms = 0;
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &at_once, "fff", NOW));
	assert_int_equal(MONITOR_OVER, feed(&life, &at_once, "w", NOW));
}

static void a_restart_is_verified(void **state)
{
	struct monitor_life life = { 0 };

	(void)state;
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &restarted, "fff", NOW));
	assert_string_equal("restarting", monitor_state_name(life.state));
	assert_int_equal(MONITOR_RESTARTING, life.state); /* the first is at once */
	assert_true(life.due_ms == INT64_MAX);
	assert_int_equal(0, feed(&life, &restarted, "r", NOW + 100));
	assert_string_equal("settling", monitor_state_name(life.state));
	assert_int_equal(NOW + 100 + 5 * SECOND, life.due_ms);
	assert_int_equal(MONITOR_OVER, feed(&life, &restarted, "w", NOW));
	assert_string_equal("well", monitor_state_name(life.state));
}

static void restarts_that_do_not_help_end(void **state)
{
	struct monitor_life life = { 0 };

	(void)state;
	feed(&life, &restarted, "fffr", NOW);
	assert_int_equal(MONITOR_INCIDENT | MONITOR_UNHELPFUL, feed(&life, &restarted, "f", NOW));
	assert_in_range(life.due_ms, NOW + 500, NOW + 1000);
	assert_int_equal(MONITOR_INCIDENT | MONITOR_UNHELPFUL, feed(&life, &restarted, "frf", NOW));
	assert_in_range(life.due_ms, NOW + 1000, NOW + 2000);
	assert_int_equal(MONITOR_INCIDENT | MONITOR_UNHELPFUL | MONITOR_GIVEN_UP,
			 feed(&life, &restarted, "frf", NOW));
	assert_string_equal("down", monitor_state_name(life.state));
	/* not in this incident, however long it lasts */
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &restarted, "ffff", NOW + 9 * 60 * MINUTE));
	assert_string_equal("down", monitor_state_name(life.state));
	assert_int_equal(MONITOR_OVER, feed(&life, &restarted, "ww", NOW + 9 * 60 * MINUTE));
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &restarted, "fff", NOW + 9 * 60 * MINUTE));
	assert_int_equal(MONITOR_RESTARTING, life.state);
}

/* Each restart helps, and still it is too many of them. */
static void flapping_ends_restarts(void **state)
{
	struct monitor_life life = { 0 };

	(void)state;
	for (int i = 0; i < MONITOR_RESTARTS; i++)
		assert_int_equal(MONITOR_OVER, feed(&life, &restarted, i ? "ffffrw" : "fffrw",
						    NOW + i * 10 * MINUTE));
	assert_int_equal(MONITOR_INCIDENT | MONITOR_GIVEN_UP,
			 feed(&life, &restarted, "fff", NOW + 59 * MINUTE));
	assert_int_equal(MONITOR_DOWN, life.state);
	assert_int_equal(MONITOR_OVER, feed(&life, &restarted, "ww", NOW + 59 * MINUTE));
	/* the first of the three is an hour ago */
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &restarted, "fff", NOW + 60 * MINUTE));
	assert_int_equal(MONITOR_BACKOFF, life.state);
	assert_int_equal(2, life.restart_count);
}

static void waits_double_and_end(void **state)
{
	struct monitor_life life = { .state = MONITOR_DOWN, .has_incident = true };
	static const uint32_t chances[] = { 0, UINT32_MAX / 2, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(chances); i++) {
		life = (struct monitor_life){ .failures = 2, .restart_count = 2 };
		life.restarts[0] = life.restarts[1] = NOW;
		monitor_step(&life, &restarted, MONITOR_LOOKED_FAILED, NOW, chances[i]);
		assert_int_equal(NOW + 1000 + (int64_t)i * 500, life.due_ms);
	}
}

static void a_start_of_the_daemon_knows_its_incidents(void **state)
{
	struct monitor_life fresh = { 0 }, open = { 0 }, given_up = { 0 };

	(void)state;
	monitor_restore(&fresh, &restarted, false, false);
	assert_string_equal("unknown", monitor_state_name(fresh.state));
	monitor_restore(&open, &restarted, true, false);
	assert_string_equal("down", monitor_state_name(open.state));
	assert_int_equal(restarted.failures_max, open.failures);
	assert_int_equal(MONITOR_INCIDENT, feed(&open, &restarted, "f", NOW));
	assert_int_equal(MONITOR_RESTARTING, open.state); /* those before are not wanted again */
	monitor_restore(&given_up, &restarted, true, true);
	assert_int_equal(MONITOR_INCIDENT, feed(&given_up, &restarted, "fff", NOW));
	assert_int_equal(MONITOR_DOWN, given_up.state);
	assert_int_equal(MONITOR_OVER, feed(&given_up, &restarted, "ww", NOW));
	assert_false(given_up.given_up);
}

static void one_that_comes_back_is_not_restarted(void **state)
{
	struct monitor_rules at_once = restarted;
	struct monitor_life life = { 0 };

	(void)state;
	feed(&life, &restarted, "fffrf", NOW);
	assert_int_equal(MONITOR_BACKOFF, life.state);
	assert_int_equal(0, feed(&life, &restarted, "w", NOW + SECOND));
	assert_int_equal(MONITOR_SETTLING, life.state);
	assert_int_equal(1, life.restart_count);
	assert_int_equal(MONITOR_OVER, feed(&life, &restarted, "w", NOW + 6 * SECOND));
	at_once.settle_ms = 0;
	life = (struct monitor_life){ 0 };
	feed(&life, &at_once, "fffrf", NOW);
	assert_int_equal(MONITOR_OVER, feed(&life, &at_once, "w", NOW + SECOND));
	assert_int_equal(1, life.restart_count);
}

static void restarts_outlive_the_daemon(void **state)
{
	struct monitor_life life = { 0 };

	(void)state;
	for (int i = 0; i <= MONITOR_RESTARTS; i++) /* one more than are counted */
		monitor_restore_restart(&life, NOW - (90 - i * 20) * MINUTE);
	assert_int_equal(MONITOR_RESTARTS, life.restart_count);
	assert_int_equal(NOW - 70 * MINUTE, life.restarts[0]);
	assert_int_equal(MONITOR_INCIDENT, feed(&life, &restarted, "fff", NOW));
	assert_int_equal(MONITOR_BACKOFF, life.state); /* the first of them is too old */
	assert_int_equal(2, life.restart_count);
	life = (struct monitor_life){ 0 };
	for (int i = 0; i < MONITOR_RESTARTS; i++)
		monitor_restore_restart(&life, -MINUTE); /* before the machine started */
	assert_int_equal(MONITOR_INCIDENT | MONITOR_GIVEN_UP,
			 feed(&life, &restarted, "fff", MINUTE));
	assert_int_equal(MONITOR_DOWN, life.state);
}

static void what_cannot_happen_changes_nothing(void **state)
{
	static const struct {
		enum monitor_state state;
		const char *events;
	} rows[] = {
		{ MONITOR_UNKNOWN, "r" },  { MONITOR_WELL, "r" },    { MONITOR_FAILING, "r" },
		{ MONITOR_DOWN, "r" },     { MONITOR_BACKOFF, "r" }, { MONITOR_RESTARTING, "wf" },
		{ MONITOR_SETTLING, "r" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct monitor_life life = { .state = rows[i].state, .due_ms = 7 }, before = life;

		assert_int_equal(0, feed(&life, &restarted, rows[i].events, NOW));
		assert_memory_equal(&before, &life, sizeof(life));
	}
}

/* Any story: never a fourth restart within an hour, an incident is over once, and there is always
 * something to wait for; a command runs right after a look that failed. */
static void any_story(void **state)
{
	struct monitor_life life = { 0 };
	int64_t now = NOW, restarts[MONITOR_RESTARTS] = { -MONITOR_FLAP_MS, -MONITOR_FLAP_MS,
							  -MONITOR_FLAP_MS };
	uint64_t seed = 4711;
	unsigned count = 0, overs = 0;
	bool open = false;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint32_t chance;
		enum monitor_event event;
		unsigned news;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		chance = (uint32_t)(seed >> 32);
		event = life.state == MONITOR_RESTARTING ? MONITOR_RESTARTED
			: chance % 8 < 5                 ? MONITOR_LOOKED_FAILED
							 : MONITOR_LOOKED_WELL;
		now = life.due_ms == INT64_MAX ? now + 50 : life.due_ms > now ? life.due_ms : now;
		news = monitor_step(&life, &restarted, event, now, chance);
		if (life.state == MONITOR_RESTARTING) {
			assert_int_equal(MONITOR_LOOKED_FAILED, event);
			assert_true(now - restarts[count % MONITOR_RESTARTS] >= MONITOR_FLAP_MS);
			restarts[count++ % MONITOR_RESTARTS] = now;
		}
		assert_true(!(news & MONITOR_OVER) || open);
		open = (open || news & MONITOR_INCIDENT) && !(news & MONITOR_OVER);
		assert_int_equal(open, life.has_incident);
		overs += !!(news & MONITOR_OVER);
		assert_true(life.due_ms >= now &&
			    (life.due_ms < INT64_MAX) == (life.state != MONITOR_RESTARTING));
	}
	assert_true(count > 1000 && overs > 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_a_row_are_an_incident),
		cmocka_unit_test(well_again_has_to_last),
		cmocka_unit_test(a_restart_is_verified),
		cmocka_unit_test(restarts_that_do_not_help_end),
		cmocka_unit_test(flapping_ends_restarts),
		cmocka_unit_test(waits_double_and_end),
		cmocka_unit_test(a_start_of_the_daemon_knows_its_incidents),
		cmocka_unit_test(one_that_comes_back_is_not_restarted),
		cmocka_unit_test(restarts_outlive_the_daemon),
		cmocka_unit_test(what_cannot_happen_changes_nothing),
		cmocka_unit_test(any_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
