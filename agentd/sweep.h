/* The sweep: what is in progress without a living owner, or for longer than it should be.
 *
 * Every stale_sweep, while anything is open, what the daemon holds in memory is compared with the
 * processes that there are and with state.db. What is found is logged (`sweep`), and requeued,
 * closed or asked for once more; then it is looked at again, and what is as it was is an incident.
 * A start does the same by other means: see supervisor_recover, store_slots_close_open. */
#ifndef AGENTD_SWEEP_H
#define AGENTD_SWEEP_H

#include "daemon.h"

struct sweep;

struct sweep *sweep_new(struct daemon *daemon);
void sweep_free(struct sweep *sweep);

/* Something is open: sweeps come from now on, until nothing is. */
void sweep_arm(struct daemon *daemon);

/* Was the session's row open at the latest sweep, with nobody at it? */
bool sweep_is_suspect(const struct daemon *daemon, const char *session);

#endif
