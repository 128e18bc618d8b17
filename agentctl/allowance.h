/* What an agent is told of its budget. */
#ifndef AGENTCTL_ALLOWANCE_H
#define AGENTCTL_ALLOWANCE_H

#include "place.h"

/* The line of the prompt, of what is recorded; `store` NULL: nothing is. *ret_line is NULL where
 * the first model of the beat's route is the rehearsal, which costs nothing. `heartbeat` may be
 * NULL. The caller frees it. */
int allowance_line(const struct workspace *workspace, struct store *store,
		   const struct agent *agent, const struct heartbeat *heartbeat, char **ret_line,
		   struct error *error);

#endif
