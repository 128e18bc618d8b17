#include "lifecycle.h"

/* What happens, and the state that follows. An empty cell is a bug of ours. */
static const struct cell {
	enum life_action action;
	enum life_state next;
} table[LIFE_STATES][LIFE_EVENTS] = {
	[LIFE_WAITING] = {
		[LIFE_ADMITTED] = { LIFE_RECORD, LIFE_RECORDING },
		[LIFE_DUE] = { LIFE_ADMIT, LIFE_WAITING },
		[LIFE_EXITED] = { LIFE_RECORD, LIFE_RECORDING },
		[LIFE_CANCELLED] = { LIFE_WITHDRAW, LIFE_CLOSING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_RECORDING] = {
		[LIFE_RECORDED] = { LIFE_BEGIN, LIFE_RUNNING },
		[LIFE_UNRECORDED] = { LIFE_DROP, LIFE_ENDED },
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_RECORDING },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_RECORDING },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_RECORDING },
		[LIFE_EXITED] = { LIFE_NOTHING, LIFE_RECORDING },
		[LIFE_DIED] = { LIFE_NOTHING, LIFE_RECORDING },
		[LIFE_CANCELLED] = { LIFE_KILL, LIFE_RECORDING },
	},
	[LIFE_RUNNING] = {
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_RUNNING },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_LEAVING },
		[LIFE_DUE] = { LIFE_TERM, LIFE_STOPPING },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_KILL, LIFE_KILLING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_LEAVING] = {
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_LEAVING },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_LEAVING },
		[LIFE_DUE] = { LIFE_KILL, LIFE_KILLING },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_KILL, LIFE_KILLING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_STOPPING] = {
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_STOPPING },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_STOPPING },
		[LIFE_DUE] = { LIFE_KILL, LIFE_KILLING },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_KILL, LIFE_KILLING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_KILLING] = {
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_KILLING },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_KILLING },
		[LIFE_DUE] = { LIFE_COMPLAIN, LIFE_STUCK },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_NOTHING, LIFE_KILLING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_STUCK] = {
		[LIFE_PROGRESS] = { LIFE_NOTHING, LIFE_STUCK },
		[LIFE_LAST_WORD] = { LIFE_NOTHING, LIFE_STUCK },
		[LIFE_GONE] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_KILL, LIFE_STUCK },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_FINISHING] = {
		[LIFE_EXITED] = { LIFE_SAVE, LIFE_SAVING },
		[LIFE_DIED] = { LIFE_WAIT, LIFE_WAITING },
		[LIFE_CANCELLED] = { LIFE_NOTHING, LIFE_FINISHING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
	},
	[LIFE_SAVING] = {
		[LIFE_SAVED] = { LIFE_CLOSE, LIFE_CLOSING },
		[LIFE_SUSPENDED] = { LIFE_LET_GO, LIFE_ENDED },
		[LIFE_CANCELLED] = { LIFE_NOTHING, LIFE_SAVING },
	},
	[LIFE_CLOSING] = {
		[LIFE_CLOSED] = { LIFE_END, LIFE_ENDED },
		[LIFE_CANCELLED] = { LIFE_NOTHING, LIFE_CLOSING },
	},
};

/* ---- clocks ---- */

int64_t life_backoff_ms(const struct life_rules *rules, unsigned deaths, uint32_t chance)
{
	int64_t ms = rules->backoff_shortest_ms;

	while (deaths-- > 1 && ms < rules->backoff_longest_ms)
		ms *= 2;
	ms += (int64_t)((uint64_t)(ms / 4 + 1) * chance >> 32);
	return ms < rules->backoff_longest_ms ? ms : rules->backoff_longest_ms;
}

/* When the state it is in has lasted long enough. */
static int64_t due(const struct life *life, const struct life_rules *rules, int64_t now_ms)
{
	switch (life->state) {
	case LIFE_RUNNING: return now_ms + rules->hung_ms;
	case LIFE_LEAVING: return now_ms + rules->farewell_ms;
	case LIFE_STOPPING: return now_ms + rules->grace_ms;
	case LIFE_KILLING: return now_ms + rules->gone_ms;
	default: return LIFE_NEVER;
	}
}

/* ---- what the events carry ---- */

static void count_death(struct life *life, const struct life_happening *happening)
{
	life->deaths = life->deaths && life->death_at == happening->progress ? life->deaths + 1 : 1;
	life->death_at = happening->progress;
	life->ooms += happening->oom;
}

/* Before the table: what holds in each state. */
static void take(struct life *life, const struct life_happening *happening)
{
	switch (happening->event) {
	case LIFE_ADMITTED: life->is_leaving = life->is_killed = false; return;
	case LIFE_EXITED: life->is_leaving = false; return;
	case LIFE_LAST_WORD: life->is_leaving = true; return;
	case LIFE_CANCELLED: life->is_killed = true; return;
	case LIFE_RECORDED: life->lives++; return;
	default: return;
	}
}

/* Its process is older than its durable rows: things may have happened to it. */
static enum life_state begun(const struct life *life)
{
	if (life->is_killed)
		return LIFE_KILLING;
	return life->is_leaving ? LIFE_LEAVING : LIFE_RUNNING;
}

/* Does the clock of its state run from now? What is heard of a process that was told to end changes
 * nothing about its end. */
static bool begins_anew(const struct life *life, enum life_state before, enum life_event event)
{
	return life->state != before || (life->state == LIFE_RUNNING && event == LIFE_PROGRESS);
}

enum life_action lifecycle_step(struct life *life, const struct life_rules *rules,
				const struct life_happening *happening)
{
	const struct cell *cell = &table[life->state][happening->event];
	enum life_state before = life->state;

	if (cell->action == LIFE_BUG)
		return LIFE_BUG;
	take(life, happening);
	life->state = happening->event == LIFE_RECORDED ? begun(life) : cell->next;
	if (begins_anew(life, before, happening->event) || before == LIFE_WAITING)
		life->due_ms = due(life, rules, happening->now_ms);
	if (cell->action == LIFE_WAIT) {
		count_death(life, happening);
		life->due_ms = happening->now_ms +
			       life_backoff_ms(rules, happening->deaths_late, happening->chance);
	}
	return cell->action;
}

/* ---- questions ---- */

void lifecycle_begin(struct life *life)
{
	*life = (struct life){ .due_ms = LIFE_NEVER };
}

void lifecycle_restore(struct life *life, int64_t progress, unsigned deaths, int64_t due_ms)
{
	life->death_at = progress;
	life->deaths = deaths;
	if (life->state == LIFE_WAITING)
		life->due_ms = due_ms;
}

bool lifecycle_is_ready(const struct life *life, int64_t now_ms)
{
	return life->state == LIFE_WAITING &&
	       (life->due_ms == LIFE_NEVER || life->due_ms <= now_ms);
}

bool lifecycle_is_poisoned(const struct life *life, const struct life_rules *rules)
{
	return life->deaths >= rules->deaths_max || life->ooms >= rules->ooms_max;
}

const char *life_state_name(enum life_state state)
{
	static const char *const names[LIFE_STATES] = {
		[LIFE_WAITING] = "waiting",   [LIFE_RECORDING] = "recording",
		[LIFE_RUNNING] = "running",   [LIFE_LEAVING] = "leaving",
		[LIFE_STOPPING] = "stopping", [LIFE_KILLING] = "killing",
		[LIFE_STUCK] = "stuck",       [LIFE_FINISHING] = "finishing",
		[LIFE_SAVING] = "saving",     [LIFE_CLOSING] = "closing",
		[LIFE_ENDED] = "ended",
	};

	return names[state];
}
