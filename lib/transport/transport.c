#include "call.h"

#include "base/clock.h"

struct transport {
	struct transport_loop loop;
	CURLM *multi;
	struct transport_call *first;
	int64_t curl_at;   /* when libcurl wants to be called; monotonic ms */
	int64_t clocks_at; /* at or before the first deadline of all calls */
	int64_t armed_at;  /* what the loop's timer was set to */
	size_t cancelled;  /* calls that wait for libcurl to return */
	bool inside;       /* libcurl is on the stack … */
	int64_t inside_at; /* … since then */
};

/* ---- the loop's side ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct transport *t = context;

	(void)easy, (void)socket_context;
	t->loop.watch(t->loop.context, fd, what == CURL_POLL_IN || what == CURL_POLL_INOUT,
		      what == CURL_POLL_OUT || what == CURL_POLL_INOUT);
	return 0;
}

static int on_curl_timer(CURLM *multi, long delay_ms, void *context)
{
	struct transport *t = context;

	(void)multi;
	t->curl_at = delay_ms < 0 ? NO_DEADLINE : clock_monotonic_ms() + delay_ms;
	return 0;
}

static void arm(struct transport *t)
{
	int64_t at = t->curl_at < t->clocks_at ? t->curl_at : t->clocks_at, delay;

	if (at == t->armed_at)
		return;
	t->armed_at = at;
	delay = at - clock_monotonic_ms();
	t->loop.timer(t->loop.context, at == NO_DEADLINE ? -1 : delay < 0 ? 0 : delay);
}

static void go_inside(struct transport *t)
{
	t->inside_at = clock_monotonic_ms();
	t->inside = true;
}

/* ---- calls ---- */

static void list_add(struct transport *t, struct transport_call *call)
{
	call->next = t->first;
	if (t->first)
		t->first->previous = call;
	t->first = call;
}

static void list_remove(struct transport *t, struct transport_call *call)
{
	*(call->previous ? &call->previous->next : &t->first) = call->next;
	if (call->next)
		call->next->previous = call->previous;
}

/* Out of libcurl and of the list; a transfer that was under way loses its connection. */
static void detach(struct transport_call *call)
{
	struct transport *t = call->transport;

	go_inside(t);
	curl_multi_remove_handle(t->multi, call->easy);
	t->inside = false;
	list_remove(t, call);
}

static struct transport_end end_of(const struct transport_call *call)
{
	struct transport_end end = { .body = buffer_span(&call->body),
				     .retry_after_ms = call->head.retry_after_ms };
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	end.status = (int)status;
	return end;
}

static void finish(struct transport_call *call, const struct transport_end *end)
{
	detach(call);
	call->request.done(call->request.context, end);
	call_free(call);
}

static void finish_ended(struct transport *t)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(t->multi, &left))) {
		struct transport_call *call = NULL;
		struct transport_end end;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		if (call->cancelled)
			continue;
		end = end_of(call);
		call_judge(call, message->data.result, &end);
		finish(call, &end);
	}
}

static void free_cancelled(struct transport *t)
{
	struct transport_call *next;

	for (struct transport_call *call = t->first; call && t->cancelled; call = next) {
		next = call->next;
		if (!call->cancelled)
			continue;
		detach(call);
		call_free(call);
		t->cancelled--;
	}
}

static void act(struct transport *t, curl_socket_t fd, int events)
{
	int running;

	go_inside(t);
	curl_multi_socket_action(t->multi, fd, events, &running);
	t->inside = false;
	if (t->cancelled)
		free_cancelled(t);
	finish_ended(t);
}

/* ---- clocks ---- */

int64_t transport_now_ms(const struct transport *t)
{
	return t->inside ? t->inside_at : clock_monotonic_ms();
}

static struct transport_call *find_expired(struct transport *t, int64_t now)
{
	t->clocks_at = NO_DEADLINE;
	for (struct transport_call *call = t->first; call; call = call->next) {
		if (call->deadline_ms <= now)
			return call;
		if (call->deadline_ms < t->clocks_at)
			t->clocks_at = call->deadline_ms;
	}
	return NULL;
}

/* Deadlines move with every piece of progress, the timer does not: it rings at the earliest that
 * was known, looks at all calls and is set anew. */
static void check_clocks(struct transport *t, int64_t now)
{
	struct transport_call *call;

	while ((call = find_expired(t, now))) {
		struct transport_end end = end_of(call);

		call_set_timeout(call, &end);
		finish(call, &end);
	}
}

void transport_note_deadline(struct transport *t, int64_t deadline_ms)
{
	if (deadline_ms < t->clocks_at)
		t->clocks_at = deadline_ms;
}

/* ---- what others call ---- */

int transport_new(const struct transport_loop *loop, struct transport **ret_transport,
		  struct error *error)
{
	struct transport *t;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return error_set(error, ERROR_SYSTEM, "libcurl cannot be initialised");
	t = xcalloc(1, sizeof(*t));
	t->loop = *loop;
	t->curl_at = t->clocks_at = t->armed_at = NO_DEADLINE;
	t->multi = curl_multi_init();
	if (!t->multi)
		BUG("curl_multi_init: out of memory");
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	*ret_transport = t;
	return 0;
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	while (t->first) {
		struct transport_call *call = t->first;

		detach(call);
		call_free(call);
	}
	curl_multi_cleanup(t->multi);
	free(t);
}

int transport_start(struct transport *t, const struct transport_request *request,
		    struct transport_call **ret_call, struct error *error)
{
	struct transport_call *call;
	int result;

	if (t->inside)
		BUG("transport_start from within a callback");
	result = call_new(t, request, &call, error);
	if (result)
		return result;
	list_add(t, call);
	go_inside(t);
	if (curl_multi_add_handle(t->multi, call->easy))
		BUG("curl_multi_add_handle");
	t->inside = false;
	arm(t);
	*ret_call = call;
	return 0;
}

void transport_progress(struct transport_call *call)
{
	call_enter(call, PHASE_PROGRESS);
	if (!call->transport->inside)
		arm(call->transport);
}

void transport_cancel(struct transport_call *call)
{
	struct transport *t = call->transport;

	if (t->inside) {
		t->cancelled += !call->cancelled;
		call->cancelled = true;
		return;
	}
	detach(call);
	call_free(call);
	arm(t);
}

void transport_ready(struct transport *t, int fd, bool readable, bool writable)
{
	act(t, fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
	arm(t);
}

void transport_timer(struct transport *t)
{
	int64_t now = clock_monotonic_ms();

	t->armed_at = NO_DEADLINE;
	if (t->curl_at <= now) {
		t->curl_at = NO_DEADLINE;
		act(t, CURL_SOCKET_TIMEOUT, 0);
	}
	if (t->clocks_at <= now)
		check_clocks(t, now);
	arm(t);
}
