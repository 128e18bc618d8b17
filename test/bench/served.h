/* A workspace that is being served: an agentd of the build under test, and a line to its socket. */
#ifndef BENCH_SERVED_H
#define BENCH_SERVED_H

#include "farm.h"

#include "base/alloc.h"

#include <sys/types.h>

struct served;

/* Starts agentd and waits for READY=1 on its NOTIFY_SOCKET. */
int served_start(struct bench *bench, const struct farm *farm, struct served **ret_served,
		 struct error *error);
/* SIGTERM, and the end; NULL is fine. */
void served_stop(struct served *served);
/* SIGKILL, as a crash. NULL is fine. */
void served_kill(struct served *served);

pid_t served_pid(const struct served *served);
double served_ready_ms(const struct served *served); /* from posix_spawn to READY=1 */

/* Starts a run of an agent's beat over the control socket, which it opens at the first call. */
int served_run(struct served *served, const char *agent, struct error *error);

/* The number at `daemon.KEY` of what `status` answers. */
int served_status(struct served *served, const char *key, int64_t *ret_number, struct error *error);

/* Waits for the next session_end. `ret_agent` (may be NULL) has room for AGENT_NAME_SIZE bytes. A
 * session that did not end as `done` is an error. */
int served_await_end(struct served *served, char *ret_agent, struct error *error);

CLEANUP_DEFINE(struct served *, served_stop)

#endif
