/* The agents in force: one small resident value per folder under agents/ that has a SOUL.md.
 *
 * An invalid edit never stops an agent: what cannot be understood keeps its last good form, what
 * cannot be read makes that agent `broken` with the mend, and no other is touched. Texts are not
 * kept, only their ids. */
#ifndef AGENTD_ROSTER_H
#define AGENTD_ROSTER_H

#include "constitution.h"
#include "saving.h"

#include "agenda/agenda.h"

#include "lifecycle/lifecycle.h"

/* What the scheduler knows about one heartbeat; parallel to agent->beats.items. */
struct beat {
	struct agenda_place place; /* the slot it is armed for, and up to where it has been */
	int64_t first_seen;
	int64_t last_run; /* when its last session ended, 0: never */
	char inputs[17];  /* hash of its inputs then, "": unknown */
	bool stored;      /* has a row in state.db with this schedule */
	bool firing;      /* the row of a slot that is to run is on its way to state.db */
	/* Of one that waits for something to happen; see scheduler_event.c. */
	int64_t pending;    /* when it happened, and nobody was woken for it yet; 0: nothing */
	int64_t woken;      /* when an event last woke it; 0: never */
	int64_t last_event; /* the same on the monotonic clock */
	char heard[25];     /* what it has heard of, "": nothing yet */
	int64_t heard_anew; /* when scheduler_hear_anew found it so, on the monotonic clock */
	/* A slot that an earlier daemon began, and whose session it did not: still to be run. */
	int64_t owed, owed_wake;    /* planned; when to try (again); 0: none */
	char owed_event[ULID_SIZE]; /* "": a planned slot */
	struct silence silence;     /* slots since its latest success */
};

struct last_result {
	char session[27];
	int64_t at;          /* UTC seconds, 0: never */
	const char *outcome; /* static word */
	char *reason;        /* of one that a person has to look at, else NULL */
};

struct resident {
	char name[AGENT_NAME_MAX + 1];
	struct agent *agent; /* last good value; NULL: never was one */
	struct beat *beats;
	char ids[AGENT_FILES][41];      /* of the texts in force */
	struct file_stamp memory_stamp; /* of MEMORY.md as the daemon wrote it last */
	struct constitution_known constitution;
	char *broken;                /* why it cannot run and what mends it, or NULL */
	struct diagnostics problems; /* errors in its files, for `status` */
	bool paused;
	char *pause_reason;
	const struct zone *zone; /* NULL: the workspace's, which may become another */
	struct session *open;    /* the one that is waiting, running or being closed */
	struct last_result last;
	struct health health; /* what its sessions died and failed of */
	struct saving saving;
	char *held; /* why its work is held back (backoff), or NULL */
};

struct roster {
	struct resident **items; /* sorted by name */
	size_t count, capacity;
};

struct roster *roster_new(void);
void roster_free(struct roster *roster);
struct resident *roster_find(const struct roster *roster, const char *name);
/* Is any agent an experiment? Then a share of each day's money is kept for them. */
bool roster_has_experiments(const struct roster *roster);

/* Looks at agents/ and makes the roster equal to it: new ones are loaded, gone ones dropped. */
void roster_scan(struct daemon *daemon);

/* Reads one agent's files again. Logs one `reload` event when a text differs from the one in force;
 * returns whether that was so. */
bool roster_reload(struct daemon *daemon, struct resident *resident);

/* All agents read again, after a change of agentd.yaml. */
void roster_reload_all(struct daemon *daemon);

/* The daemon wrote MEMORY.md itself: its id is the one in force, no reload follows. */
void roster_note_memory(struct resident *resident, const char *id, const struct file_stamp *stamp);

const struct zone *roster_zone(const struct resident *resident, const struct daemon *daemon);
/* `reason` is kept unless the outcome is `done`. */
void roster_note_result(struct resident *resident, const char *session, int64_t at,
			const char *outcome, const char *reason);

/* The heartbeat and its scheduler state of a key; NULL: not there (any more). */
struct heartbeat *roster_heartbeat(const struct resident *resident, const char *key,
				   struct beat **ret_beat);

#endif
