/* Start-up and shut-down, in order. Ready means: files read, schedule armed; repositories come
 * after. */
#ifndef AGENTD_START_H
#define AGENTD_START_H

#include "daemon.h"

/* The first thing of all. From now on SIGHUP waits, over the start and over a renewal, until
 * start_serving's loop answers it: it never ends agentd. Children do not inherit that
 * (process_spawn). */
void start_signals(void);

/* Finds the workspace, makes .agentd/, takes the lock (waits 2 s for an owner that is dying). A
 * workspace and a lock that *daemon has already, from before a renewal, are kept. */
int start_workspace(struct daemon *daemon, const char *where, struct error *error);

/* Refuses to start where sessions could not be walled in and the person has not switched walls off.
 */
int start_walls(struct daemon *daemon, struct error *error);

/* Opens log and state.db; a damaged database is set aside under another name. */
int start_state(struct daemon *daemon, struct error *error);

/* Makes the parts and reads all agents. */
int start_parts(struct daemon *daemon, struct error *error);

/* Opens the control socket, says READY, begins what may take its time. */
int start_serving(struct daemon *daemon, struct error *error);

/* Frees all there is, whatever start came to, but what outlives a renewal: that is main's. */
void stop_parts(struct daemon *daemon);

#endif
