/* A sign of life for systemd: WATCHDOG=1, twice as often as WATCHDOG_USEC asks for; nothing, not
 * even a timer, where that is not set.
 *
 * It comes from the loop, and from there only when the thread that writes state.db has answered
 * since the last one, or is known to wait for its disk: a daemon of which either is stuck falls
 * silent, and systemd kills it and starts the next, which goes on with the open sessions. */
#ifndef AGENTD_PULSE_H
#define AGENTD_PULSE_H

#include "daemon.h"

/* NULL: nobody asks for it. */
struct pulse *pulse_new(struct daemon *daemon);
/* When the loop has closed its handles. NULL is fine. */
void pulse_free(struct pulse *pulse);

#endif
