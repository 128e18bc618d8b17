/* A year of an agentd in some seconds: lib/agenda, lib/lifecycle and lib/budget under a clock that
 * is simulated, with everything going wrong that can go wrong with time.
 *
 *     world    what is so, whatever the daemon believes: true time, the wall clock's error, who
 * sleeps record   state.db: what was acknowledged survives a death; of what was not, a beginning
 * may runtime  the daemon's scheduler: looks, rows, turns, what it finds at a start stage    the
 * daemon's sessions: their lives, calls and money verdict  the oracle: which slots there must be,
 * by the schedules alone
 *
 * Everything follows from one seed; the trace is hashed, so that two builds can be compared. */
#ifndef ALMANAC_H
#define ALMANAC_H

#include "agenda/agenda.h"
#include "budget/budget.h"
#include "lifecycle/lifecycle.h"

#include "base/alloc.h"
#include "base/instant.h"

#define AGENTS_MAX 200
#define SECTIONS_EACH 4
#define NEVER INT64_MAX

/* ---- world ---- */

struct world {
	uint64_t random, hash; /* hash: of the trace */
	int64_t begun_ms;      /* true time at the beginning, UTC */
	int64_t true_ms;       /* true time now */
	int64_t asleep_ms;     /* for how long the machine has been suspended */
	int64_t error_ms;      /* of the wall clock */
	const struct zone *zone;
};

uint32_t chance(struct world *w, uint32_t sides); /* 0 … sides - 1 */
void note(struct world *w, const char *what, int64_t a, int64_t b, int64_t c);

static inline int64_t wall_ms(const struct world *w)
{
	return w->true_ms + w->error_ms;
}
static inline int64_t boot_ms(const struct world *w)
{
	return w->true_ms - w->begun_ms + 1000;
}
static inline int64_t monotonic_ms(const struct world *w)
{
	return boot_ms(w) - w->asleep_ms;
}

/* ---- record ---- */

enum row_state { ROW_RUNNING, ROW_RAN, ROW_SKIPPED, ROW_COALESCED, ROW_MISSED };

struct row {
	int64_t planned;          /* 0: a free place */
	int32_t section, session; /* session -1: none yet */
	uint8_t state;            /* enum row_state */
	uint8_t begun;            /* sessions that began for it */
};

struct range {
	int64_t first, last;
	enum row_state state;
};

struct section_record {
	int64_t past, next;
	uint32_t inputs; /* of its last run; 0: unknown */
	struct range *ranges;
	size_t range_count, range_capacity;
	int64_t *missed; /* planned moments of rows that are, or were */
	size_t missed_count, missed_capacity;
};

struct session_record {
	int32_t section;
	int64_t planned;
	uint32_t steps; /* answered */
	bool has_ended;
};

enum call_state { CALL_GONE, CALL_RESERVED, CALL_SETTLED };

struct call_record {
	enum call_state state;   /* durable */
	struct budget_hold hold; /* as reserved */
	int64_t micro_usd;       /* as settled */
	int64_t counted;         /* in the oracle's sums */
};

enum deed_kind {
	DEED_ROWS,     /* what was due, and the section's place */
	DEED_PLACE,    /* the section's place alone */
	DEED_WITHDRAW, /* the clock was set back */
	DEED_FINISH,   /* a slot's row is closed */
	DEED_BEGIN,    /* a session begins */
	DEED_RESERVE,
	DEED_SETTLE,
	DEED_END,     /* a session ends, with its slot */
	DEED_WINDOWS, /* a window is held: for how long it has been in force */
};

/* A transaction. */
struct deed {
	enum deed_kind kind;
	int32_t section, session, call;
	struct agenda_due due;
	struct agenda_place before, place;
	enum row_state state;
	int64_t planned, since, micro_usd;
	uint32_t inputs;
	int64_t at_ms; /* when it is durable, monotonic */
	bool is_refused;
	struct budget_in_force in_force;
	size_t calls; /* before it */
};

#define DEEDS_MAX 4096

struct record {
	struct row *rows; /* a table of open addressing by (section, planned) */
	size_t row_count, row_room;
	struct row *open; /* copies of those that began as running; some have ended */
	size_t open_count, open_capacity;
	struct section_record *sections;
	struct session_record *sessions;
	size_t session_count, session_capacity, sessions_over; /* over: those before have ended */
	struct call_record *calls;
	size_t call_count, call_capacity, calls_over;
	int64_t latest_hour, latest_day; /* windows that calls name */
	struct budget_in_force in_force; /* as it was kept when there were that many calls */
	size_t in_force_calls;
	struct deed deeds[DEEDS_MAX]; /* a ring: submitted, not yet acknowledged */
	size_t first, count;
};

struct text_section {
	struct schedule schedule;
	uint32_t agent;
	bool asks_for_change;
};

/* ---- runtime ---- */

struct beat {
	struct agenda_place place;
	bool is_firing;
	int64_t owed, owed_wake;
	uint32_t inputs;
};

struct session {
	struct session *next;
	int32_t section, number; /* number: its record; -1: none yet */
	int64_t planned;
	struct life life;
	enum {
		PHASE_NONE,
		PHASE_THINK,
		PHASE_CALL,
		PHASE_LEAVE,
		PHASE_SAVE,
		PHASE_HANG,
		PHASE_READ
	} phase;
	int64_t due_ms; /* of its phase, monotonic; NEVER */
	uint32_t steps, steps_wanted, inputs, lives;
	int32_t call; /* under way; -1: none */
	char id[27];
};

struct daemon {
	bool is_up;
	struct beat *beats;
	struct agenda_turns turns;
	struct agenda_look last_look;
	int64_t alarm_s; /* wall */
	struct session *first, **last;
	struct session *open[AGENTS_MAX];
	struct budget *budget;
	int64_t kept_ms; /* what is in force was kept then, on the clock of windows */
};

struct counts {
	int64_t slots, rows, ranges, in_ranges, doubles, silent, unfinished, strangers, silenced;
	int64_t ran, missed, coalesced, skipped, refused, withdrawn;
	int64_t sessions, calls, unchanged, unchanged_calls, over_cap, catch_ups, crowded;
	int64_t kills, suspends, steps, deaths, bugs;
};

struct game {
	struct world w;
	struct record r;
	struct daemon d;
	struct text_section *sections;
	uint32_t section_count, agent_count;
	uint32_t inputs[AGENTS_MAX]; /* version of each agent's inputs */
	struct agenda_policy policy;
	struct limits limits;
	struct counts counts;
	struct sum *sums;
	size_t sum_room, sum_count;
	int64_t group_at; /* the oracle's own view of turns */
	uint32_t in_group;
};

struct agenda_rule rule_of(const struct game *g, int32_t section);

/* record.c */
struct row *record_find(struct record *r, int32_t section, int64_t planned, bool make);
bool record_covers(const struct record *r, int32_t section, int64_t planned);
struct deed *record_submit(struct game *g, enum deed_kind kind, int32_t section);
/* The oldest that waits becomes durable, and is told. */
void record_commit(struct game *g);
/* The daemon dies: of what waits a beginning is durable, the rest never was. */
void record_cut(struct game *g);

/* runtime.c */
void runtime_start(struct game *g);
void runtime_die(struct game *g);
void runtime_look(struct game *g);
void runtime_told(struct game *g, const struct deed *deed); /* it is durable */
void runtime_set_alarm(struct game *g);
void runtime_ended(struct game *g, int32_t section, uint32_t inputs);

/* stage.c */
void stage_wish(struct game *g, int32_t section, int64_t planned);
void stage_resume(struct game *g); /* all that the record has open */
bool stage_waits(const struct game *g, int32_t section);
void stage_told(struct game *g, const struct deed *deed);
int64_t stage_due(const struct game *g); /* monotonic */
void stage_turn(struct game *g);
void stage_clear(struct game *g);
void stage_restore_budget(struct game *g);

/* verdict.c */
void verdict_count_call(struct game *g, struct call_record *call, int64_t micro_usd);
void verdict_run(struct game *g, int32_t section);
void verdict_catch_up(struct game *g, int64_t now);
bool verdict_give(struct game *g, int64_t until);

#endif
