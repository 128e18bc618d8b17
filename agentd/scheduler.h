/* When each heartbeat is due: one wall-clock alarm for all of them, a row for every slot.
 *
 * A slot is (agent, section, planned instant). Its one row is written before anything else happens
 * and the primary key makes a second run impossible. What has come due, what was missed and whose
 * turn it is says lib/agenda; the gates (paused, nothing to do, unchanged, …) decide whether a row
 * begins as `running` or ends as `skipped`. */
#ifndef AGENTD_SCHEDULER_H
#define AGENTD_SCHEDULER_H

#include "roster.h"

struct scheduler;

int scheduler_new(struct daemon *daemon, struct scheduler **ret_scheduler, struct error *error);
void scheduler_free(struct scheduler *scheduler);

/* What state.db remembers: pauses, sections with their armed slot, last runs, slots whose session
 * did not begin. What was due while nobody ran is looked at as soon as the loop runs. Call once,
 * with the roster loaded. */
int scheduler_restore(struct daemon *daemon, struct error *error);

/* An agent's text, or the zone, tick or clock by which its slots are told, may have changed. */
void scheduler_arm(struct daemon *daemon, struct resident *resident);

/* The agent leaves the roster. What is known of it is kept for scheduler_arm, if it comes back:
 * that it is paused, how its sessions fared, its sections with their last runs and inputs. */
void scheduler_agent_gone(struct daemon *daemon, struct resident *resident);

/* No section has its key any more. Where one that is new has its place the key has changed: rows
 * and state move along. Else it is gone, and what is known of it is kept like that of an agent. */
void scheduler_section_left(struct daemon *daemon, struct resident *resident,
			    const struct heartbeat *section, size_t place,
			    const struct beat *state);

/* The next slot of a section that will run or be skipped, for people; AGENDA_NEVER: none. One that
 * has its row already, as the clock was set back, is passed over. */
int64_t scheduler_next(const struct daemon *daemon, const struct resident *resident, size_t place);

/* tzdata may have been replaced: where it was, all is told anew. */
void scheduler_look_at_zones(struct daemon *daemon);

/* Something happened that event sections wait for. `author` is the agent that caused it (it is not
 * woken), NULL: a person. What has to wait out its minute is durable; what was not written any more
 * before a death the next start finds by scheduler_hear_all. */
void scheduler_event(struct daemon *daemon, enum schedule_event event, const char *author);
/* The same for files of an agent; paths are below its folder. `last`: when the last of them
 * changed, on the monotonic clock. A section that is new, or back, since then has seen them so. */
void scheduler_files_changed(struct daemon *daemon, struct resident *resident, char *const *paths,
			     size_t count, int64_t last);
/* Nobody looked for a while: sections are woken for what is another bulletin, or are other files,
 * than they have heard of. One that is new has heard of all that is there. */
void scheduler_hear_all(struct daemon *daemon);

/* A beat's session ended: remember when, and with which inputs ("" : they changed meanwhile). */
void scheduler_beat_ended(struct resident *resident, const char *key, int64_t at,
			  const char *inputs);

/* A slot that is to run has its row, and no session: it is due, in its turn, or closed where its
 * section is gone or another such waits. */
void scheduler_owe(struct daemon *daemon, const struct slot *slot);

#endif
