/* What the loop asks of state.db: each call is one piece of work on the store's thread, durable
 * when `done` is called on the loop. All strings are copied; `done` may be NULL. */
#ifndef AGENTD_JOURNAL_H
#define AGENTD_JOURNAL_H

#include "daemon.h"

#include "budget/budget.h"

/* error NULL: it is durable. */
typedef void (*journal_done)(void *context, const struct error *error);

/* `done` is called when all that was asked for before is durable. */
void journal_after(struct daemon *daemon, journal_done done, void *context);

/* Rows of slots and the section they belong to (may be NULL), at once. Rows that slots have already
 * (a clock that was set back) hold; where the one that is to run has one, `done` is told
 * ERROR_EXISTS, and nothing may run. */
void journal_slots(struct daemon *daemon, const struct slot *slots, size_t count,
		   const struct section *section, journal_done done, void *context);
/* The clock was set back: see store_slots_withdraw. */
void journal_slots_withdraw(struct daemon *daemon, const char *agent, const char *key,
			    int64_t since);

/* A session begins; `slot` (may be NULL) gets its session, made here for a manual run. `again` (may
 * be NULL): the parked session whose work it goes on with; its row is taken away, or all fails.
 * `steps`: what of that it takes over. */
void journal_session_begin(struct daemon *daemon, const struct session_row *row,
			   const struct slot *slot, bool make_slot, const char *again,
			   const struct step *steps, size_t step_count, journal_done done,
			   void *context);

/* An open session goes on: counted, and its journal read behind those of the parked sessions whose
 * work it went on with, in one transaction. `again`: how often it has gone on since a step was
 * answered last. For parked work (`own` false) the journal of `session` is only read. `spent` is
 * what all of them came to, and names no session. The history is the callee's to clear. */
struct session_history;
typedef void (*journal_history_done)(void *context, struct session_history *history, int64_t again,
				     const struct budget_hold *spent, const struct error *error);
void journal_go_on(struct daemon *daemon, const char *session, bool own, journal_history_done done,
		   void *context);
/* How an open session is to end, before it has: no later daemon goes on with its work. */
void journal_session_decide(struct daemon *daemon, const struct session_row *row, journal_done done,
			    void *context);
/* The daemon stops, and the session goes on under the next one: that is no death. */
void journal_session_suspend(struct daemon *daemon, const char *session);
/* A process of a session has died. */
void journal_death(struct daemon *daemon, const struct death_row *row);
/* A person has looked after the agent: what its sessions died of counts no more. */
void journal_deaths_forgive(struct daemon *daemon, const char *agent);
/* An effect that must not be repeated is about to be. */
void journal_step_begin(struct daemon *daemon, const struct step *step, journal_done done,
			void *context);

/* What a session does next, in one transaction: results of steps, the settlement of a model call,
 * intents of the next steps, the reservation of the next call. */
struct journal_move {
	const struct step *results, *intents;
	size_t result_count, intent_count;
	const struct call_row *settled, *reserved; /* NULL: none */
};
void journal_move(struct daemon *daemon, const struct journal_move *move, journal_done done,
		  void *context);

/* A session's row and slot are closed (without `slot`: whichever is its own, as interrupted);
 * `section` (may be NULL) remembers the run, `parked` (may be NULL) that its work goes on later.
 * Then the session is exported. */
void journal_session_end(struct daemon *daemon, const struct session_row *row,
			 const struct slot *slot, const struct section *section,
			 const struct parked_row *parked, journal_done done, void *context);

/* What is known of parked work has changed. */
void journal_parked_put(struct daemon *daemon, const struct parked_row *row, journal_done done,
			void *context);
/* Parked work does not go on at all. */
void journal_parked_drop(struct daemon *daemon, const char *session, journal_done done,
			 void *context);

void journal_slot_finish(struct daemon *daemon, const struct slot *slot, journal_done done,
			 void *context);
void journal_agent(struct daemon *daemon, const char *agent, bool paused, const char *reason,
		   journal_done done, void *context);
void journal_section(struct daemon *daemon, const struct section *section);
void journal_section_rename(struct daemon *daemon, const char *agent, const char *from,
			    const char *to);
void journal_breaker(struct daemon *daemon, const struct breaker_row *row);
void journal_learned(struct daemon *daemon, const struct learned_row *row);
void journal_incident(struct daemon *daemon, const struct incident_row *row, journal_done done,
		      void *context);
/* The restart command of a monitor begins; or a person has changed it. */
void journal_restart(struct daemon *daemon, const char *monitor, int64_t at);
void journal_restarts_forget(struct daemon *daemon, const char *monitor);
void journal_files(struct daemon *daemon, const char *repository, const struct file_row *rows,
		   size_t count);

#endif
