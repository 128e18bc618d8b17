#include "post.h"

#define POSTS_MAX 64
#define BODY_MAX (256 * 1024)
#define TIMEOUT_MS 10000
#define TIMEOUT_MAX_MS 60000

struct post {
	struct gateway *gateway;
	struct post *next, *previous;
	uint64_t request; /* agentd's, to be answered */
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

static struct post *post_new(struct gateway *gateway, uint64_t request)
{
	struct post *post = xcalloc(1, sizeof(*post));

	*post = (struct post){ .gateway = gateway,
			       .next = gateway->first_post,
			       .request = request };
	if (gateway->first_post)
		gateway->first_post->previous = post;
	gateway->first_post = post;
	gateway->post_count++;
	return post;
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

	if (end->status)
		(void)rpc_reply(post->gateway->rpc, post->request,
				json_pack("{s:i}", "status", end->status));
	else
		(void)rpc_refuse(post->gateway->rpc, post->request, &end->error);
	post_free(post);
}

/* One clock after the other: together they take `ms` and, for an error's body, half of it more. */
static struct transport_clocks clocks_of(const json_t *params)
{
	json_int_t ms = json_integer_value(json_object_get(params, "timeout_ms"));
	uint32_t half;

	if (ms <= 0 || ms > TIMEOUT_MAX_MS)
		ms = ms > 0 ? TIMEOUT_MAX_MS : TIMEOUT_MS;
	half = (uint32_t)(ms + 1) / 2;
	return (struct transport_clocks){ half, half, half };
}

int post_start(struct gateway *gateway, const json_t *params, uint64_t request, struct error *error)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	const char *url = json_string_value(json_object_get(params, "url"));
	const json_t *body = json_object_get(params, "body");
	_free_ char *text = json_is_object(body) ? json_dumps(body, JSON_COMPACT) : NULL;
	struct post *post;
	int result;

	if (!url || !text || strlen(text) > BODY_MAX)
		return error_set(error, ERROR_INVALID,
				 "post: \"url\" has to be a text, \"body\" an object of at most "
				 "256 KiB");
	if (gateway->post_count >= POSTS_MAX)
		return error_set(error, ERROR_BUSY, "%d posts are open already", POSTS_MAX);
	post = post_new(gateway, request);
	result = transport_start(gateway->transport,
				 &(struct transport_request){ .url = url,
							      .headers = headers,
							      .body = span_of(text),
							      .clocks = clocks_of(params),
							      .data = on_data,
							      .done = on_done,
							      .context = post },
				 &post->transport, error);
	if (result)
		post_free(post);
	return result;
}

void posts_forget(struct gateway *gateway)
{
	while (gateway->first_post) {
		transport_cancel(gateway->first_post->transport);
		post_free(gateway->first_post);
	}
}
