/* Runs that were asked for by hand, by a person or a monitor, and wait their turn.
 *
 * One that cannot begin at once has its slot's row from then on, with what is to be run in it; the
 * transaction in which it begins takes that out again. So the next daemon runs what this one did
 * not come to, in the order in which it was asked for, or closes its slot with the reason. A
 * rehearsal has no row, and ends with the daemon. */
#ifndef AGENTD_RUNS_H
#define AGENTD_RUNS_H

#include "session.h"

#define RUN_BY_HAND "run:" /* how the event of its slot begins; its session's id follows */

/* It waits. Where its row cannot be made it ends, refused. */
void runs_keep(struct session *session);

/* Those that the daemon before us did not come to wait again, behind what it had begun. */
int runs_restore(struct daemon *daemon, struct error *error);

#endif
