/* What a daemon knows by itself of pauses and money, for the state.db that follows a damaged one.
 *
 * salvage.h takes over what can be read of the old file. Where that is less than what the daemon
 * holds in memory, the rest is written from there: who is paused, also by a command that came when
 * nothing could be written any more, and what each agent has spent in the windows in force, so that
 * no cap begins anew. */
#ifndef AGENTD_CARRIED_H
#define AGENTD_CARRIED_H

#include "daemon.h"

struct carried;

/* Of a daemon that has all its parts, when no session is open any more. */
struct carried *carried_take(struct daemon *daemon);
/* Into daemon->store, behind what was salvaged and before its thread runs. What cannot be written
 * is left. */
void carried_give(struct daemon *daemon, const struct carried *carried);
void carried_free(struct carried *carried);

#endif
