/* The life of a session: what follows from each thing that happens to it, and when. Pure: time and
 * chance are arguments, nothing is read or written, so that a simulation can live a year of it.
 *
 *     WAITING    for its agent, for room, or out a pause after a death
 *     RECORDING  its rows are being written, or its journal is being read
 *     RUNNING    its process works; what makes no progress for `hung_ms` is told to end (TERM)
 *     LEAVING    it has said its last word, or nothing can come any more: gone within
 *                `farewell_ms`, or killed
 *     STOPPING   TERM was sent: gone within `grace_ms`, or killed
 *     KILLING    KILL was sent: gone within `gone_ms`, or a person is told
 *     STUCK      it cannot be killed: its agent stays busy, others go on, until it is gone
 *     FINISHING  its process is gone; what we were doing for it is not over yet
 *     SAVING     its process is gone, its facts are on their way into MEMORY.md
 *     CLOSING    its rows are being closed
 *     ENDED
 *
 * What the caller does:
 *     1. keeps one `struct life` for a session, and turns what happens into events
 *     2. lifecycle_step(&life, &rules, &happening)    the state that follows is in it already
 *     3. performs the action, which may lead to further events
 *     4. gives LIFE_DUE at life.due_ms, or LIFE_PROGRESS instead
 *
 * LIFE_PROGRESS is for one that is RUNNING and has made progress since: with the moment of its last
 * sign of life, or with this one while it waits for us (a model and our own work have clocks of
 * their own).
 *
 * A repair is never believed: after TERM and KILL the next rung follows by itself unless
 * LIFE_EXITED or LIFE_DIED says that the process is gone. A session ends exactly once. */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

enum life_state {
	LIFE_WAITING,
	LIFE_RECORDING,
	LIFE_RUNNING,
	LIFE_LEAVING,
	LIFE_STOPPING,
	LIFE_KILLING,
	LIFE_STUCK,
	LIFE_FINISHING,
	LIFE_SAVING,
	LIFE_CLOSING,
	LIFE_ENDED,
	LIFE_STATES
};

enum life_event {
	LIFE_ADMITTED,   /* its agent is free and there is room */
	LIFE_RECORDED,   /* its rows are durable, or its journal is read */
	LIFE_UNRECORDED, /* they could not be written: it must do nothing */
	LIFE_PROGRESS,   /* it was heard of, or handed something, at that moment */
	LIFE_LAST_WORD,  /* it said `done`, or its socket is closed */
	LIFE_DUE,        /* life.due_ms has come */
	LIFE_GONE,       /* its process is gone, and what we do for it is not over */
	LIFE_EXITED,     /* it has no process (any more), and what becomes of it is decided */
	LIFE_DIED,       /* its process is gone before its time: it goes on with another */
	LIFE_SAVED,      /* its facts are committed, or there are none */
	LIFE_CLOSED,     /* its rows are closed */
	LIFE_CANCELLED,  /* its outcome is decided: it has to end (LIFE_EXITED where it has rows and
			    waits) */
	LIFE_SUSPENDED,  /* the daemon stops; its rows stay open for the next one. Of one that is
			    SAVING: its facts cannot be committed for now */
	LIFE_EVENTS
};

enum life_action {
	LIFE_BUG,      /* this cannot happen in this state: a mistake of ours */
	LIFE_NOTHING,  /* nothing */
	LIFE_ADMIT,    /* its pause is over: look whether it may begin */
	LIFE_RECORD,   /* write its rows, or read its journal; start its process unless its outcome
			  is decided */
	LIFE_BEGIN,    /* it has begun */
	LIFE_WAIT,     /* its agent is free meanwhile; it goes on not before life.due_ms */
	LIFE_TERM,     /* ask its process to end */
	LIFE_KILL,     /* end it */
	LIFE_COMPLAIN, /* tell a person that it cannot be killed */
	LIFE_SAVE,     /* take its facts into MEMORY.md */
	LIFE_CLOSE,    /* close its rows */
	LIFE_END,      /* let go of it */
	LIFE_DROP,     /* its rows could not be written: end its process, let go of it */
	LIFE_LET_GO,   /* end its process and let go of it; nothing is closed */
	LIFE_WITHDRAW, /* it never had a process: close its slot */
	LIFE_ACTIONS
};

#define LIFE_NEVER INT64_MAX

struct life_rules {
	int64_t hung_ms;                                 /* on its turn, without progress */
	int64_t grace_ms;                                /* between TERM and KILL */
	int64_t gone_ms;                                 /* after KILL */
	int64_t farewell_ms;                             /* after its last word */
	int64_t backoff_shortest_ms, backoff_longest_ms; /* after a death */
	unsigned deaths_max; /* with one step in flight; then it is set aside */
	unsigned ooms_max;   /* for want of memory, at whatever steps; then likewise */
};

#define LIFE_GONE_MS 10000
#define LIFE_FAREWELL_MS 5000
#define LIFE_DEATHS_MAX 3
#define LIFE_OOMS_MAX 2 /* one more try, with a smaller transcript */

/* All zero but due_ms (LIFE_NEVER) at its beginning: see lifecycle_begin. */
struct life {
	enum life_state state;
	unsigned lives;   /* processes it has had */
	unsigned deaths;  /* since it got no further than `death_at` */
	int64_t death_at; /* answered steps at its latest death */
	unsigned ooms;    /* deaths for want of memory, ever; after a restart the caller's to set */
	bool is_leaving;  /* its last word was said */
	bool is_killed;   /* it was cancelled */
	int64_t due_ms;   /* when LIFE_DUE is to be given, on the caller's clock; LIFE_NEVER */
};

struct life_happening {
	enum life_event event;
	int64_t now_ms;
	uint32_t chance;      /* 32 random bits; LIFE_DIED */
	int64_t progress;     /* answered steps in its journal; LIFE_DIED */
	bool oom;             /* for want of memory; LIFE_DIED */
	unsigned deaths_late; /* of its agent's sessions lately, this one included; LIFE_DIED */
};

void lifecycle_begin(struct life *life);

/* A session that goes on after a restart: it died `deaths` times with step `seq` in flight, and
 * waits until `due_ms` (LIFE_NEVER: not). */
void lifecycle_restore(struct life *life, int64_t seq, unsigned deaths, int64_t due_ms);

/* Changes *life and says what to do. LIFE_BUG changes nothing. */
enum life_action lifecycle_step(struct life *life, const struct life_rules *rules,
				const struct life_happening *happening);

/* May it be admitted at this moment? */
bool lifecycle_is_ready(const struct life *life, int64_t now_ms);
/* Has it died so often, with one step in flight or for want of memory, that this is not tried once
 * more? */
bool lifecycle_is_poisoned(const struct life *life, const struct life_rules *rules);

/* "waiting", "running", … */
const char *life_state_name(enum life_state state);

/* The wait after the n-th death in a row (from 1): the shortest doubled with each, and up to a
 * quarter more by chance, so that what died together does not come back together; at most the
 * longest. */
int64_t life_backoff_ms(const struct life_rules *rules, unsigned deaths, uint32_t chance);

/* ---- the health of an agent ---- */

/* How the sessions of one agent fare, over restarts of the daemon: its caller keeps the moments of
 * deaths, and gives them back. UTC milliseconds; a clock that was set back makes nothing younger
 * than `flap_within_ms`. */

#define HEALTH_DEATHS_MAX 100

struct health_rules {
	unsigned flap_deaths; /* at most HEALTH_DEATHS_MAX */
	int64_t flap_within_ms;
	unsigned failures_max; /* in a row */
	unsigned silent_max; /* slots of a section that came without a success of an earlier one */
};

#define HEALTH_FAILURES_MAX 3
#define HEALTH_SILENT_MAX 2

struct health {
	int64_t deaths[HEALTH_DEATHS_MAX]; /* of their own, oldest first */
	unsigned death_count;
	unsigned failures; /* in a row */
};

/* What a person has to hear; flags. */
enum health_news {
	HEALTH_FLAPS = 1, /* too many deaths: it is to be paused */
	HEALTH_FAILS = 2, /* too many failures in a row: each time */
	HEALTH_WELL = 4,  /* it succeeded after failures */
};

/* A session of it died of itself. */
unsigned health_died(struct health *health, const struct health_rules *rules, int64_t now_ms);
/* How many did lately. */
unsigned health_deaths(struct health *health, const struct health_rules *rules, int64_t now_ms);
/* A session of it ended: well, or failed. What was interrupted, parked or escalated is neither. */
unsigned health_ended(struct health *health, const struct health_rules *rules, bool well);
/* A person has looked after it: deaths and failures are forgotten. */
void health_forgive(struct health *health);

/* One section: how many of its slots came since its latest success. */
struct silence {
	unsigned slots;
};
/* A slot of it is due, and a session of it ought to run. Returns whether it has been silent for too
 * long. */
bool silence_due(struct silence *silence, const struct health_rules *rules);
/* Returns whether it had been. */
bool silence_well(struct silence *silence, const struct health_rules *rules);

#endif
