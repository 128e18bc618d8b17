#include "gateway.h"

#include "call.h"
#include "post.h"

#include "base/clock.h"

#define WATCHERS_MAX (1024 * 1024)

/* ---- libcurl's sockets ---- */

struct watcher {
	uv_poll_t poll; /* first: freed by it */
	struct gateway *gateway;
	int fd;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watcher *watcher = (struct watcher *)poll;
	bool broken = status < 0; /* libcurl finds out how when it reads */

	transport_ready(watcher->gateway->transport, watcher->fd,
			broken || events & (UV_READABLE | UV_DISCONNECT),
			broken || events & UV_WRITABLE);
}

static void on_watcher_closed(uv_handle_t *handle)
{
	free(handle);
}

static void drop_watcher(struct gateway *gateway, int fd)
{
	struct watcher *watcher = gateway->watchers[fd];

	gateway->watchers[fd] = NULL;
	if (!watcher)
		return;
	/* at once: libcurl closes the descriptor next, and its number may come back */
	uv_poll_stop(&watcher->poll);
	uv_close((uv_handle_t *)&watcher->poll, on_watcher_closed);
}

static void make_room(struct gateway *gateway, size_t count)
{
	size_t capacity = gateway->watcher_count ? gateway->watcher_count : 64;

	if (count <= gateway->watcher_count)
		return;
	if (count > WATCHERS_MAX)
		BUG("descriptor %zu", count);
	while (capacity < count)
		capacity *= 2;
	gateway->watchers = xreallocarray(gateway->watchers, capacity, sizeof(*gateway->watchers));
	memset(gateway->watchers + gateway->watcher_count, 0,
	       (capacity - gateway->watcher_count) * sizeof(*gateway->watchers));
	gateway->watcher_count = capacity;
}

static void on_watch(void *context, int fd, bool readable, bool writable)
{
	struct gateway *gateway = context;
	struct watcher *watcher;

	make_room(gateway, (size_t)fd + 1);
	if (!readable && !writable) {
		drop_watcher(gateway, fd);
		return;
	}
	watcher = gateway->watchers[fd];
	if (!watcher) {
		watcher = xcalloc(1, sizeof(*watcher));
		watcher->gateway = gateway;
		watcher->fd = fd;
		if (uv_poll_init(&gateway->loop, &watcher->poll, fd))
			BUG("uv_poll_init of descriptor %d", fd);
		gateway->watchers[fd] = watcher;
	}
	uv_poll_start(&watcher->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
		      on_ready);
}

/* ---- timers ---- */

static void on_transport_due(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;

	transport_timer(gateway->transport);
}

static void on_timer(void *context, int64_t delay_ms)
{
	struct gateway *gateway = context;

	/* libuv counts from the start of its turn, which may be long ago */
	uv_update_time(&gateway->loop);
	if (delay_ms < 0)
		uv_timer_stop(&gateway->transport_timer);
	else
		uv_timer_start(&gateway->transport_timer, on_transport_due, (uint64_t)delay_ms, 0);
}

static void on_deltas_due(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;
	int64_t at_ms = calls_send_deltas(gateway);

	if (at_ms != INT64_MAX)
		gateway_wake_deltas(gateway, at_ms);
}

void gateway_wake_deltas(struct gateway *gateway, int64_t at_ms)
{
	int64_t delay_ms = at_ms - clock_monotonic_ms();

	if (!uv_is_active((uv_handle_t *)&gateway->delta_timer))
		uv_timer_start(&gateway->delta_timer, on_deltas_due,
			       delay_ms < 0 ? 0 : (uint64_t)delay_ms, 0);
}

/* ---- agentd ---- */

static void on_complete(struct rpc *rpc, void *context, const char *method, const json_t *params,
			uint64_t id)
{
	struct error error;

	(void)method;
	if (call_start(context, params, id, &error))
		(void)rpc_refuse(rpc, id, &error);
}

static void on_post(struct rpc *rpc, void *context, const char *method, const json_t *params,
		    uint64_t id)
{
	struct error error;

	(void)method;
	if (post_start(context, params, id, &error))
		(void)rpc_refuse(rpc, id, &error);
}

static void on_get(struct rpc *rpc, void *context, const char *method, const json_t *params,
		   uint64_t id)
{
	struct error error;

	(void)method;
	if (get_start(context, params, id, &error))
		(void)rpc_refuse(rpc, id, &error);
}

static void on_cancel(struct rpc *rpc, void *context, const char *method, const json_t *params,
		      uint64_t id)
{
	(void)rpc, (void)method, (void)id;
	call_cancel(context, json_string_value(json_object_get(params, "call")));
}

static void on_alive(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)context, (void)method, (void)params;
	(void)rpc_reply(rpc, id, json_object());
}

static const struct rpc_permit permits[] = {
	{ .method = "ping", .states = ~0u, .handler = on_alive },
	{ .method = "complete", .states = ~0u, .handler = on_complete },
	{ .method = "cancel", .states = ~0u, .notification = true, .handler = on_cancel },
	{ .method = "post", .states = ~0u, .handler = on_post },
	{ .method = "get", .states = ~0u, .handler = on_get },
};

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct gateway *gateway = poll->data;
	struct error error;
	int result = 0;

	if (events & UV_WRITABLE)
		result = rpc_writable(gateway->rpc, &error);
	if (!result && (status < 0 || events & (UV_READABLE | UV_DISCONNECT)))
		result = rpc_readable(gateway->rpc, &error);
	if (!result)
		return;
	if (result != -ERROR_CLOSED)
		gateway->error = error;
	uv_stop(&gateway->loop);
}

/* Whatever was queued in this turn of the loop: the socket is watched for what is wanted now. */
static void before_wait(uv_prepare_t *prepare)
{
	struct gateway *gateway = prepare->data;
	int events = UV_READABLE | (rpc_wants_write(gateway->rpc) ? UV_WRITABLE : 0);

	if (events != gateway->socket_events) /* two system calls */
		uv_poll_start(&gateway->socket, events, on_socket);
	gateway->socket_events = events;
}

/* ---- life ---- */

int gateway_open(struct gateway *gateway, int fd, json_t *secrets, struct error *error)
{
	struct transport_loop loop = { on_watch, on_timer, gateway };

	gateway->secrets = secrets;
	gateway->rpc = rpc_new(fd, RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), gateway);
	if (uv_loop_init(&gateway->loop) || uv_poll_init(&gateway->loop, &gateway->socket, fd))
		return error_set(error, ERROR_SYSTEM, "the event loop cannot be made");
	uv_prepare_init(&gateway->loop, &gateway->before_wait);
	uv_timer_init(&gateway->loop, &gateway->transport_timer);
	uv_timer_init(&gateway->loop, &gateway->delta_timer);
	gateway->socket.data = gateway->before_wait.data = gateway;
	gateway->transport_timer.data = gateway->delta_timer.data = gateway;
	uv_prepare_start(&gateway->before_wait, before_wait);
	return transport_new(&loop, &gateway->transport, error);
}

int gateway_run(struct gateway *gateway, struct error *error)
{
	uv_run(&gateway->loop, UV_RUN_DEFAULT);
	if (gateway->error.code)
		*error = gateway->error;
	return -(int)gateway->error.code;
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void gateway_close(struct gateway *gateway)
{
	calls_forget(gateway);
	posts_forget(gateway);
	transport_free(gateway->transport);
	uv_walk(&gateway->loop, close_handle, NULL);
	uv_run(&gateway->loop, UV_RUN_DEFAULT);
	uv_loop_close(&gateway->loop);
	rpc_free(gateway->rpc);
	free(gateway->watchers);
	json_decref(gateway->secrets);
}
