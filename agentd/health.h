/* How agents fare, and what follows from it (lib/lifecycle decides what counts).
 *
 * Deaths of its sessions' own within flap_within pause an agent, with an alert, until a person
 * resumes it; three failures in a row, and a section of which nothing has succeeded for two of its
 * intervals, are told once, and once more when it is well again. Deaths and sessions are rows of
 * state.db, so that all of that holds over a restart. Incidents are "flap AGENT", "failing AGENT",
 * "aside AGENT" (work was set aside), "silent AGENT "SECTION"" and "stuck AGENT SESSION" (a process
 * that cannot be killed). */
#ifndef AGENTD_HEALTH_H
#define AGENTD_HEALTH_H

#include "session.h"

/* What agents died and failed of, from state.db. Call once, with the roster loaded. */
int health_restore(struct daemon *daemon, struct error *error);
/* Incidents of agents, sections and processes that there are not any more are over. */
void health_review(struct daemon *daemon);

/* A session of it died of itself. Returns how many did lately; *ret_flaps: these are too many. */
unsigned health_note_death(struct daemon *daemon, struct resident *resident, bool *ret_flaps);
/* It is paused, by us. */
void health_pause(struct daemon *daemon, struct resident *resident, unsigned deaths,
		  const char *words);

/* A session of it has ended. */
void health_note_end(struct daemon *daemon, struct resident *resident,
		     const struct session *session);
/* A slot of it is due, and a session ought to run for it. */
void health_note_slot(struct daemon *daemon, const struct resident *resident,
		      const struct heartbeat *heartbeat, struct beat *beat);

/* A person has resumed it: what was is forgotten. */
void health_resumed(struct daemon *daemon, struct resident *resident);

#endif
