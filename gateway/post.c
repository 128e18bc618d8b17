#include "post.h"

#include "base/clock.h"

#define POSTS_MAX 64
#define BODY_MAX (256 * 1024)
#define TIMEOUT_MS 10000
#define TIMEOUT_MAX_MS 3600000

struct post {
	struct gateway *gateway;
	struct post *next, *previous;
	uint64_t request;   /* agentd's, to be answered */
	bool get, sent;     /* sent: the server may have it */
	int64_t started_ms; /* on the monotonic clock */
	struct transport_call *transport;
};

static void post_free(struct post *post)
{
	struct gateway *gateway = post->gateway;

	*(post->previous ? &post->previous->next : &gateway->first_post) = post->next;
	if (post->next)
		post->next->previous = post->previous;
	gateway->post_count--;
	free(post);
}

static struct post *post_new(struct gateway *gateway, uint64_t request, bool get)
{
	struct post *post = xcalloc(1, sizeof(*post));

	*post = (struct post){ .gateway = gateway,
			       .next = gateway->first_post,
			       .request = request,
			       .get = get,
			       .started_ms = clock_monotonic_ms() };
	if (gateway->first_post)
		gateway->first_post->previous = post;
	gateway->first_post = post;
	gateway->post_count++;
	return post;
}

static void on_sent(void *context)
{
	struct post *post = context;

	post->sent = true;
}

/* The status is there, and nobody wants the rest. */
static int on_data(void *context, struct span bytes)
{
	(void)context, (void)bytes;
	return -1;
}

static void on_done(void *context, const struct transport_end *end)
{
	struct post *post = context;
	struct error error = end->error;

	if (post->sent)
		error.code = ERROR_CLOSED;
	if (post->get)
		(void)rpc_reply(post->gateway->rpc, post->request,
				json_pack("{s:i,s:I,s:s?}", "status", end->status, "total_ms",
					  (json_int_t)(clock_monotonic_ms() - post->started_ms),
					  "message", end->status ? NULL : end->error.message));
	else if (end->status)
		(void)rpc_reply(post->gateway->rpc, post->request,
				json_pack("{s:i}", "status", end->status));
	else
		(void)rpc_refuse(post->gateway->rpc, post->request, &error);
	post_free(post);
}

static uint32_t timeout_of(const json_t *params)
{
	json_int_t ms = json_integer_value(json_object_get(params, "timeout_ms"));

	if (ms <= 0)
		return TIMEOUT_MS;
	return ms < TIMEOUT_MAX_MS ? (uint32_t)ms : TIMEOUT_MAX_MS;
}

static int start(struct gateway *gateway, struct transport_request *order, uint64_t request,
		 struct error *error)
{
	struct post *post;
	int result;

	if (gateway->post_count >= POSTS_MAX)
		return error_set(error, ERROR_BUSY, "%d posts are open already", POSTS_MAX);
	post = post_new(gateway, request, order->get);
	order->sent = on_sent;
	order->data = on_data;
	order->done = on_done;
	order->context = post;
	result = transport_start(gateway->transport, order, &post->transport, error);
	if (result)
		post_free(post);
	return result;
}

int post_start(struct gateway *gateway, const json_t *params, uint64_t request, struct error *error)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	const char *url = json_string_value(json_object_get(params, "url"));
	const json_t *body = json_object_get(params, "body");
	_free_ char *text = json_is_object(body) ? json_dumps(body, JSON_COMPACT) : NULL;
	struct transport_request order = { .url = url, .headers = headers };
	uint32_t half;

	if (!url || !text || strlen(text) > BODY_MAX)
		return error_set(error, ERROR_INVALID,
				 "post: \"url\" has to be a text, \"body\" an object of at most "
				 "256 KiB");
	order.body = span_of(text);
	/* one clock after the other: together they take the time and, for an error's body, half of
	 * it more */
	half = (timeout_of(params) + 1) / 2;
	order.clocks = (struct transport_clocks){ half, half, half };
	return start(gateway, &order, request, error);
}

int get_start(struct gateway *gateway, const json_t *params, uint64_t request, struct error *error)
{
	uint32_t ms = timeout_of(params);
	struct transport_request order = {
		.url = json_string_value(json_object_get(params, "url")),
		.get = true,
		.body = SPAN(""),
		.clocks = { ms, ms, ms },
	};

	if (!order.url)
		return error_set(error, ERROR_INVALID, "get: \"url\" has to be a text");
	return start(gateway, &order, request, error);
}

void posts_forget(struct gateway *gateway)
{
	while (gateway->first_post) {
		transport_cancel(gateway->first_post->transport);
		post_free(gateway->first_post);
	}
}
