#include "call.h"

#include "deltas.h"
#include "failure.h"
#include "order.h"
#include "rehearsal.h"
#include "secrets.h"

#include "base/clock.h"
#include "model/model.h"

struct call {
	struct gateway *gateway;
	struct call *next, *previous;
	char *id, *kind, *key;
	uint64_t request; /* agentd's, to be answered */
	int64_t request_bytes, context;
	struct transport_call *transport;
	struct model_stream *stream;
	struct deltas deltas;
	int64_t started_ms, first_byte_ms; /* monotonic; first byte: 0 while there is none */
	bool sent, follow;
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
	key_free(call->key);
	free(call->kind);
	free(call->id);
	free(call);
}

static struct call *call_new(struct gateway *gateway, const struct order *order, uint64_t request)
{
	struct call *call = xcalloc(1, sizeof(*call));

	*call = (struct call){
		.gateway = gateway,
		.next = gateway->first,
		.id = xstrdup(order->call),
		.kind = xstrdup(order->kind),
		.request = request,
		.request_bytes = model_request_bytes(order->request),
		.context = order->context,
		.follow = order->follow,
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
	if (call->follow) {
		deltas_text(&call->deltas, event->text, clock_monotonic_ms());
		if (call->deltas.text.length)
			gateway_wake_deltas(call->gateway,
					    call->deltas.sent_at_ms + DELTAS_EVERY_MS);
	}
	transport_progress(call->transport);
}

static void on_call(struct call *call, const struct model_event *event)
{
	if (call->follow)
		deltas_tool(&call->deltas, event->name, clock_monotonic_ms());
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

	call->sent = true;
}

/* ---- the end ---- */

static void answer(struct call *call, json_t *result)
{
	int64_t now = clock_monotonic_ms();
	int64_t first = call->first_byte_ms ? call->first_byte_ms - call->started_ms : 0;

	(void)deltas_tick(&call->deltas, INT64_MAX);
	json_object_set_new(result, "first_byte_ms", json_integer(first));
	json_object_set_new(result, "total_ms", json_integer(now - call->started_ms));
	key_hide_in_reply(call->key, result);
	(void)rpc_reply(call->gateway->rpc, call->request, result);
}

static void answer_failure(struct call *call, const struct model_failure *failure)
{
	answer(call, json_pack("{s:o}", "failure", failure_to_json(failure)));
}

static void on_done(void *context, const struct transport_end *end)
{
	struct call *call = context;
	const struct asked asked = { call->kind, call->key, call->request_bytes, call->context,
				     call->sent };
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	struct model_failure failure;

	if (failure_of_call(&asked, end, call->stream, &call->stream_error, &reply, &failure))
		answer_failure(call, &failure);
	else
		answer(call, json_pack("{s:o, s:i}", "reply", model_reply_to_json(reply), "status",
				       end->status));
	call_free(call);
}

/* ---- the beginning ---- */

static int send_request(struct call *call, const struct order *order, const struct model_http *http,
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

static int encode(struct call *call, const struct order *order, const struct model_format *format,
		  struct model_http *ret_http, struct error *error)
{
	const struct model_target target = {
		.provider = order->provider,
		.model = order->model,
		.base_url = order->base_url,
		.key = call->key,
		.context = order->context,
		.quirks = order->quirks,
	};

	return model_encode(format, order->request, &target, ret_http, error);
}

/* Answers a call that cannot even begin for a reason that a person can mend. */
static int give_up(struct call *call, enum failure_class class, const struct error *error)
{
	struct model_failure failure = failure_of_ours(class, error);

	answer_failure(call, &failure);
	call_free(call);
	return 0;
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
	call = call_new(gateway, order, request);
	if (secrets_find_key(gateway->secrets, order->key, &call->key, error))
		return give_up(call, FAILURE_KEY, error);
	result = encode(call, order, format, &http, error);
	if (result) {
		call_free(call);
		return result;
	}
	call->stream = model_stream_new(format, order->provider, on_event, call);
	model_stream_set_model(call->stream, order->model);
	if (send_request(call, order, &http, error))
		return give_up(call, FAILURE_MODEL, error);
	return 0;
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
	struct model_failure failure;
	struct error error;

	if (!call)
		return;
	transport_cancel(call->transport);
	error_set(&error, ERROR_CLOSED, "cancelled");
	failure = failure_of_ours(FAILURE_CANCELLED, &error);
	failure.charged = call->sent;
	answer_failure(call, &failure);
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
