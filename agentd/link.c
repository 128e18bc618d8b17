#include "link.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <poll.h>

struct link {
	uv_poll_t poll;
	struct rpc *rpc;
	link_closed closed;
	void *owner;
	bool handling; /* inside rpc_readable */
	bool dead;     /* freed meanwhile */
	bool ended;    /* nothing more will come */
	int watched;   /* events that the loop polls for */
	int64_t moved_ms;
};

static void link_destroy(uv_handle_t *handle)
{
	free(handle->data);
}

static void link_end(struct link *link)
{
	struct rpc *rpc = steal_pointer(&link->rpc);

	uv_poll_stop(&link->poll);
	rpc_free(rpc);
	uv_close((uv_handle_t *)&link->poll, link_destroy);
}

static void link_ready(uv_poll_t *poll, int status, int events);

static void link_watch(struct link *link)
{
	int wanted = (link->ended ? 0 : UV_READABLE) |
		     (rpc_wants_write(link->rpc) ? UV_WRITABLE : 0);

	if (link->dead || wanted == link->watched)
		return;
	link->watched = wanted;
	if (wanted)
		uv_poll_start(&link->poll, wanted, link_ready);
	else
		uv_poll_stop(&link->poll);
}

bool link_still_hears(const struct link *link)
{
	struct pollfd state = { .fd = rpc_fd(link->rpc) };

	/* A side that is gone shows as POLLHUP, one that only shut its writing down does not. */
	return poll(&state, 1, 0) >= 0 && !(state.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void link_ready(uv_poll_t *poll, int status, int events)
{
	struct link *link = poll->data;
	struct error error = { .code = ERROR_CLOSED };
	int result = 0;

	link->handling = true;
	link->moved_ms = clock_monotonic_ms();
	if (events & UV_WRITABLE)
		result = rpc_writable(link->rpc, &error);
	if (!result && (status < 0 || events & UV_READABLE))
		result = rpc_readable(link->rpc, &error);
	link->handling = false;
	if (link->dead) {
		link_end(link);
	} else if (result) {
		uv_poll_stop(&link->poll);
		link->watched = 0;
		link->ended = true;
		link->closed(link->owner, &error);
	} else {
		link_watch(link);
	}
}

struct link *link_new(uv_loop_t *loop, int fd, const struct rpc_permit *permits,
		      size_t permit_count, void *context, link_closed closed, void *owner)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->rpc = rpc_new(fd, RPC_FRAME_MAX, permits, permit_count, context);
	link->closed = closed;
	link->owner = owner;
	link->poll.data = link;
	link->moved_ms = clock_monotonic_ms();
	if (uv_poll_init(loop, &link->poll, fd))
		BUG("a fresh socket cannot be polled");
	link_watch(link);
	return link;
}

void link_free(struct link *link)
{
	if (!link || link->dead)
		return;
	link->dead = true;
	if (link->handling)
		rpc_close(link->rpc);
	else
		link_end(link);
}

struct rpc *link_rpc(const struct link *link)
{
	return link->rpc;
}

void link_read(struct link *link)
{
	bool was = link->handling;

	link->handling = true;
	rpc_readable(link->rpc, NULL);
	link->handling = was;
	if (link->dead && !was)
		link_end(link);
}

bool link_has_news(const struct link *link)
{
	struct pollfd state = { .fd = rpc_fd(link->rpc), .events = POLLIN };

	return poll(&state, 1, 0) > 0;
}

int64_t link_moved_ms(const struct link *link)
{
	return link->moved_ms;
}

/* A dead connection shows itself when it is read; there is nothing to do about it here. */
int link_notify(struct link *link, const char *method, json_t *params)
{
	int result = rpc_notify(link->rpc, method, params);

	link_watch(link);
	return result;
}

void link_request(struct link *link, const char *method, json_t *params, rpc_answer answer,
		  void *context)
{
	struct error error;
	int result = rpc_request(link->rpc, method, params, answer, context);

	link_watch(link);
	if (!result)
		return;
	error_set(&error, (enum error_code) - result, "%s could not be sent: %s", method,
		  error_code_name((enum error_code) - result));
	answer(context, NULL, &error);
}

void link_reply(struct link *link, uint64_t id, json_t *result)
{
	link->moved_ms = clock_monotonic_ms();
	rpc_reply(link->rpc, id, result);
	link_watch(link);
}

void link_refuse(struct link *link, uint64_t id, const struct error *error)
{
	link->moved_ms = clock_monotonic_ms();
	rpc_refuse(link->rpc, id, error);
	link_watch(link);
}
