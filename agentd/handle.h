/* A handle of the loop that was allocated by itself, because libuv may hold it for longer than its
 * owner lives. Its callback finds the owner in `data`; it goes when the loop has closed it:
 *
 *     sweep->timer = handle_timer(&daemon->loop, sweep);
 *     uv_close((uv_handle_t *)sweep->timer, handle_free); */
#ifndef AGENTD_HANDLE_H
#define AGENTD_HANDLE_H

#include "base/alloc.h"

#include <uv.h>

/* Not started. */
static inline uv_timer_t *handle_timer(uv_loop_t *loop, void *data)
{
	uv_timer_t *timer = xcalloc(1, sizeof(*timer));

	timer->data = data;
	uv_timer_init(loop, timer);
	return timer;
}

/* Of a descriptor that can be waited for; not started. */
static inline uv_poll_t *handle_poll(uv_loop_t *loop, int fd, void *data)
{
	uv_poll_t *poll = xcalloc(1, sizeof(*poll));

	poll->data = data;
	uv_poll_init(loop, poll, fd);
	return poll;
}

static inline void handle_free(uv_handle_t *handle)
{
	free(handle);
}

#endif
