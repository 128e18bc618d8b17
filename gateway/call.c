#include "call.h"

#include "deltas.h"
#include "order.h"
#include "rehearsal.h"
#include "secrets.h"

#include "base/clock.h"
#include "model/model.h"

struct call {
	struct gateway *gateway;
	struct call *next, *previous;
	char *id, *provider;
	uint64_t request; /* agentd's, to be answered */
	struct transport_call *transport;
	struct model_stream *stream;
	struct deltas deltas;
	int64_t started_ms, first_byte_ms; /* monotonic; first byte: 0 while there is none */
	bool sent;
	struct error stream_error; /* of the format; code 0: none */
};

/* ---- the list ---- */

static void call_free(struct call *call)
{
	struct gateway *gateway = call->gateway;

	*(call->previous ? &call->previous->next : &gateway->first) = call->next;
	if (call->next)
		call->next->previous = call->previous;
	gateway->call_count--;
	model_stream_free(call->stream);
	deltas_clear(&call->deltas);
	free(call->id);
	free(call->provider);
	free(call);
}

static struct call *call_new(struct gateway *gateway, const struct order *order, uint64_t request)
{
	struct call *call = xcalloc(1, sizeof(*call));

	*call = (struct call){
		.gateway = gateway,
		.next = gateway->first,
		.id = xstrdup(order->call),
		.provider = xstrdup(order->provider),
		.request = request,
		.started_ms = clock_monotonic_ms(),
	};
	deltas_init(&call->deltas, gateway->rpc, call->id);
	if (gateway->first)
		gateway->first->previous = call;
	gateway->first = call;
	gateway->call_count++;
	return call;
}

static struct call *call_find(const struct gateway *gateway, const char *id)
{
	struct call *call = gateway->first;

	while (call && strcmp(call->id, id) != 0)
		call = call->next;
	return call;
}

/* ---- the stream ---- */

static void on_text(struct call *call, const struct model_event *event)
{
	int64_t now = clock_monotonic_ms();

	deltas_text(&call->deltas, event->text, now);
	if (call->deltas.text.length)
		gateway_wake_deltas(call->gateway, call->deltas.sent_at_ms + DELTAS_EVERY_MS);
	transport_progress(call->transport);
}

static void on_call(struct call *call, const struct model_event *event)
{
	json_t *name = json_stringn(event->name.data, event->name.length);

	deltas_news(&call->deltas, "tool", name ? name : json_string("?"), clock_monotonic_ms());
	transport_progress(call->transport);
}

static void on_progress(struct call *call, const struct model_event *event)
{
	(void)event;
	transport_progress(call->transport);
}

/* A ping is a sign of life, which no clock counts (DESIGN 6). */
static void on_ping(struct call *call, const struct model_event *event)
{
	(void)call, (void)event;
}

static void on_event(void *context, const struct model_event *event)
{
	static void (*const handlers[])(struct call * call, const struct model_event *event) = {
		[MODEL_EVENT_TEXT] = on_text,
		[MODEL_EVENT_CALL] = on_call,
		[MODEL_EVENT_PROGRESS] = on_progress,
		[MODEL_EVENT_PING] = on_ping,
	};

	handlers[event->kind](context, event);
}

static int on_data(void *context, struct span bytes)
{
	struct call *call = context;

	if (!call->first_byte_ms)
		call->first_byte_ms = clock_monotonic_ms();
	return model_stream_feed(call->stream, bytes, &call->stream_error);
}

static void on_sent(void *context)
{
	struct call *call = context;

	if (!call->sent)
		deltas_news(&call->deltas, "sent", json_true(), clock_monotonic_ms());
	call->sent = true;
}

/* ---- the end ---- */

static void answer(struct call *call, int status, const struct model_reply *reply)
{
	int64_t now = clock_monotonic_ms();

	(void)deltas_tick(&call->deltas, INT64_MAX);
	(void)rpc_reply(call->gateway->rpc, call->request,
			json_pack("{s:o, s:i, s:I, s:I}", "reply", model_reply_to_json(reply),
				  "status", status, "first_byte_ms",
				  (json_int_t)(call->first_byte_ms - call->started_ms), "total_ms",
				  (json_int_t)(now - call->started_ms)));
}

static void refuse(struct call *call, struct error *error)
{
	(void)deltas_tick(&call->deltas, INT64_MAX);
	error_prefix(error, "%s: ", call->provider);
	(void)rpc_refuse(call->gateway->rpc, call->request, error);
}

/* The server's own error, in words. */
static void describe_answer(int status, struct span body, int64_t retry_after_s,
			    struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(64 * 1024);

	model_error_text(status, body, &text);
	if (status < 400)
		buffer_append_text(&text, "; redirects are not followed: set base_url to the final "
					  "address");
	if (retry_after_s >= 0)
		buffer_printf(&text, " (retry after %lld s)", (long long)retry_after_s);
	error_set(error, ERROR_REMOTE, "%s", text.data ? text.data : "no answer");
	error->system = status;
}

/* A stream that had come to its own end is a reply, however the connection ended afterwards. */
static bool finish_stream(struct call *call, int status, const struct error *broken,
			  struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;

	if (!model_stream_finish(call->stream, &reply, error)) {
		answer(call, status, reply);
		return true;
	}
	if (broken)
		*error = *broken;
	return false;
}

static void on_done(void *context, int status, struct span body, int64_t retry_after_s,
		    const struct error *broken)
{
	struct call *call = context;
	struct error error;
	bool good = status >= 200 && status < 300;

	if (retry_after_s >= 0 && !good)
		deltas_news(&call->deltas, "retry_after_s", json_integer(retry_after_s),
			    clock_monotonic_ms());
	if (call->stream_error.code) {
		refuse(call, &call->stream_error);
	} else if (status && !good) {
		describe_answer(status, body, retry_after_s, &error);
		refuse(call, &error);
	} else if (!good) { /* no answer at all: `broken` says why */
		error = *broken;
		refuse(call, &error);
	} else if (!finish_stream(call, status, broken, &error)) {
		refuse(call, &error);
	}
	call_free(call);
}

/* ---- the beginning ---- */

static int encode(const struct order *order, const json_t *secrets,
		  const struct model_format *format, struct model_http *ret_http,
		  struct error *error)
{
	CLEANUP(key_free) char *key = NULL;
	struct model_target target = {
		.provider = order->provider,
		.model = order->model,
		.base_url = order->base_url,
	};
	int result = secrets_find_key(secrets, order->key, &key, error);

	target.key = key;
	return result ? result : format->encode(order->request, &target, ret_http, error);
}

static int post(struct call *call, const struct order *order, const struct model_http *http,
		struct error *error)
{
	const char *headers[ARRAY_LENGTH(http->headers) + 1] = { NULL };
	struct transport_request request = {
		.url = http->url,
		.headers = headers,
		.body = buffer_span(&http->body),
		.clocks = order->clocks,
		.sent = on_sent,
		.data = on_data,
		.done = on_done,
		.context = call,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(http->headers) && http->headers[i]; i++)
		headers[i] = http->headers[i];
	return transport_start(call->gateway->transport, &request, &call->transport, error);
}

static int start_network_call(struct gateway *gateway, const struct order *order, uint64_t request,
			      struct error *error)
{
	const struct model_format *format = model_format_find(order->kind);
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	struct call *call;
	int result;

	if (!format)
		return error_set(error, ERROR_UNSUPPORTED, "unknown kind of provider \"%s\"",
				 order->kind);
	result = encode(order, gateway->secrets, format, &http, error);
	if (result)
		return result;
	call = call_new(gateway, order, request);
	call->stream = format->stream_new(call->provider, on_event, call);
	result = post(call, order, &http, error);
	if (result)
		call_free(call);
	return result;
}

int call_start(struct gateway *gateway, const json_t *params, uint64_t request, struct error *error)
{
	struct order order;
	int result = order_read(params, &order, error);

	if (result)
		return result;
	if (call_find(gateway, order.call))
		return error_set(error, ERROR_EXISTS, "call %s is open already", order.call);
	if (gateway->call_count >= GATEWAY_CALLS_MAX)
		return error_set(error, ERROR_BUSY, "%zu calls are open already",
				 gateway->call_count);
	if (!strcmp(order.kind, "rehearsal"))
		return rehearsal_answer(gateway->rpc, &order, request, error);
	result = start_network_call(gateway, &order, request, error);
	return result ? error_prefix(error, "%s: ", order.provider) : 0;
}

void call_cancel(struct gateway *gateway, const char *id)
{
	struct call *call = id ? call_find(gateway, id) : NULL;
	struct error cancelled;

	if (!call)
		return;
	transport_cancel(call->transport);
	error_set(&cancelled, ERROR_CLOSED, "cancelled");
	rpc_refuse(gateway->rpc, call->request, &cancelled);
	call_free(call);
}

int64_t calls_send_deltas(struct gateway *gateway)
{
	int64_t now = clock_monotonic_ms(), next = INT64_MAX;

	for (struct call *call = gateway->first; call; call = call->next) {
		int64_t due = deltas_tick(&call->deltas, now);

		next = due < next ? due : next;
	}
	return next;
}

void calls_forget(struct gateway *gateway)
{
	while (gateway->first) {
		transport_cancel(gateway->first->transport);
		call_free(gateway->first);
	}
}
