/* Money and tokens: what may still be spent, decided before it is.
 *
 *     ask --budget_reserve--> hold (in every layer at once) --budget_settle--> settled
 *
 * Every model call reserves its worst case in all layers before it is made, and is settled by what
 * the provider reports. At every instant settled + reserved <= cap in every layer, at any
 * concurrency. Amounts are integer micro-USD and tokens; products are rounded up.
 *
 *     layer     of                    in          cap
 *     request   the call              tokens      per_request_tokens
 *     task      the task              tokens      per_task_tokens
 *     session   the session           micro-USD   per_session_usd
 *     agent     the agent             micro-USD   per_agent_hourly_usd, per_agent_daily_usd
 *     system    all agents            micro-USD   system_hourly_usd, system_daily_usd
 *
 * Hours and days are those of the workspace's zone. A window never goes back: while the clock shows
 * an earlier time than the window in force began, that window is *held*: it stays in force until as
 * much time as it is long has passed on the monotonic clock. Then the window that the clock shows
 * comes into force under a name of its own: what it may spend is never added to what was spent
 * under another. Over a restart that time goes on where it was, as only time that was watched is
 * time: a clock that was wrong once does not hold a window for ever, and a restart shortens
 * nothing.
 *
 * Who gets what in a day (agent's and system's alike): `people_share` is kept for people; of the
 * rest, while there are experiments, `experimental_share` of the day is kept for them, and they
 * never get more; tasks and beats share what remains. A person's request may use everything. In
 * numbers: all work <= cap; tasks, beats and experiments <= rest = cap - people_share; experiments
 * <= experimental_share; tasks and beats <= rest - experimental_share. Shares are rounded in
 * favour of people, then of tasks and beats.
 *
 * A cap of 0 lets nothing through that costs, INT64_MAX is none. A free model is bounded by the
 * layers of tokens alone.
 *
 *     budget_new, budget_restore_windows, budget_recall…    at a start, from the rows of state.db
 *     budget_advance, budget_reserve … budget_settle        each call
 *     budget_forget_session                                 each session, at its end
 *
 * Pure: time, zone and limits are arguments. The state is what was put in. Agents, sessions and
 * tasks that are counted are at most 65536 each; a call that could not be counted is OVER. */
#ifndef BUDGET_BUDGET_H
#define BUDGET_BUDGET_H

#include "base/alloc.h"
#include "base/zone.h"
#include "settings/settings.h"

enum budget_work { WORK_PERSON, WORK_TASK, WORK_BEAT, WORK_EXPERIMENT, WORKS };
const char *budget_work_name(enum budget_work work); /* "person", "task", "beat", "experiment" */
bool budget_work_find(const char *name, enum budget_work *ret_work); /* false: none of them */

enum budget_layer {
	LAYER_REQUEST,
	LAYER_TASK,
	LAYER_SESSION,
	LAYER_AGENT_HOUR,
	LAYER_AGENT_DAY,
	LAYER_SYSTEM_HOUR,
	LAYER_SYSTEM_DAY,
	LAYERS,
};
const char *budget_scope_name(enum budget_layer layer);  /* request, task, session, agent, system */
const char *budget_window_name(enum budget_layer layer); /* call, task, session, hour, day */
const char *budget_limit_key(enum budget_layer layer);   /* of agentd.yaml: per_session_usd, … */
bool budget_counts_tokens(enum budget_layer layer);

struct budget;
struct budget *budget_new(void);
void budget_free(struct budget *budget);

/* ---- windows ---- */

struct budget_windows {
	int64_t hour, day;           /* UTC seconds at which they began: their names in state.db */
	int64_t hour_ends, day_ends; /* by the zone; a clock set back may make it later */
};

/* The windows at `now` (pure computation). An hour begins when the local clock shows a full hour, a
 * day when it comes to a new date; one that a clock change makes longer or shorter is one window.
 */
void budget_windows_at(const struct zone *zone, int64_t now, struct budget_windows *ret_windows);

/* Time has passed. `monotonic_ms` runs also while the machine is suspended, where that can be had.
 * Returns whether a new window began. Call before every reserve. */
bool budget_advance(struct budget *budget, const struct zone *zone, int64_t now,
		    int64_t monotonic_ms);
const struct budget_windows *budget_windows(const struct budget *budget);

/* At a start, before anything else: names of windows up to these are taken, as a clock that was
 * ahead has used them. */
void budget_restore_latest(struct budget *budget, int64_t hour, int64_t day);

/* What is in force, as it is kept over a restart. */
struct budget_in_force {
	int64_t hour, day;       /* names */
	int64_t hour_ms, day_ms; /* for how long, on the monotonic clock: at least */
};
void budget_look_in_force(const struct budget *budget, int64_t monotonic_ms,
			  struct budget_in_force *ret_in_force);
/* Is a window held? Then what is in force is worth keeping, now and again. */
bool budget_is_held(const struct budget *budget, int64_t now);

/* At a start, before rows are recalled: these were in force, and are again unless the clock shows
 * later ones, or they have been held for long enough. Advances; returns whether a new window began.
 * What was spent is all forgotten: call it once. */
bool budget_restore_windows(struct budget *budget, const struct budget_in_force *before,
			    const struct zone *zone, int64_t now, int64_t monotonic_ms);

/* ---- reserving ---- */

struct budget_price {  /* micro-USD per million tokens; all 0: free */
	int64_t input; /* the dearest that input can be */
	int64_t output;
};

/* What to reserve by: the dearest of its prices for input. */
struct budget_price budget_price_of(const struct model_settings *model);

struct budget_ask {
	const char *agent, *session, *task; /* task: the session's id (or "") where there is none */
	enum budget_work work;
	int64_t input_tokens; /* at most; may be 0 */
	int64_t max_tokens;   /* of output, as wished */
	int64_t least_tokens; /* of output: below that the call is of no use */
	struct budget_price price;
	const struct limits *limits; /* in force for this agent, lowest of all places */
	const struct limits *system; /* the workspace's, for the system's layers and shares */
	bool experiments;            /* there are any: their share is kept */
};

/* WAITS, OVER: not even with least_tokens, or max_tokens where that is less. */
enum budget_answer {
	BUDGET_FITS,
	BUDGET_WAITS, /* would fit if what others hold were released: ask again when one settles */
	BUDGET_OVER,  /* does not fit into a layer by what is settled there */
};

/* One call's part of every layer. A value; the budget keeps the sums. */
struct budget_hold {
	char agent[SETTINGS_NAME_MAX], session[27], task[64];
	enum budget_work work;
	int64_t hour, day; /* the windows it counts in, also when it is settled later */
	int64_t micro_usd;
	int64_t tokens; /* input and output */
	int64_t input_tokens;
	int64_t max_tokens; /* to be sent: as wished, or shrunk to what is left */
};

struct budget_verdict {
	/* The one that is in the way. OVER: of several the one that stays so for longest (request,
	 * task, session, day, hour); WAITS: of several the widest (system, agent, session, task).
	 */
	enum budget_layer layer;
	/* Of it, in tokens or micro-USD, with the cap after shares: settled + wanted > limit where
	 * it is OVER; settled + wanted <= limit < settled + reserved + wanted where it WAITS.
	 * `wanted` is what the least call takes. A limit of 0: maybe too many are counted. */
	int64_t limit, settled, reserved, wanted;
	int64_t resets_at; /* when its window ends; 0: it has none. A clock that is set moves it */
	int64_t window;    /* its beginning, its name in state.db; 0: it has none */
};

/* The price of at most that much: rounded up, never less than what settling can come to. */
int64_t budget_worst_case(const struct budget_price *price, int64_t input_tokens,
			  int64_t max_tokens);

/* What a call came to: all of it summed, then rounded up once. With at most the tokens that were
 * held, it is at most budget_worst_case of budget_price_of. */
int64_t budget_cost(const struct model_settings *model, int64_t input_tokens,
		    int64_t cache_read_tokens, int64_t cache_write_tokens, int64_t output_tokens);

/* FITS: *ret_hold is set, with the greatest max_tokens up to the wished one that fits into every
 * layer; else *ret_verdict. */
enum budget_answer budget_reserve(struct budget *budget, const struct budget_ask *ask,
				  struct budget_hold *ret_hold, struct budget_verdict *ret_verdict);

/* What it really was; more than was held is booked whole. Usage that is not known is settled as
 * hold->micro_usd and hold->tokens; a call that was never made as 0. Exactly once per hold. */
void budget_settle(struct budget *budget, const struct budget_hold *hold, int64_t micro_usd,
		   int64_t tokens);

/* At a start: a settled row, or a sum of rows. Those of other windows than the ones in force are
 * left out of their sums; session and task sums are kept for sessions that go on. A part is left
 * out by an empty name: without an agent it counts for its session and task alone. */
void budget_recall(struct budget *budget, const struct budget_hold *settled);

/* A session has ended: its layer is forgotten, with its last hold if it has any; the task's, too,
 * where it is the session's own (the same id). A task that outlives its sessions is forgotten by
 * being named as both. */
void budget_forget_session(struct budget *budget, const char *session, const char *task);

/* ---- seeing it ---- */

/* What work of a kind may spend in a layer, if nothing of it is spent yet: the cap after shares. */
int64_t budget_cap(enum budget_layer layer, enum budget_work work, const struct limits *limits,
		   const struct limits *system, bool experiments);

struct budget_row {
	enum budget_layer layer;
	const char *name; /* of the agent, session or task; "" for system and request */
	int64_t limit, settled, reserved; /* micro-USD or tokens */
	int64_t resets_at;
};
/* One layer as it stands, for an agent (AGENT_*), a session, a task or the system. */
void budget_look(const struct budget *budget, enum budget_layer layer, const char *name,
		 const struct limits *limits, struct budget_row *ret_row);

/* "$0.42", and as many digits more as it takes to be exact, of an amount that is not negative.
 * Returns out. */
#define BUDGET_MONEY_SIZE 32
char *budget_print_money(int64_t micro_usd, char out[BUDGET_MONEY_SIZE]);

/* "Budget: $0.42 of $2.00 spent today, $0.10 of $1.00 this hour; $0.50 for this session." For the
 * prompt: what is settled, exact; limits that are not there are left out. The caller frees it. */
char *budget_line(const struct budget *budget, const char *agent, const struct limits *limits);

CLEANUP_DEFINE(struct budget *, budget_free)

#endif
