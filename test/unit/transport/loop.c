#include "loop.h"

#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static void watch(void *context, int fd, bool readable, bool writable)
{
	struct loop *loop = context;
	size_t i = 0;

	while (i < loop->count && loop->fds[i].fd != fd)
		i++;
	if (!readable && !writable) {
		if (i < loop->count)
			loop->fds[i] = loop->fds[--loop->count];
		return;
	}
	assert_true(i < LOOP_FDS_MAX);
	loop->count += i == loop->count;
	loop->fds[i] = (struct pollfd){
		.fd = fd,
		.events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)),
	};
}

static void timer(void *context, int64_t delay_ms)
{
	struct loop *loop = context;

	loop->timer_at = delay_ms < 0 ? -1 : clock_monotonic_ms() + delay_ms;
}

void loop_open(struct loop *loop)
{
	struct transport_loop callbacks = { watch, timer, loop };

	signal(SIGPIPE, SIG_IGN);
	*loop = (struct loop){ .timer_at = -1 };
	assert_int_equal(0, transport_new(&callbacks, &loop->transport, NULL));
}

void loop_close(struct loop *loop)
{
	transport_free(loop->transport);
	loop->transport = NULL;
}

void loop_turn(struct loop *loop, int wait_ms)
{
	struct pollfd ready[LOOP_FDS_MAX];
	size_t count = loop->count;
	int64_t left = loop->timer_at < 0 ? wait_ms : loop->timer_at - clock_monotonic_ms();

	left = left < 0 ? 0 : left > wait_ms ? wait_ms : left;
	memcpy(ready, loop->fds, count * sizeof(*ready));
	assert_true(poll(ready, count, (int)left) >= 0);
	for (size_t i = 0; i < count; i++) {
		short events = ready[i].revents;

		if (events)
			transport_ready(loop->transport, ready[i].fd,
					events & (POLLIN | POLLHUP | POLLERR),
					events & (POLLOUT | POLLERR));
	}
	if (loop->timer_at >= 0 && loop->timer_at <= clock_monotonic_ms()) {
		loop->timer_at = -1;
		transport_timer(loop->transport);
	}
}

void loop_until(struct loop *loop, const unsigned *done, unsigned count)
{
	int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;

	while (*done < count) {
		assert_true(clock_monotonic_ms() < deadline);
		loop_turn(loop, 100);
	}
}
