/* https://docs.ollama.com/api/chat: lines of JSON; a call comes whole, on one line. */
#include "wire.h"

#include <inttypes.h>
#include <jansson.h>

static void line_begin(struct stream *s)
{
	buffer_append_text(s->out, "{\"model\":");
	wire_put_string(s->out, span_of(s->model));
	buffer_append_text(s->out, ",\"created_at\":\"2026-01-01T00:00:00Z\","
				   "\"message\":{\"role\":\"assistant\",\"content\":");
}

static void nothing(struct stream *s)
{
	(void)s;
}

static void text(struct stream *s, struct span piece)
{
	line_begin(s);
	wire_put_string(s->out, piece);
	buffer_append_text(s->out, "},\"done\":false}\n");
}

static void think(struct stream *s, struct span piece)
{
	line_begin(s);
	buffer_append_text(s->out, "\"\",\"thinking\":");
	wire_put_string(s->out, piece);
	buffer_append_text(s->out, "},\"done\":false}\n");
}

static void call_begin(struct stream *s, const char *name)
{
	s->open = name;
	buffer_reset(&s->whole);
	s->calls++;
}

static void call(struct stream *s, struct span piece)
{
	buffer_append(&s->whole, piece);
}

/* What is no object goes out as a string: cut arguments are a case of their own. */
static void block_end(struct stream *s)
{
	struct span arguments = s->whole.length ? buffer_span(&s->whole) : SPAN("{}");
	json_t *object;

	if (!s->open)
		return;
	object = json_loadb(arguments.data, arguments.length, 0, NULL);
	line_begin(s);
	buffer_append_text(s->out, "\"\",\"tool_calls\":[{\"function\":{\"name\":");
	wire_put_string(s->out, span_of(s->open));
	buffer_append_text(s->out, ",\"arguments\":");
	if (json_is_object(object))
		buffer_append(s->out, arguments);
	else
		wire_put_string(s->out, arguments);
	buffer_append_text(s->out, "}}]},\"done\":false}\n");
	json_decref(object);
	s->open = NULL;
}

static void ping(struct stream *s)
{
	text(s, SPAN(""));
}

static void fail(struct stream *s, const char *json)
{
	buffer_printf(s->out, "%s\n", json);
}

static void finish(struct stream *s)
{
	line_begin(s);
	buffer_append_text(s->out, "\"\"},\"done_reason\":");
	wire_put_string(s->out, span_of(s->stop ? s->stop : "stop"));
	buffer_append_text(s->out, ",\"done\":true,\"total_duration\":1000");
	if (s->usage_known)
		buffer_printf(s->out, ",\"prompt_eval_count\":%" PRId64 ",\"eval_count\":%" PRId64,
			      s->input + s->cache_read + s->cache_write, s->output);
	buffer_append_text(s->out, "}\n");
}

const struct wire wire_ollama = {
	.name = "ollama",
	.path = "/api/chat",
	.type = "application/x-ndjson",
	.begin = nothing,
	.text_begin = nothing,
	.text = text,
	.think_begin = nothing,
	.think = think,
	.call_begin = call_begin,
	.call = call,
	.block_end = block_end,
	.ping = ping,
	.fail = fail,
	.finish = finish,
};
