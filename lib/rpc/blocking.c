#include "connection.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

static int64_t deadline_after(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : clock_monotonic_ms() + timeout_ms;
}

static int left_until(int64_t deadline)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return -1;
	left = deadline - clock_monotonic_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Waits for any of `events`; *ret_events is what came. */
static int poll_until(int fd, short events, int64_t deadline, short *ret_events,
		      struct error *error)
{
	struct pollfd wanted = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&wanted, 1, left_until(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set_system(error, errno, "cannot wait for the other side");
	if (!n)
		return error_set(error, ERROR_TIMEOUT, "the other side did not answer in time");
	*ret_events = wanted.revents;
	return 0;
}

static int wait_once(struct rpc *rpc, int64_t deadline, struct error *error)
{
	short events = rpc_wants_write(rpc) ? POLLIN | POLLOUT : POLLIN;
	int r;

	if (rpc->closing || rpc->ended)
		return rpc_readable(rpc, error); /* says so, and needs nothing to come */
	r = poll_until(rpc->fd, events, deadline, &events, error);
	if (r)
		return r;
	if (events & POLLOUT)
		rpc_writable(rpc, NULL);
	if (events & ~POLLOUT)
		return rpc_readable(rpc, error);
	return 0;
}

static int wait_until(struct rpc *rpc, int64_t deadline, struct error *error)
{
	uint64_t before = rpc->handled;
	int r = 0;

	while (!r && rpc->handled == before)
		r = wait_once(rpc, deadline, error);
	/* an end behind the last message is for the next call; a broken protocol is for this one */
	return rpc->handled != before && r == -(int)ERROR_CLOSED ? 0 : r;
}

int rpc_wait(struct rpc *rpc, int timeout_ms, struct error *error)
{
	return wait_until(rpc, deadline_after(timeout_ms), error);
}

int rpc_flush(struct rpc *rpc, struct error *error)
{
	short events;
	int r = 0;

	while (!r && rpc_wants_write(rpc)) {
		r = poll_until(rpc->fd, POLLOUT, INT64_MAX, &events, error);
		if (!r)
			rpc_writable(rpc, NULL);
	}
	if (!r && rpc->mute)
		return error_set(error, ERROR_CLOSED, "the other side does not read any more");
	return r;
}

struct call {
	bool answered;
	json_t *result;
	struct error error;
};

static void call_answered(void *context, const json_t *result, const struct error *error)
{
	struct call *call = context;

	call->answered = true;
	if (error)
		call->error = *error;
	else
		call->result = json_incref((json_t *)(uintptr_t)result);
}

static int call_unsent(int r, const struct rpc *rpc, struct error *error)
{
	if (r == -(int)ERROR_TOO_LARGE && !rpc->mute)
		return error_set(error, ERROR_TOO_LARGE, "a request of more than %zu bytes",
				 rpc->out.frame_max);
	return error_set(error, ERROR_CLOSED, "the other side is gone");
}

int rpc_call(struct rpc *rpc, const char *method, json_t *params, int timeout_ms,
	     json_t **ret_result, struct error *error)
{
	struct call call = { 0 };
	struct open_request request = { .answer = call_answered, .context = &call };
	int64_t deadline = deadline_after(timeout_ms);
	uint64_t number;
	int r = rpc_ask(rpc, method, params, &request, &number);

	if (r)
		return call_unsent(r, rpc, error);
	while (!r && !call.answered)
		r = wait_until(rpc, deadline, error);
	if (!call.answered) {
		open_abandon(&rpc->asked, number);
		return r;
	}
	if (!call.result) {
		if (error)
			*error = call.error;
		return -(int)call.error.code;
	}
	*ret_result = call.result;
	return 0;
}
