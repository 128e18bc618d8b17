/* Slots of a section, as the files of the scheduler share them: scheduler.c looks and arms,
 * scheduler_fire.c writes rows and wishes for sessions, scheduler_event.c hears what happens,
 * scheduler_restore.c knows how it was, scheduler_kept.c how it was of agents that are broken now
 * or gone, scheduler_ahead.c what has its row before its time. */
#ifndef AGENTD_SLOTS_H
#define AGENTD_SLOTS_H

#include "scheduler.h"

struct ahead;
struct firing;
struct kept;

struct scheduler {
	struct daemon *daemon;
	struct firing *firings; /* slots whose rows are on their way */
	int alarm;
	uv_poll_t *poll;
	uv_timer_t *events;           /* for event sections that wait out their minute */
	struct agenda_turns turns;    /* of what is caught up */
	struct agenda_look last_look; /* zeros: there was none */
	int64_t zones_looked_at;      /* on the clock of agenda_look.boot_ms */
	struct ahead *ahead;          /* NULL: nothing, as when no clock was set back */
	struct kept *kept;            /* for agents that are not there; the oldest first */
	struct kept **kept_last;
	size_t kept_count;
};

/* By what a section's slots are told: its zone is the heading's, the agent's or the workspace's. */
struct agenda_rule scheduler_rule(const struct daemon *daemon, const struct resident *resident,
				  const struct schedule *schedule);
struct agenda_policy scheduler_policy(const struct daemon *daemon, const struct resident *resident);

/* The section's row as it is now. Its strings are theirs and `text`'s. */
struct section scheduler_section(const struct resident *resident, const struct heartbeat *heartbeat,
				 const struct beat *beat, char text[SCHEDULE_PRINT_SIZE]);

void scheduler_store_section(struct daemon *daemon, const struct resident *resident,
			     const struct heartbeat *heartbeat, struct beat *beat);

/* What has come due of a section, by the gates and in its turn: rows, then a session. */
void scheduler_fire_due(struct daemon *daemon, struct resident *resident,
			const struct heartbeat *heartbeat, struct beat *beat,
			enum agenda_absence absence, int64_t now);
/* An event for a section. */
void scheduler_fire_event(struct daemon *daemon, struct resident *resident,
			  const struct heartbeat *heartbeat, struct beat *beat, const char *event);
/* A section has another key, and so have slots whose rows are on their way. */
void scheduler_firings_moved(struct daemon *daemon, const struct resident *resident,
			     const char *from, const char *to);
void scheduler_firings_let_go(struct scheduler *scheduler);
/* A section that hears of something for the first time has heard of all that is there. Returns
 * whether its row is another now. */
bool scheduler_hear_anew(const struct daemon *daemon, const struct resident *resident,
			 const struct heartbeat *heartbeat, struct beat *beat);
/* What it had heard of, and what was pending, when the daemon before us ended. One that was gone
 * (`was_gone`) hears anew. */
#define HEARD_SIZE sizeof(((struct beat *)0)->heard)
void scheduler_hear_restored(struct beat *beat, const struct section *section, bool was_gone,
			     int64_t now);
/* scheduler_hear_all for one agent. */
void scheduler_hear(struct daemon *daemon, struct resident *resident);
/* The slot of an event could not be written: it is pending as before. */
void scheduler_event_again(struct daemon *daemon, struct beat *beat, int64_t since);
/* A slot that began and has no session: beat->owed. */
void scheduler_fire_owed(struct daemon *daemon, struct resident *resident,
			 const struct heartbeat *heartbeat, struct beat *beat, int64_t now);
/* All of a part are skipped for `reason`; no section row. */
void scheduler_skip(struct daemon *daemon, const struct resident *resident,
		    const struct heartbeat *heartbeat, const struct agenda_rule *rule,
		    const struct agenda_due *due, const char *reason);

/* Arms what is not armed or is armed for another moment than it says now; and the alarm for the
 * first of all. */
void scheduler_arm_sections(struct daemon *daemon, struct resident *resident);
void scheduler_set_alarm(struct daemon *daemon);

/* As its row says it was; its agent is there. Of one that was gone (`was_gone`) what came due or
 * happened meanwhile is not caught up: nobody asked for it then. */
void scheduler_restore_section(struct daemon *daemon, const struct section *section, bool was_gone);

/* It is gone, or its agent is gone or broken: it waits until scheduler_mended, which returns
 * whether any was there all the time, and could not be read. Copied. */
void scheduler_keep_section(struct scheduler *scheduler, const struct section *section,
			    bool is_gone);
void scheduler_keep_gone(struct daemon *daemon, const struct resident *resident,
			 const struct heartbeat *heartbeat, const struct beat *beat);
void scheduler_keep_slot(struct scheduler *scheduler, const struct slot *slot);
bool scheduler_mended(struct daemon *daemon, const struct resident *resident);
/* The agent is gone: whether it is paused waits until scheduler_agent_back. */
void scheduler_keep_pause(struct scheduler *scheduler, const struct agent_state *state);
void scheduler_agent_back(struct daemon *daemon, struct resident *resident);
void scheduler_kept_free(struct scheduler *scheduler);

/* The clock may have been set back: which slots to come have their rows already? */
void scheduler_look_ahead(struct daemon *daemon);
void scheduler_ahead_free(struct ahead *ahead); /* NULL is fine */

#endif
