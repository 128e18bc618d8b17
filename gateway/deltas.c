#include "deltas.h"

#define PENDING_MAX (256 * 1024)

void deltas_init(struct deltas *deltas, struct rpc *rpc, const char *call)
{
	*deltas = (struct deltas){
		.rpc = rpc,
		.call = call,
		.text = BUFFER(PENDING_MAX),
		.sent_at_ms = INT64_MIN / 2,
	};
}

void deltas_clear(struct deltas *deltas)
{
	buffer_clear(&deltas->text);
}

static void notify(const struct deltas *deltas, const char *key, json_t *value)
{
	/* A failure shows itself as the end of the connection. */
	(void)rpc_notify(deltas->rpc, "delta",
			 json_pack("{s:s, s:o}", "call", deltas->call, key, value));
}

static void flush(struct deltas *deltas, int64_t now_ms)
{
	json_t *text;

	if (!deltas->text.length)
		return;
	text = json_stringn(deltas->text.data, deltas->text.length);
	if (text)
		notify(deltas, "text", text);
	buffer_reset(&deltas->text);
	deltas->sent_at_ms = now_ms;
}

void deltas_text(struct deltas *deltas, struct span text, int64_t now_ms)
{
	if (deltas->text.length + text.length > PENDING_MAX)
		flush(deltas, now_ms);
	buffer_append(&deltas->text, text);
	(void)deltas_tick(deltas, now_ms);
}

void deltas_tool(struct deltas *deltas, struct span name, int64_t now_ms)
{
	json_t *text = json_stringn(name.data, name.length);

	flush(deltas, now_ms);
	notify(deltas, "tool", text ? text : json_string("?"));
}

int64_t deltas_tick(struct deltas *deltas, int64_t now_ms)
{
	int64_t due = deltas->sent_at_ms + DELTAS_EVERY_MS;

	if (!deltas->text.length)
		return INT64_MAX;
	if (due > now_ms)
		return due;
	flush(deltas, now_ms);
	return INT64_MAX;
}
