/* What our processes and a person's commands write to their standard error.
 *
 * Each gets a pipe. A line of it is an event `stderr`, with the agent and the session where there
 * is one, so that it stands in the log beside what happened to that process. It is bounded: a line
 * is cut at CHATTER_LINE_MAX bytes, and a process has CHATTER_LINES lines at once and one more for
 * each second; what it says beyond that is read and forgotten, and counted in one further event.
 *
 *     launch.complaints = chatter_open(daemon, "agentd-session", agent, session);
 *
 * It looks after itself: it is over when nobody holds the other end any more, or with the loop. */
#ifndef AGENTD_CHATTER_H
#define AGENTD_CHATTER_H

#include "daemon.h"

#define CHATTER_LINE_MAX 1000
#define CHATTER_LINES 200

/* The end that the process writes to; the caller closes it. -1: there is none to be had, and our
 * own standard error has to do. `agent` and `session` may be NULL. */
int chatter_open(struct daemon *daemon, const char *name, const char *agent, const char *session);

#endif
