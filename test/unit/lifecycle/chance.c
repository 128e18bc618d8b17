/* Thousands of lives in a world that does what a world can do, in any order. */
#include "suite.h"

#include <string.h>

#define LIVES 20000
#define STEPS_MAX 5000

/* What the daemon would know of one session. */
struct world {
	struct life life;
	uint64_t seed;
	int64_t now, seq;
	bool process, signalled, immortal; /* signalled: it will go; immortal: not by a signal */
	bool recording, saving, closing;   /* an answer will come */
	bool effect;                       /* and one that its end waits for */
	bool decided, has_row;
	unsigned ends, steps;
	uint64_t trace;
	bool seen[LIFE_STATES][LIFE_EVENTS];
};

static uint32_t dice(struct world *w, uint32_t sides)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(w->seed >> 33) % sides;
}

static void happen(struct world *w, enum life_event event);

static void process_gone(struct world *w)
{
	w->process = false;
	if (!w->decided && !dice(w, 3))
		w->decided = true; /* it was done, or a limit was met */
	if (!dice(w, 4)) {
		w->effect = w->life.state != LIFE_RECORDING; /* else it is over by then */
		happen(w, LIFE_GONE);
		return;
	}
	happen(w, w->decided ? LIFE_EXITED : LIFE_DIED);
}

static void after_death(struct world *w)
{
	assert_false(w->process);
	if (lifecycle_is_poisoned(&w->life, &rules))
		w->decided = true;
	if (w->decided)
		happen(w, LIFE_EXITED);
}

static void perform(struct world *w, enum life_action action)
{
	switch (action) {
	case LIFE_RECORD:
		assert_false(w->process); /* never two at once */
		w->recording = true;
		w->process = !w->decided && dice(w, 10);
		w->signalled = false;
		w->immortal = !dice(w, 10);
		return;
	case LIFE_BEGIN:
		w->has_row = true;
		if (!w->process)
			happen(w, w->decided ? LIFE_EXITED : LIFE_DIED);
		return;
	case LIFE_TERM: w->signalled = dice(w, 2); return;
	case LIFE_KILL: w->signalled = w->process && !w->immortal; return;
	case LIFE_COMPLAIN: w->immortal = false; return;
	case LIFE_WAIT: after_death(w); return;
	case LIFE_SAVE:
		assert_false(w->process);
		w->saving = true;
		return;
	case LIFE_WITHDRAW:
		assert_false(w->has_row);
		w->closing = true;
		return;
	case LIFE_CLOSE: w->closing = true; return;
	case LIFE_END: w->ends++; return;
	case LIFE_LET_GO:
	case LIFE_DROP:
		w->process = false;
		w->ends++;
		return;
	default: return;
	}
}

static void happen(struct world *w, enum life_event event)
{
	struct life_happening happening = {
		.event = event,
		.now_ms = w->now,
		.chance = dice(w, UINT32_MAX),
		.progress = w->seq,
		.deaths_late = 1 + dice(w, 5),
	};
	enum life_state before = w->life.state;
	enum life_action action = lifecycle_step(&w->life, &rules, &happening);

	if (action == LIFE_BUG)
		fail_msg("event %d in state %s", (int)event, life_state_name(before));
	w->seen[before][event] = true;
	w->trace = (w->trace ^ (uint64_t)action ^ (uint64_t)w->life.due_ms << 8) * 0x100000001b3;
	assert_true(w->life.due_ms == LIFE_NEVER || w->life.due_ms >= w->now);
	perform(w, action);
}

static void cancel(struct world *w)
{
	w->decided = true;
	happen(w, w->life.state == LIFE_WAITING && w->has_row ? LIFE_EXITED : LIFE_CANCELLED);
}

static void suspend(struct world *w)
{
	enum life_state state = w->life.state;

	if (state == LIFE_WAITING || (state >= LIFE_RUNNING && state <= LIFE_SAVING))
		happen(w, LIFE_SUSPENDED);
}

/* One thing that can happen now. */
static void live(struct world *w)
{
	switch (dice(w, 13)) {
	case 0:
		if (lifecycle_is_ready(&w->life, w->now))
			happen(w, LIFE_ADMITTED);
		return;
	case 1:
		if (w->recording) {
			w->recording = false;
			happen(w, dice(w, 10) ? LIFE_RECORDED : LIFE_UNRECORDED);
		}
		return;
	case 2:
	case 3:
		if (w->process && w->life.state != LIFE_WAITING)
			happen(w, LIFE_PROGRESS);
		w->seq += dice(w, 8) == 0;
		return;
	case 4:
		if (w->process && !dice(w, 3))
			happen(w, LIFE_LAST_WORD);
		return;
	case 5:
		if (w->process && (w->signalled || !dice(w, 4)))
			process_gone(w);
		return;
	case 6:
	case 7:
	case 8:
		if (w->life.due_ms != LIFE_NEVER) {
			w->now = w->life.due_ms;
			happen(w, LIFE_DUE);
		}
		return;
	case 9:
		if (w->saving) {
			w->saving = false;
			happen(w, LIFE_SAVED);
		}
		return;
	case 10:
		if (w->closing) {
			w->closing = false;
			happen(w, LIFE_CLOSED);
		}
		return;
	case 11:
		if (w->effect) {
			w->effect = false;
			happen(w, w->decided ? LIFE_EXITED : LIFE_DIED);
		}
		return;
	default:
		if (!dice(w, 20))
			cancel(w);
		else if (!dice(w, 100))
			suspend(w);
	}
}

static void run(struct world *w, uint64_t seed)
{
	*w = (struct world){ .seed = seed, .seq = 1 };
	lifecycle_begin(&w->life);
	while (w->life.state != LIFE_ENDED && w->steps++ < STEPS_MAX)
		live(w);
	assert_int_equal(w->life.state, LIFE_ENDED);
	assert_int_equal(w->ends, 1);
	assert_false(w->process);
}

void every_life_ends_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		struct world world;

		run(&world, seed);
	}
}

void the_same_seed_is_the_same_life(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct world one, other;

		run(&one, seed);
		run(&other, seed);
		assert_true(one.trace == other.trace);
	}
}

/* The world above is no smaller than the table: nothing stands there that cannot happen. What is
 * heard of a process that is gone already is the exception. */
void every_cell_that_is_filled_is_reached(void **state)
{
	bool seen[LIFE_STATES][LIFE_EVENTS] = { { false } };

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		struct world world;

		run(&world, seed);
		for (int i = 0; i < LIFE_STATES; i++)
			for (int j = 0; j < LIFE_EVENTS; j++)
				seen[i][j] |= world.seen[i][j];
	}
	for (int i = 0; i < LIFE_STATES; i++)
		for (int j = 0; j < LIFE_EVENTS; j++) {
			struct life life = { .state = (enum life_state)i, .due_ms = LIFE_NEVER };
			struct life_happening happening = { .event = (enum life_event)j };
			bool filled = lifecycle_step(&life, &rules, &happening) != LIFE_BUG;

			if (filled != seen[i][j])
				fail_msg("event %d in state %s is %s", j,
					 life_state_name((enum life_state)i),
					 filled ? "never reached" : "reached, and not filled");
		}
}
