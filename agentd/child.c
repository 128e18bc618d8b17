#include "child.h"

#include "base/alloc.h"
#include "base/file.h"

#include <signal.h>

#define KILL_MS 1000 /* what the kernel has not ended by then hangs in it */

struct child {
	uv_poll_t poll;
	struct process process;
	child_ended ended;
	void *context;
};

static void child_destroy(uv_handle_t *handle)
{
	free(handle->data);
}

static void child_close(struct child *child)
{
	uv_poll_stop(&child->poll);
	uv_close((uv_handle_t *)&child->poll, child_destroy);
}

static void child_readable(uv_poll_t *poll, int status, int events)
{
	struct child *child = poll->data;
	struct process_end end;

	(void)status;
	(void)events;
	/* The poll must go before the descriptor does. */
	uv_poll_stop(poll);
	if (process_reap(&child->process, false, &end, NULL)) {
		uv_poll_start(poll, UV_READABLE, child_readable);
		return;
	}
	if (child->ended)
		child->ended(child->context, &end);
	child_close(child);
}

struct child *child_new(uv_loop_t *loop, struct process process, child_ended ended, void *context)
{
	struct child *child = xcalloc(1, sizeof(*child));

	child->process = process;
	child->ended = ended;
	child->context = context;
	child->poll.data = child;
	if (uv_poll_init(loop, &child->poll, process.pidfd) ||
	    uv_poll_start(&child->poll, UV_READABLE, child_readable))
		BUG("a pidfd cannot be polled");
	return child;
}

pid_t child_pid(const struct child *child)
{
	return child->process.pid;
}

void child_signal(struct child *child, int signal)
{
	process_signal(&child->process, signal);
}

void child_leave(struct child *child)
{
	if (!child)
		return;
	child->ended = NULL;
	child_signal(child, SIGKILL);
}

void child_kill(struct child *child)
{
	struct process_end end;

	if (!child)
		return;
	uv_poll_stop(&child->poll);
	process_signal(&child->process, SIGKILL);
	process_ends_within(&child->process, KILL_MS);
	if (process_reap(&child->process, false, &end, NULL))
		fd_close(&child->process.pidfd);
	child_close(child);
}
