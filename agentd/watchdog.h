/* The clocks of sessions: one timer for the earliest of them, none while nothing is open.
 *
 * session->life.due_ms says when a session is to be looked at (lib/lifecycle): it hangs, has not
 * left, was not ended by a signal, or has waited out its pause. What it waits for is not asked at
 * every message, but here: a session that made progress since is given more time. */
#ifndef AGENTD_WATCHDOG_H
#define AGENTD_WATCHDOG_H

#include "session.h"

struct watchdog *watchdog_new(struct daemon *daemon);
void watchdog_free(struct watchdog *watchdog);

/* session->life.due_ms has changed. */
void watchdog_note(const struct session *session);
/* No session is open. */
void watchdog_rest(struct daemon *daemon);

#endif
