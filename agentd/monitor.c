#include "monitor.h"

#include <string.h>

/* ---- restarts ---- */

static void forget_restarts(struct monitor_life *life, int64_t now_ms)
{
	unsigned old = 0;

	while (old < life->restart_count && now_ms - life->restarts[old] >= MONITOR_FLAP_MS)
		old++;
	life->restart_count -= old;
	memmove(life->restarts, life->restarts + old,
		life->restart_count * sizeof(life->restarts[0]));
}

/* The first is at once; of the wait before another, half is chance. */
static int64_t backoff_ms(unsigned restarts, uint32_t chance)
{
	int64_t ms = MONITOR_BACKOFF_MS;

	if (!restarts)
		return 0;
	while (--restarts && ms < MONITOR_BACKOFF_LONGEST_MS)
		ms *= 2;
	if (ms > MONITOR_BACKOFF_LONGEST_MS)
		ms = MONITOR_BACKOFF_LONGEST_MS;
	return ms / 2 + (int64_t)((uint64_t)(ms / 2 + 1) * chance >> 32);
}

/* ---- actions: each returns news ---- */

struct step {
	struct monitor_life *life;
	const struct monitor_rules *rules;
	int64_t now_ms;
	uint32_t chance;
};

static void enter(const struct step *step, enum monitor_state state, int64_t wait_ms)
{
	step->life->state = state;
	step->life->due_ms = step->now_ms + wait_ms;
}

static void start(const struct step *step)
{
	struct monitor_life *life = step->life;

	life->restarts[life->restart_count++] = step->now_ms;
	life->state = MONITOR_RESTARTING;
	life->due_ms = INT64_MAX;
}

static unsigned plan_restart(const struct step *step)
{
	struct monitor_life *life = step->life;
	int64_t wait_ms;

	if (life->restart_count == MONITOR_RESTARTS) {
		life->given_up = true;
		return MONITOR_GIVEN_UP;
	}
	wait_ms = backoff_ms(life->restart_count, step->chance);
	if (wait_ms)
		enter(step, MONITOR_BACKOFF, wait_ms);
	else
		start(step);
	return 0;
}

static unsigned failed(const struct step *step)
{
	struct monitor_life *life = step->life;
	unsigned news = life->unverified ? MONITOR_UNHELPFUL : 0;
	bool enough = ++life->failures >= step->rules->failures_max;

	life->unverified = false;
	if (!enough && !life->has_incident) {
		enter(step, MONITOR_FAILING, step->rules->every_ms);
		return 0;
	}
	life->has_incident = true;
	enter(step, MONITOR_DOWN, step->rules->every_ms);
	if (enough && step->rules->restarts && !life->given_up)
		news |= plan_restart(step);
	return news | MONITOR_INCIDENT;
}

static unsigned well(const struct step *step)
{
	struct monitor_life *life = step->life;
	bool was_incident = life->has_incident;

	life->failures = 0;
	life->has_incident = life->given_up = life->unverified = false;
	enter(step, MONITOR_WELL, step->rules->every_ms);
	return was_incident ? MONITOR_OVER : 0;
}

static unsigned recovered(const struct step *step)
{
	if (!step->rules->settle_ms)
		return well(step);
	enter(step, MONITOR_SETTLING, step->rules->settle_ms);
	return 0;
}

/* It has not come back by itself. */
static unsigned still_down(const struct step *step)
{
	step->life->failures++;
	start(step);
	return MONITOR_INCIDENT;
}

static unsigned restarted(const struct step *step)
{
	step->life->unverified = true;
	enter(step, MONITOR_SETTLING, step->rules->settle_ms);
	return 0;
}

/* ---- the table ---- */

static unsigned (*const actions[MONITOR_STATES][MONITOR_EVENTS])(const struct step *step) = {
	[MONITOR_UNKNOWN] = { [MONITOR_LOOKED_WELL] = well, [MONITOR_LOOKED_FAILED] = failed },
	[MONITOR_WELL] = { [MONITOR_LOOKED_WELL] = well, [MONITOR_LOOKED_FAILED] = failed },
	[MONITOR_FAILING] = { [MONITOR_LOOKED_WELL] = well, [MONITOR_LOOKED_FAILED] = failed },
	[MONITOR_DOWN] = { [MONITOR_LOOKED_WELL] = recovered, [MONITOR_LOOKED_FAILED] = failed },
	[MONITOR_BACKOFF] = { [MONITOR_LOOKED_WELL] = recovered,
			      [MONITOR_LOOKED_FAILED] = still_down },
	[MONITOR_RESTARTING] = { [MONITOR_RESTARTED] = restarted },
	[MONITOR_SETTLING] = { [MONITOR_LOOKED_WELL] = well, [MONITOR_LOOKED_FAILED] = failed },
};

unsigned monitor_step(struct monitor_life *life, const struct monitor_rules *rules,
		      enum monitor_event event, int64_t now_ms, uint32_t chance)
{
	struct step step = { life, rules, now_ms, chance };

	forget_restarts(life, now_ms);
	return actions[life->state][event] ? actions[life->state][event](&step) : 0;
}

void monitor_restore(struct monitor_life *life, const struct monitor_rules *rules,
		     bool has_incident, bool given_up)
{
	if (!has_incident)
		return;
	life->state = MONITOR_DOWN;
	life->has_incident = true;
	life->failures = rules->failures_max;
	life->given_up = given_up;
}

void monitor_restore_restart(struct monitor_life *life, int64_t at_ms)
{
	if (life->restart_count == MONITOR_RESTARTS) {
		memmove(life->restarts, life->restarts + 1,
			sizeof(life->restarts) - sizeof(life->restarts[0]));
		life->restart_count--;
	}
	life->restarts[life->restart_count++] = at_ms;
}

const char *monitor_state_name(enum monitor_state state)
{
	static const char *const names[MONITOR_STATES] = {
		[MONITOR_UNKNOWN] = "unknown",    [MONITOR_WELL] = "well",
		[MONITOR_FAILING] = "failing",    [MONITOR_DOWN] = "down",
		[MONITOR_BACKOFF] = "restarting", [MONITOR_RESTARTING] = "restarting",
		[MONITOR_SETTLING] = "settling",
	};

	return names[state];
}
