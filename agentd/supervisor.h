/* Sessions: from the wish to run to the closed row.
 *
 * A session's life is the state × event table of lib/lifecycle, which session_life.c performs; this
 * header is how others start and watch one. One session per agent is open at a time; others wait in
 * order. */
#ifndef AGENTD_SUPERVISOR_H
#define AGENTD_SUPERVISOR_H

#include "roster.h"

#include <jansson.h>

struct supervisor;
struct session;

/* Who follows a session: every event as an object with "event"; the last is "session_end". The
 * reference is borrowed. */
typedef void (*session_listener)(void *context, const json_t *event);

/* What a person answered to the question whether an effect in doubt was done. */
enum session_answer { ANSWER_NONE, ANSWER_DONE, ANSWER_UNDONE };

/* What is to be run. Strings are copied. */
struct session_wish {
	enum cause_kind cause;
	const char *key;     /* section; NULL: all sections, or a message */
	const char *heading; /* of the section */
	const char *message;
	int64_t planned;      /* of the slot */
	const char *event;    /* event part of the slot's identity, "" for a planned one; NULL:
				 a manual run, which gets "run:SESSION" */
	const char *schedule; /* canonical text, for the section's row; NULL: none */
	const char *again;    /* the parked session whose work this is; NULL: none */
	enum session_answer answer; /* to what that one asked */
	bool afresh;                /* a person let it go on after it went in circles */
	const char *decided;        /* why it was to end before its daemon did; NULL: it was not */
	const json_t *objective;    /* as it was begun, NULL: as the files are; copied */
	bool by_person;             /* their money: people_share */
	bool rehearse;
	session_listener listener;
	void *context;
};

struct supervisor *supervisor_new(struct daemon *daemon);
void supervisor_free(struct supervisor *supervisor);

/* Queues it: the session starts when its agent is free and there is room. The slot's row must exist
 * already for planned and event slots; a manual run and parked work make their own, which is on its
 * way when this returns, unless supervisor_wait brings one back. `ret_id`: the session's ULID. */
int supervisor_start(struct daemon *daemon, struct resident *resident,
		     const struct session_wish *wish, char ret_id[27], struct error *error);

/* A manual run that an earlier daemon did not come to waits again: its slot has its row. */
void supervisor_wait(struct daemon *daemon, const struct resident *resident, const char *id,
		     const struct session_wish *wish);

/* A session that an earlier daemon left open waits to go on; supervisor_admit lets all begin. */
void supervisor_resume(struct daemon *daemon, const char *agent, const char *id, int64_t started_ms,
		       const struct session_wish *wish, const struct death_count *deaths);
void supervisor_admit(struct daemon *daemon);
/* What waits out a pause waits no longer. */
void supervisor_hurry(struct daemon *daemon, const struct resident *resident);

/* Does a session of this section wait or run? */
bool supervisor_has(const struct daemon *daemon, const struct resident *resident, const char *key,
		    bool waiting_only);

/* Ends one early; its outcome is `interrupted`. `done` (may be NULL) is called when that is
 * durable: it does not go on under a later daemon either. ERROR_NOT_FOUND: no such session is open.
 */
int supervisor_cancel(struct daemon *daemon, const char *id, const char *reason,
		      void (*done)(void *context, const struct error *error), void *context,
		      struct error *error);
/* A client that follows is gone. */
void supervisor_forget(struct daemon *daemon, void *context);

/* resident->paused changed. A pause parks the agent's running session at its next step and
 * withdraws beats that wait; manual runs that wait still start. */
void supervisor_agent_paused(struct daemon *daemon, struct resident *resident);
void supervisor_agent_gone(struct daemon *daemon, struct resident *resident);

/* A section has another key: so have its sessions, from the row in state.db on that says so. */
void supervisor_section_moved(struct daemon *daemon, const struct resident *resident,
			      const char *from, const char *to);

/* Inputs of an agent (or of all, NULL) changed while a session of it may be running. */
void supervisor_inputs_changed(struct daemon *daemon, const struct resident *resident,
			       const char *except);

/* How each agent's last session ended, from state.db. */
int supervisor_restore(struct daemon *daemon, struct error *error);

/* Sessions that a daemon before us left open go on, or wait until their agent's files are mended.
 * Where that cannot be they are closed as interrupted, and their facts reach MEMORY.md, or stay in
 * the journal where the agent's folder is gone. */
int supervisor_recover(struct daemon *daemon, struct error *error);

/* The daemon stops. Sessions that have begun are let go at their next step, or after STOP_CALLS_MS
 * wherever they are: their rows stay open, and the next daemon goes on with them. It begins those
 * that only wait, by their slots' rows; rehearsals, which have none, end. `empty` is called when
 * nothing is open any more. */
#define STOP_CALLS_MS 5000
void supervisor_stop(struct daemon *daemon, void (*empty)(struct daemon *));

/* Sessions that run now, and what an agent does, for `status`. */
const char *supervisor_running(const struct resident *resident); /* session id or NULL */
/* Why work of it waits out a pause after a death, and until when; NULL: none does. */
const char *supervisor_held(const struct daemon *daemon, const struct resident *resident);
size_t supervisor_open_count(const struct daemon *daemon);

#endif
