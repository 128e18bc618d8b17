/* A process of ours on the loop, until it has ended. */
#ifndef AGENTD_CHILD_H
#define AGENTD_CHILD_H

#include "base/process.h"

#include <uv.h>

struct child;

/* Called once; the child is freed right after. */
typedef void (*child_ended)(void *context, const struct process_end *end);

/* Takes the process over. */
struct child *child_new(uv_loop_t *loop, struct process process, child_ended ended, void *context);
pid_t child_pid(const struct child *child);
void child_signal(struct child *child, int signal);

/* Ends it now (SIGKILL) and reaps it, or leaves it to the kernel where that takes longer than a
 * second; `ended` is not called any more. Takes NULL. */
void child_kill(struct child *child);

/* The same without waiting: it is reaped when the kernel is done with it. Takes NULL. */
void child_leave(struct child *child);

#endif
