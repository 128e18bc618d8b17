#include "suite.h"

static struct life life;
static int64_t now;

static enum life_action step(enum life_event event)
{
	struct life_happening happening = { .event = event, .now_ms = now, .deaths_late = 1 };

	return lifecycle_step(&life, &rules, &happening);
}

static enum life_action die_at(int64_t progress, unsigned deaths_late)
{
	struct life_happening happening = {
		.event = LIFE_DIED, .now_ms = now, .progress = progress, .deaths_late = deaths_late
	};

	return lifecycle_step(&life, &rules, &happening);
}

static enum life_action wait_until_due(void)
{
	assert_int_not_equal(life.due_ms, LIFE_NEVER);
	now = life.due_ms;
	return step(LIFE_DUE);
}

static void begin(void)
{
	now = 1000000;
	lifecycle_begin(&life);
	assert_true(lifecycle_is_ready(&life, now));
	assert_int_equal(step(LIFE_ADMITTED), LIFE_RECORD);
	assert_int_equal(step(LIFE_RECORDED), LIFE_BEGIN);
	assert_int_equal(life.state, LIFE_RUNNING);
}

void a_session_runs_to_its_end(void **state)
{
	(void)state;
	begin();
	assert_int_equal(life.lives, 1);
	assert_int_equal(step(LIFE_PROGRESS), LIFE_NOTHING);
	assert_int_equal(step(LIFE_LAST_WORD), LIFE_NOTHING);
	assert_int_equal(step(LIFE_EXITED), LIFE_SAVE);
	assert_int_equal(life.due_ms, LIFE_NEVER);
	assert_int_equal(step(LIFE_SAVED), LIFE_CLOSE);
	assert_int_equal(step(LIFE_CLOSED), LIFE_END);
	assert_int_equal(life.state, LIFE_ENDED);
	for (int event = 0; event < LIFE_EVENTS; event++)
		assert_int_equal(step((enum life_event)event), LIFE_BUG);
}

void a_session_that_hangs_is_ended(void **state)
{
	(void)state;
	begin();
	assert_int_equal(life.due_ms, now + HUNG_MS);
	now += HUNG_MS - 1; /* what is heard of it in time begins the clock anew */
	step(LIFE_PROGRESS);
	assert_int_equal(life.due_ms, now + HUNG_MS);
	assert_int_equal(wait_until_due(), LIFE_TERM);
	assert_int_equal(life.due_ms, now + GRACE_MS);
	now += GRACE_MS - 1; /* and in vain, once it was told to end */
	step(LIFE_PROGRESS);
	assert_int_equal(life.due_ms, now + 1);
	assert_int_equal(wait_until_due(), LIFE_KILL);
	assert_int_equal(step(LIFE_DIED), LIFE_WAIT);
	assert_int_equal(life.state, LIFE_WAITING);
}

void what_we_do_for_it_is_waited_for(void **state)
{
	(void)state;
	begin();
	assert_int_equal(step(LIFE_CANCELLED), LIFE_KILL);
	assert_int_equal(step(LIFE_GONE), LIFE_NOTHING);
	assert_int_equal(life.due_ms, LIFE_NEVER);
	assert_int_equal(life.state, LIFE_FINISHING);
	assert_int_equal(step(LIFE_CANCELLED), LIFE_NOTHING);
	assert_int_equal(step(LIFE_EXITED), LIFE_SAVE);
}

void a_daemon_that_stops_lets_it_go(void **state)
{
	(void)state;
	lifecycle_begin(&life);
	assert_int_equal(step(LIFE_SUSPENDED), LIFE_LET_GO);
	begin();
	assert_int_equal(step(LIFE_SUSPENDED), LIFE_LET_GO);
	assert_int_equal(life.state, LIFE_ENDED);
}

void a_last_word_is_the_last(void **state)
{
	(void)state;
	begin();
	step(LIFE_LAST_WORD);
	assert_int_equal(life.due_ms, now + LIFE_FAREWELL_MS);
	now++;
	step(LIFE_LAST_WORD); /* its socket closes, too */
	step(LIFE_PROGRESS);
	assert_int_equal(life.due_ms, now - 1 + LIFE_FAREWELL_MS);
	assert_int_equal(wait_until_due(), LIFE_KILL);
	assert_int_equal(step(LIFE_EXITED), LIFE_SAVE);
}

void what_cannot_be_killed_is_told(void **state)
{
	(void)state;
	begin();
	assert_int_equal(step(LIFE_CANCELLED), LIFE_KILL);
	assert_int_equal(life.due_ms, now + LIFE_GONE_MS);
	assert_int_equal(wait_until_due(), LIFE_COMPLAIN);
	assert_int_equal(life.state, LIFE_STUCK);
	assert_int_equal(life.due_ms, LIFE_NEVER);
	assert_int_equal(step(LIFE_CANCELLED), LIFE_KILL); /* asked again, tried again */
	assert_int_equal(step(LIFE_EXITED), LIFE_SAVE);
}

void a_death_is_followed_by_a_pause(void **state)
{
	(void)state;
	begin();
	assert_int_equal(die_at(1, 1), LIFE_WAIT);
	assert_int_equal(life.due_ms, now + 1000);
	assert_false(lifecycle_is_ready(&life, now));
	assert_int_equal(wait_until_due(), LIFE_ADMIT);
	assert_true(lifecycle_is_ready(&life, now));
	step(LIFE_ADMITTED);
	step(LIFE_RECORDED);
	assert_int_equal(life.lives, 2);
	die_at(4, 4); /* others of its agent have died, too */
	assert_int_equal(life.due_ms, now + 8000);
	assert_int_equal(life.deaths, 1);
	assert_int_equal(step(LIFE_EXITED), LIFE_RECORD); /* or it is decided that it ends */
}

void a_step_that_kills_is_poison(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 1; i <= LIFE_DEATHS_MAX; i++) {
		assert_false(lifecycle_is_poisoned(&life, &rules));
		die_at(7, 1);
		assert_int_equal(life.deaths, i);
		wait_until_due();
		step(LIFE_ADMITTED);
		step(LIFE_RECORDED);
	}
	assert_true(lifecycle_is_poisoned(&life, &rules));
}

/* At whatever steps: each smaller transcript is a step of its own. */
void want_of_memory_is_tried_once_more(void **state)
{
	struct life_happening happening = { .event = LIFE_DIED, .oom = true, .deaths_late = 1 };

	(void)state;
	begin();
	for (unsigned i = 1; i <= LIFE_OOMS_MAX; i++) {
		assert_false(lifecycle_is_poisoned(&life, &rules));
		happening.now_ms = now;
		happening.progress = i;
		assert_int_equal(lifecycle_step(&life, &rules, &happening), LIFE_WAIT);
		assert_int_equal(life.ooms, i);
		assert_int_equal(life.deaths, 1);
		wait_until_due();
		step(LIFE_ADMITTED);
		step(LIFE_RECORDED);
		die_at(i + 10, 1); /* of something else: that is another matter */
		wait_until_due();
		step(LIFE_ADMITTED);
		step(LIFE_RECORDED);
	}
	assert_true(lifecycle_is_poisoned(&life, &rules));
}

void a_restart_forgets_no_death(void **state)
{
	(void)state;
	now = 50;
	lifecycle_begin(&life);
	lifecycle_restore(&life, 7, 2, 1234);
	assert_false(lifecycle_is_ready(&life, 1233));
	assert_true(lifecycle_is_ready(&life, 1234));
	assert_int_equal(wait_until_due(), LIFE_ADMIT);
	step(LIFE_ADMITTED);
	step(LIFE_RECORDED);
	die_at(7, 3);
	assert_true(lifecycle_is_poisoned(&life, &rules));
}

void what_happens_while_it_is_recorded_counts(void **state)
{
	(void)state;
	now = 0;
	lifecycle_begin(&life);
	step(LIFE_ADMITTED);
	step(LIFE_LAST_WORD);
	step(LIFE_RECORDED);
	assert_int_equal(life.state, LIFE_LEAVING);
	lifecycle_begin(&life);
	step(LIFE_ADMITTED);
	assert_int_equal(step(LIFE_CANCELLED), LIFE_KILL);
	step(LIFE_RECORDED);
	assert_int_equal(life.state, LIFE_KILLING);
	assert_int_equal(life.due_ms, LIFE_GONE_MS);
}

void backoff_doubles_with_jitter(void **state)
{
	(void)state;
	assert_int_equal(life_backoff_ms(&rules, 0, 0), 1000);
	for (unsigned deaths = 1; deaths <= 10; deaths++) {
		int64_t least = 1000 << (deaths - 1);

		assert_int_equal(life_backoff_ms(&rules, deaths, 0), least);
		assert_int_equal(life_backoff_ms(&rules, deaths, UINT32_MAX),
				 least + least / 4 < 600000 ? least + least / 4 : 600000);
	}
	assert_int_equal(life_backoff_ms(&rules, 11, 0), 600000);
	assert_int_equal(life_backoff_ms(&rules, UINT32_MAX, UINT32_MAX), 600000);
}
