/* state.db: slots, sessions, journal, and what a start needs to know about files.
 *
 * One SQLite file (WAL, synchronous FULL) that one thread writes. The loop hands it small pieces of
 * work; the thread takes all that are waiting, runs them in one transaction, syncs once, and hands
 * back the results: so that what comes together shares a sync, and what was answered is durable.
 *
 *     struct store_writer *w;  store_writer_start(store, wake, context, &w, &error);
 *     store_submit(w, put_slot, done, job);        job is the caller's until `done` ran
 *     … wake() is called on the store's thread: signal the loop, which calls …
 *     store_complete(w);                           … which calls `done` for all that finished
 *
 * A piece of work runs in a savepoint of its own: one that fails undoes only itself.
 *
 * When the file itself fails (disk full, read-only, a device with errors, file removed or damaged),
 * no work is told so: their transaction is undone, kept and tried again, after 50 ms, doubled to 2
 * s, until it is written; what comes later waits behind it. Nothing that needs a row can happen
 * meanwhile, and nothing is lost when it is over. A work may thus run several times, and must bear
 * that. store_trouble tells the loop; wake() is called when trouble begins and when it is over.
 * After an I/O error all that stands in the log is written into the file once more, as the kernel
 * may have dropped what it could not write; a file that was removed or replaced is written anew.
 *
 * Reading needs no thread: agentctl opens the file read-only beside a
 * running daemon. Failpoints: store.commit, store.committed (durable, and not yet told). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>

#define STORE_QUEUE_MAX 100000
#define STORE_LATER_MAX 10000
#define STORE_SCHEMA_VERSION 4

struct store;
struct store_writer;

/* Opens (and creates, with its schema) state.db in the folder `dir`, which stays open as long when
 * it is for writing. With `readonly` nothing is created or changed but SQLite's own index beside
 * the file. ERROR_UNSUPPORTED: made by a newer
 * agentd; ERROR_INVALID: damaged (the error names the file and what to do; works may meet it later,
 * too); ERROR_NOT_FOUND, readonly: there is none yet. */
int store_open(int dir, bool readonly, struct store **ret_store, struct error *error);
void store_close(struct store *store);

/* Reads through the file for at most `ms` milliseconds, looking for damage. ERROR_INVALID: it has
 * some. Of what a page says in its rows it can tell nothing. */
int store_check(struct store *store, int ms, struct error *error);

/* Opens a file that was set aside, for reading; one of an older agentd is brought up to this
 * schema. Whatever it is asked may fail half-way. */
int store_open_old(int dir, const char *name, struct store **ret_store, struct error *error);

typedef int (*store_work)(struct store *store, void *context, struct error *error);
typedef void (*store_done)(void *context, int result, const struct error *error);

/* Runs a work in one transaction, on a store without a writer thread. */
int store_together(struct store *store, store_work work, void *context, struct error *error);

int store_writer_start(struct store *store, void (*wake)(void *), void *wake_context,
		       struct store_writer **ret_writer, struct error *error);
/* `done` may be NULL. -ERROR_TOO_LARGE when the queue is full. */
int store_submit(struct store_writer *writer, store_work work, store_done done, void *context);
/* Whether the file cannot be written at the moment, and why. ERROR_INVALID: it is damaged, which
 * trying again does not mend. */
bool store_trouble(struct store_writer *writer, struct error *ret_error);
/* The file is in trouble and does not become well again: from now on nothing is written any more,
 * all fails with the error of that, at once. */
void store_give_up(struct store_writer *writer);
void store_complete(struct store_writer *writer);
/* A work that writes nothing into state.db and may take some milliseconds. It runs alone, outside
 * of any transaction, when nothing else waits. store_writer_stop gives up those that are not done
 * soon: -ERROR_CLOSED. -ERROR_TOO_LARGE when STORE_LATER_MAX of them wait. */
int store_submit_later(struct store_writer *writer, store_work work, store_done done,
		       void *context);
/* What is submitted between the two is one batch, or the end of one: it shares a sync. Pairs nest.
 */
void store_hold(struct store_writer *writer);
void store_release(struct store_writer *writer);
/* Waits until all is written, in trouble for at most 2 s (then what is left fails with its error),
 * calls what is done (which may submit more), ends the thread. NULL is fine. */
void store_writer_stop(struct store_writer *writer);

/* Everything below runs inside a work, or on a store without a writer thread. Strings are copied,
 * NULL is the empty one; those in visited rows are valid during the visit. A visit that returns
 * non-zero ends the walk with that value; it may ask for anything but the list it is of. */

/* ---- slots ---- */

enum slot_state { SLOT_RUNNING, SLOT_RAN, SLOT_SKIPPED, SLOT_COALESCED };

struct slot {
	const char *agent, *section; /* section: heartbeat key */
	const char *heading;         /* the heading's text at that time */
	int64_t planned;             /* UTC seconds */
	const char *event; /* event id, "" for a planned slot, "run:SESSION" for a manual run */
	enum slot_state state;
	const char *reason;  /* skipped: why; coalesced: into which */
	const char *session; /* "" until there is one */
	const char *outcome; /* of its session; "" until it ended */
	int64_t recorded;
	const char *wish; /* of a manual run that waits: what is to be run, as JSON; else "" */
	/* More slots than one may share a row that is terminal from its beginning: it stands for
	 * each from `planned` to `last` that has no row of its own. */
	int64_t last; /* looked at for count > 1; what is visited has `planned` for one slot */
	/* Of a row that was cut (store_slots_withdraw), or of which one is left, an estimate. */
	int64_t count;
};

/* Makes the one row of a slot. -ERROR_EXISTS: it has one, in any state, or a shared one; it must
 * not run. */
int store_slot_insert(struct store *store, const struct slot *slot, struct error *error);
/* running → ran, skipped or coalesced; a terminal row never changes (ERROR_CONFLICT). Writes state,
 * reason, session and outcome. Where the section has another key by now, the running slot of that
 * session is meant. */
int store_slot_finish(struct store *store, const struct slot *slot, struct error *error);
/* A running slot gets its session, and its wish leaves. */
int store_slot_assign(struct store *store, const struct slot *slot, struct error *error);
/* At a start: slots that a daemon before us left `running`, and whose session has ended (they ran,
 * interrupted). Those of a session that is open stay: it goes on, or store_slots_interrupt ends
 * them; those whose session did not begin do, too: see store_slots_waiting. */
int store_slots_close_open(struct store *store, const char *reason, struct error *error);
/* The running slots of a session that does not go on: they ran, interrupted. */
int store_slots_interrupt(struct store *store, const char *session, const char *reason,
			  struct error *error);
typedef int (*store_slot_visit)(void *context, const struct slot *slot);
/* In order of planned time; `agent` NULL: all; from <= planned < to. Before them, in no order, come
 * shared rows that began earlier and reach there. */
int store_slots(struct store *store, const char *agent, int64_t from, int64_t to, size_t max,
		store_slot_visit visit, void *context, struct error *error);

/* Those that are running and have no session (yet), in the order of time. */
int store_slots_waiting(struct store *store, store_slot_visit visit, void *context,
			struct error *error);
/* The clock was set back to `since`: slots of a section behind it that were skipped with a reason
 * that begins with "missed: " have not been yet, and their rows leave. */
int store_slots_withdraw(struct store *store, const char *agent, const char *section, int64_t since,
			 struct error *error);

/* Deletes terminal slots that were planned before `before` (UTC s) and whose session is not there
 * any more, as store_calls_prune does. A slot that has left may be made again: `before` has to lie
 * behind all that is still caught up on. */
int store_slots_prune(struct store *store, int64_t before, size_t max, size_t *ret_count,
		      struct error *error);

/* ---- sections: what the scheduler knows across restarts ---- */

struct section {
	const char *agent, *key;
	const char *schedule; /* canonical text, the last good one */
	int64_t first_seen;
	int64_t next;       /* the slot it is armed for, INT64_MAX: none */
	int64_t last_run;   /* when its last session ended, 0: never */
	const char *inputs; /* hash of its inputs at that time, "" : unknown */
	int64_t past;       /* no slot up to then gets a row any more; 0: not known */
	/* Of one that waits for something to happen: */
	int64_t pending;   /* when it happened last and nobody was woken for it yet; 0: nothing */
	int64_t woken;     /* when its latest slot began; 0: never */
	const char *heard; /* hash of what it hears of, at that time; "": unknown */
};
int store_section_put(struct store *store, const struct section *section, struct error *error);
typedef int (*store_section_visit)(void *context, const struct section *section);
int store_sections(struct store *store, store_section_visit visit, void *context,
		   struct error *error);

/* ---- agents ---- */

struct agent_state {
	const char *agent;
	bool paused;
	const char *reason; /* why: "by a person", … */
};
int store_agent_put(struct store *store, const struct agent_state *state, struct error *error);
typedef int (*store_agent_visit)(void *context, const struct agent_state *state);
int store_agents(struct store *store, store_agent_visit visit, void *context, struct error *error);

/* ---- sessions and their journal ---- */

struct session_row {
	const char *id, *agent, *cause, *section, *heading, *model;
	const char *outcome; /* "" while it runs */
	const char *reason, *text;
	const char *plan;       /* JSON: ids of the texts in force, cause, limits */
	int64_t started, ended; /* UTC milliseconds; ended 0 while it runs */
	int64_t turns, input_tokens, output_tokens, cost_micro_usd;
	int64_t epoch; /* which start of the daemon wrote it */
};
int store_session_begin(struct store *store, const struct session_row *row, struct error *error);
/* Writes what is known at the end: outcome, reason, text, model and plan (unless empty), ended,
 * counts and cost. ERROR_CONFLICT: it has ended, or goes on under a newer epoch than row->epoch (0:
 * not looked at). */
int store_session_end(struct store *store, const struct session_row *row, struct error *error);
/* An open session goes on under row->epoch. Where the daemon that ran it is gone, that is one more
 * death, as of `at` (UTC ms). *ret_deaths (may be NULL): how often it died since a step was
 * answered last. ERROR_CONFLICT, ERROR_NOT_FOUND as above. */
int store_session_resume(struct store *store, const char *id, int64_t epoch, int64_t at,
			 int64_t *ret_deaths, struct error *error);
/* Writes outcome and reason of an open session before its end: whoever goes on with it only brings
 * it to that. Failures as above. */
int store_session_decide(struct store *store, const struct session_row *row, struct error *error);
/* An open session is let go on purpose, to go on under a later epoch. Failures as above. */
int store_session_suspend(struct store *store, const char *id, int64_t epoch, struct error *error);
typedef int (*store_session_visit)(void *context, const struct session_row *row);
/* Newest first. `open_only`: those that have not ended. */
int store_sessions(struct store *store, const char *agent, bool open_only, size_t max,
		   store_session_visit visit, void *context, struct error *error);
/* Those whose id begins with `prefix`, which is upper case, in order of id. */
int store_sessions_named(struct store *store, const char *prefix, size_t max,
			 store_session_visit visit, void *context, struct error *error);
/* How many of a section's newest sessions (at most `max` are looked at) its beats began since one
 * of it was done, or parked. In the order in which they began, whatever the clock said. */
int store_sessions_since_success(struct store *store, const char *agent, const char *section,
				 size_t max, int64_t *ret_count, struct error *error);
/* Those that may leave: ended before `before_ms` and not parked, oldest first, without the first
 * `skip` of them. */
int store_sessions_old(struct store *store, int64_t before_ms, size_t skip, size_t max,
		       store_session_visit visit, void *context, struct error *error);
/* What belongs to a session; 0 of each where there is none. */
struct session_size {
	int64_t steps, calls;
	int64_t late_calls; /* settled after its end, or not yet */
	int64_t deaths;
};
int store_session_size(struct store *store, const char *session, struct session_size *ret_size,
		       struct error *error);
/* A session and its steps leave; its calls stay until store_calls_prune. ERROR_CONFLICT: it has not
 * ended, or is parked. One that is not there is fine. */
int store_session_delete(struct store *store, const char *session, struct error *error);

/* A step: INTENT durable → effect → RESULT durable. `seq` counts from 1 within the session. */
struct step {
	const char *session;
	int64_t seq;
	const char *kind;                    /* "model", or the tool's name */
	const char *effect;                  /* "pure", "idempotent", "once" */
	const char *intent;                  /* JSON */
	const char *result;                  /* JSON, NULL while in doubt */
	int64_t epoch, intent_at, result_at; /* UTC milliseconds */
	int64_t begun_at; /* of a "once" step: durable right before its effect; 0: not begun */
	int64_t cost_micro_usd;
};
/* ERROR_CONFLICT: there is such a step (or such a result), the session has ended, or the file, the
 * session or its last step is of a newer epoch: a writer that was thought dead. ERROR_NOT_FOUND:
 * there is no such session, or no such step to give a result to. */
int store_step_intent(struct store *store, const struct step *step, struct error *error);
int store_step_result(struct store *store, const struct step *step, struct error *error);
/* Its effect is about to be: writes begun_at. From now on a step without a result is in doubt. The
 * same failures; ERROR_CONFLICT also where it has begun already. */
int store_step_begin(struct store *store, const struct step *step, struct error *error);
typedef int (*store_step_visit)(void *context, const struct step *step);
int store_steps(struct store *store, const char *session, store_step_visit visit, void *context,
		struct error *error);

/* ---- deaths: of processes of sessions that went on afterwards, or were set aside ---- */

struct death_row {
	const char *session, *agent;
	int64_t seq;   /* the latest step when it died */
	int64_t at;    /* UTC ms */
	int64_t until; /* UTC ms: it does not go on before; 0: at once */
	bool own;      /* it died of itself; else the daemon or the machine ended */
	bool oom;      /* for want of memory */
	bool forgiven; /* a person has resumed its agent since */
	const char *words;
};
/* What it died at is read from the journal: of `row` count session, at, until, own, oom and words.
 * It has no process from then on until it is resumed. ERROR_NOT_FOUND: there is no such session. */
int store_death_add(struct store *store, const struct death_row *row, struct error *error);
/* How often a session died since its latest step was answered, and until when it waits. A call that
 * is made again and again is a new step each time, so that answers are counted. */
struct death_count {
	int64_t answered, deaths, until;
	int64_t ooms, oom_seq; /* for want of memory, ever; and at which step the latest time */
};
int store_death_count(struct store *store, const char *session, struct death_count *ret_count,
		      struct error *error);
/* A session goes on under `epoch`, newer than its row's: the daemon that ran it is gone, which is a
 * death that its agent does not answer for. It is none where it was suspended. */
int store_death_of_daemon(struct store *store, const char *session, int64_t epoch, int64_t at,
			  struct error *error);
typedef int (*store_death_visit)(void *context, const struct death_row *row);
/* In order of time. Of one session; of one agent, or (NULL) all: those that count, since `since`.
 */
int store_deaths(struct store *store, const char *session, store_death_visit visit, void *context,
		 struct error *error);
int store_deaths_counted(struct store *store, const char *agent, int64_t since,
			 store_death_visit visit, void *context, struct error *error);
/* They count for its agent no longer. */
int store_deaths_forgive(struct store *store, const char *agent, struct error *error);

/* ---- what has no owner ---- */

struct stale {
	int slots, calls; /* that were closed */
	int64_t left;     /* that are there all the same: 0, unless something is very wrong */
};
/* Running slots whose session has ended ran, interrupted; calls that were reserved before
 * `before_ms`, and whose session had ended by then, are CALL_KEPT, settled `now_ms`. */
int store_stale_close(struct store *store, int64_t before_ms, int64_t now_ms, const char *reason,
		      struct stale *ret_stale, struct error *error);

/* ---- calls: the ledger, one row for each attempt at a model call ---- */

enum call_state {
	CALL_RESERVED, /* may be under way */
	CALL_SETTLED,  /* by the usage that the provider reported */
	CALL_KEPT,     /* its cost is not known: what was reserved counts as spent */
	CALL_RELEASED, /* it was never made, or refused: it cost nothing */
};

struct call_row {
	int64_t number;                       /* given by store_call_reserve */
	const char *session, *agent, *cause;  /* cause: as in the `Cause:` trailer */
	const char *task;                     /* "": none */
	const char *work;                     /* person, task, beat, experiment */
	const char *route, *provider, *model; /* model: its word in agentd.yaml */
	int64_t seq;                          /* of the session's step it belongs to */
	int64_t attempt;                      /* of that step, from 1 */
	int64_t place;                   /* of the model in its route, from 0; > 0: a fallback */
	int64_t hour, day;               /* windows it counts in: UTC s of their beginnings */
	int64_t reserved_at, settled_at; /* UTC ms; settled_at 0 while it is reserved */
	enum call_state state;
	int64_t reserved_micro_usd, reserved_tokens;
	int64_t micro_usd; /* what counts: reserved while CALL_RESERVED and CALL_KEPT */
	int64_t tokens;    /* likewise: input, cached included, and output */
	int64_t request_bytes, max_tokens;
	int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens;
	int64_t reasoning_tokens;        /* of output_tokens */
	int64_t first_byte_ms, total_ms; /* 0: no byte came */
	int64_t status;                  /* HTTP, 0: none */
	const char *failure;             /* class, "": it brought a reply */
	const char *message;             /* the server's words, "" */
	const char *decision;            /* what followed: "next: fast (rate)", "" for a reply */
	const char *request_id;          /* the provider's, "" */
};

/* Makes a row that is CALL_RESERVED, whatever `row` says: takes all up to reserved_at, what is
 * reserved, request_bytes and max_tokens. `row->number` must be 0, *ret_number (may be NULL) tells
 * its own. ERROR_EXISTS: this attempt has its row already; ERROR_TOO_LARGE: a negative amount. */
int store_call_reserve(struct store *store, const struct call_row *row, int64_t *ret_number,
		       struct error *error);
/* Settles the row of (session, seq, attempt), also when its session has ended meanwhile: writes all
 * from `settled_at` on but what was reserved. Amounts are taken as they are, also above what was
 * reserved, for CALL_SETTLED; what counts of the others follows from their state. request_bytes and
 * max_tokens stay where `row` has 0. ERROR_CONFLICT: it is settled already; ERROR_NOT_FOUND;
 * ERROR_TOO_LARGE: a negative amount, or a state and a `settled_at` that do not go together. */
int store_call_settle(struct store *store, const struct call_row *row, struct error *error);
/* At a start: calls that a daemon before us left reserved are CALL_KEPT, class "gateway", settled
 * `now_ms`. Like store_slots_close_open it does not wait for the device. */
int store_calls_keep_open(struct store *store, int64_t now_ms, struct error *error);
typedef int (*store_call_visit)(void *context, const struct call_row *row);
/* In the order of reserved_at; of one session, of its steps and attempts. `session`, `agent`: NULL
 * for all; reserved_at >= since_ms. */
int store_calls(struct store *store, const char *session, const char *agent, int64_t since_ms,
		store_call_visit visit, void *context, struct error *error);
/* The windows in force: those of the newest row, unless store_windows_put knows of others since. */
struct windows_row {
	int64_t hour, day;       /* UTC s of their beginnings */
	int64_t hour_ms, day_ms; /* for how long they were in force: at least */
};
int store_windows_put(struct store *store, const struct windows_row *row, struct error *error);
/* ERROR_NOT_FOUND: no model was called yet. */
int store_windows(struct store *store, struct windows_row *ret_row, struct error *error);
/* The latest windows that a settled row names, which a clock that was ahead may have made: 0 of
 * each where there is none. */
int store_call_latest(struct store *store, int64_t *ret_hour, int64_t *ret_day,
		      struct error *error);
/* Sums of what counts, also of what is still reserved: one visit for each (agent, work, hour) with
 * `day` as given. */
struct call_sum {
	const char *agent, *work;
	int64_t hour, day;
	int64_t micro_usd, tokens;
	int64_t reserved_micro_usd, reserved_tokens; /* of these, of calls that are not settled */
};
typedef int (*store_sum_visit)(void *context, const struct call_sum *sum);
int store_call_sums(struct store *store, int64_t day, store_sum_visit visit, void *context,
		    struct error *error);
/* Deletes settled rows that were reserved before `before_ms`, oldest first and at most `max`, so
 * that it holds up no other work for long; the newest row of all stays. *ret_count (may be NULL):
 * how many; fewer than `max`: there are no more. The caller sees to it that windows whose sums are
 * still asked for (35 days) are left alone. */
int store_calls_prune(struct store *store, int64_t before_ms, size_t max, size_t *ret_count,
		      struct error *error);

/* ---- what is known of providers and models ---- */

struct breaker_row {
	const char *key; /* "provider NAME #HASH" or "model NAME #HASH": with the address and key
			    meant */
	int64_t failures, open_until, wait_ms; /* UTC ms */
	const char *why;                       /* failure class */
	const char *message;
};
/* Puts are in place of the row that has the same key (session, for parked work). */
int store_breaker_put(struct store *store, const struct breaker_row *row, struct error *error);
typedef int (*store_breaker_visit)(void *context, const struct breaker_row *row);
int store_breakers(struct store *store, store_breaker_visit visit, void *context,
		   struct error *error);

struct learned_row {
	const char *key;              /* "model NAME #HASH" */
	int64_t quirks;               /* bits of enum model_quirk */
	int64_t context;              /* tokens, as its server told; 0: not known */
	int64_t millibytes_per_token; /* smallest seen; 0: none */
};
int store_learned_put(struct store *store, const struct learned_row *row, struct error *error);
typedef int (*store_learned_visit)(void *context, const struct learned_row *row);
int store_learned(struct store *store, store_learned_visit visit, void *context,
		  struct error *error);

/* ---- incidents: so that a person is told once ---- */

struct incident_row {
	const char *key;   /* what is wrong with whom: "budget agent kira day 1763654400" */
	const char *agent; /* "": the whole workspace's */
	const char *text;
	int64_t opened, cleared; /* UTC s; cleared 0: it lasts */
	int64_t told;            /* UTC s, 0: never; negative: begun then, not known to be done */
	int64_t count;           /* how often it was noted */
};
int store_incident_put(struct store *store, const struct incident_row *row, struct error *error);
typedef int (*store_incident_visit)(void *context, const struct incident_row *row);
/* Newest first. */
int store_incidents(struct store *store, bool open_only, size_t max, store_incident_visit visit,
		    void *context, struct error *error);
/* Deletes those that were cleared before `before` (UTC s), as store_calls_prune does. */
int store_incidents_prune(struct store *store, int64_t before, size_t max, size_t *ret_count,
			  struct error *error);

/* ---- restarts of outside services ---- */

/* At `at` (UTC ms). Those of all monitors that are further from it than `within` (ms), in the past
 * or by a clock that was ahead, leave. */
int store_restart_add(struct store *store, const char *monitor, int64_t at, int64_t within,
		      struct error *error);
typedef int (*store_restart_visit)(void *context, const char *monitor, int64_t at);
/* In the order in which they were. */
int store_restarts(struct store *store, store_restart_visit visit, void *context,
		   struct error *error);
int store_restarts_forget(struct store *store, const char *monitor, struct error *error);

/* ---- parked work ---- */

struct parked_row {
	const char *session, *agent; /* of the session that was parked */
	const char *why;             /* "budget", "pause", "breaker" */
	const char *layer;           /* budget: "agent day"; "" */
	const char *reason;          /* the session's */
	const char *wish;            /* JSON: what is to be run again */
	int64_t since, until;        /* UTC s; until 0: not by time alone */
};
int store_parked_put(struct store *store, const struct parked_row *row, struct error *error);
/* ERROR_NOT_FOUND: it is not parked (any more). */
int store_parked_delete(struct store *store, const char *session, struct error *error);
typedef int (*store_parked_visit)(void *context, const struct parked_row *row);
/* In the order of `since`. */
int store_parked(struct store *store, store_parked_visit visit, void *context, struct error *error);

/* ---- rows of what people's files name ---- */

/* Renamed, deleted, changed: the rows stay, as what is gone may come back. */
enum named {
	NAMED_SECTION, /* name: the agent's; key: its own */
	NAMED_AGENT,
	NAMED_FILES,   /* name: a repository's */
	NAMED_BREAKER, /* name: the key, as for: */
	NAMED_LEARNED
};
typedef bool (*store_is_named)(void *context, enum named kind, const char *name, const char *key);
/* Deletes those that were first found unnamed before `before` (UTC s), and at every call since; a
 * row that is found so for the first time is marked with `now`. At most `max` rows are changed, as
 * by store_calls_prune. A slot's row is none of these: it keeps its beat from running twice. */
int store_unnamed_prune(struct store *store, store_is_named is_named, void *context, int64_t now,
			int64_t before, size_t max, size_t *ret_count, struct error *error);

/* The latest moment that the newest rows of slots, sessions, steps and calls tell of, in UTC s; 0:
 * there are none. Later than now: the clock was set back. */
int store_latest(struct store *store, int64_t *ret_at, struct error *error);

/* A new epoch for this start of the daemon: greater than all that rows carry. Like
 * store_slots_close_open it does not wait for the device; the next commit does. */
int store_epoch_next(struct store *store, int64_t *ret_epoch, struct error *error);
/* That of the latest start; 0: there was none. A session that is open and of an older one has not
 * gone on yet. */
int store_epoch(struct store *store, int64_t *ret_epoch, struct error *error);

/* What is taken for the present by who deletes what is old: `now`, but no more than `step` later
 * than it was the time before (both UTC s, or both ms). So a clock that is years ahead deletes
 * nothing that is still needed when it is put right; after a long absence it takes a while. */
int store_moment_advance(struct store *store, const char *name, int64_t now, int64_t step,
			 int64_t *ret_moment, struct error *error);

/* ---- files: so that a start opens no repository ---- */

struct file_row {
	const char *repository; /* "." or "agents/kira" */
	const char *path;       /* in it */
	struct file_stamp stamp;
	const char *blob;
};
/* Replaces all rows of a repository. */
int store_files_put(struct store *store, const char *repository, const struct file_row *rows,
		    size_t count, struct error *error);
typedef int (*store_file_visit)(void *context, const struct file_row *row);
int store_files(struct store *store, store_file_visit visit, void *context, struct error *error);

/* Consistent copy of the database beside a running daemon, for `agentctl backup`: one new file
 * `to`. */
int store_backup(struct store *store, const char *to, struct error *error);

/* Changes the key of a section whose heading was edited (its place decided): its slots and sessions
 * move along. A section row that `to` has is replaced; a slot that `to` has for the same moment
 * stays, and the old one keeps its old key. ERROR_NOT_FOUND: there is no such section. */
int store_section_rename(struct store *store, const char *agent, const char *from, const char *to,
			 struct error *error);

CLEANUP_DEFINE(struct store *, store_close)

#endif
