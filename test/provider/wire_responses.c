/* https://platform.openai.com/docs/api-reference/responses-streaming */
#include "wire.h"

#include <inttypes.h>

/* One event up to its own members; the caller closes it by "}\n\n". */
static void event_begin(struct stream *s, const char *type)
{
	buffer_printf(s->out, "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%u", type,
		      type, s->events++);
}

/* An event with the whole response; `more` stands behind its status. */
static void response_begin(struct stream *s, const char *type, const char *status)
{
	event_begin(s, type);
	buffer_printf(s->out,
		      ",\"response\":{\"id\":\"resp_%06u\",\"object\":\"response\","
		      "\"status\":\"%s\",\"error\":null,\"model\":",
		      s->number, status);
	wire_put_string(s->out, span_of(s->model));
}

static void begin(struct stream *s)
{
	response_begin(s, "response.created", "in_progress");
	buffer_append_text(s->out, ",\"output\":[],\"usage\":null}}\n\n");
}

/* ---- items ---- */

static void id(struct stream *s, struct buffer *out)
{
	buffer_printf(out, "item_%06u_%u", s->number, s->blocks);
}

/* The open item as it is now; `ends`: with its content. */
static void put_item(struct stream *s, struct buffer *out, bool ends)
{
	struct span content = ends ? buffer_span(&s->whole) : SPAN("");

	buffer_printf(out, "{\"type\":\"%s\",\"id\":\"", s->kind);
	id(s, out);
	buffer_printf(out, "\",\"status\":\"%s\"", ends ? "completed" : "in_progress");
	if (!strcmp(s->kind, "function_call")) {
		buffer_printf(out, ",\"call_id\":\"call_%06u_%u\",\"name\":", s->number, s->calls);
		wire_put_string(out, span_of(s->open));
		buffer_append_text(out, ",\"arguments\":");
		wire_put_string(out, content);
	} else if (!strcmp(s->kind, "reasoning")) {
		buffer_append_text(out, ",\"summary\":[],\"encrypted_content\":\"enc_");
		id(s, out);
		buffer_append_text(out, "\"");
	} else {
		buffer_append_text(out, ",\"role\":\"assistant\",\"content\":[");
		if (ends) {
			buffer_append_text(out, "{\"type\":\"output_text\",\"annotations\":[],"
						"\"text\":");
			wire_put_string(out, content);
			buffer_append_text(out, "}");
		}
		buffer_append_text(out, "]");
	}
	buffer_append_text(out, "}");
}

static void item_event(struct stream *s, const char *type, bool ends)
{
	event_begin(s, type);
	buffer_printf(s->out, ",\"output_index\":%u,\"item\":", s->blocks);
	put_item(s, s->out, ends);
	buffer_append_text(s->out, "}\n\n");
}

static void item_begin(struct stream *s, const char *kind)
{
	s->kind = kind;
	buffer_reset(&s->whole);
	item_event(s, "response.output_item.added", false);
}

static void piece_event(struct stream *s, const char *type, struct span piece)
{
	event_begin(s, type);
	buffer_append_text(s->out, ",\"item_id\":\"");
	id(s, s->out);
	buffer_printf(s->out, "\",\"output_index\":%u,\"delta\":", s->blocks);
	wire_put_string(s->out, piece);
	buffer_append_text(s->out, "}\n\n");
	buffer_append(&s->whole, piece);
}

static void text_begin(struct stream *s)
{
	item_begin(s, "message");
}

static void text(struct stream *s, struct span piece)
{
	piece_event(s, "response.output_text.delta", piece);
}

static void think_begin(struct stream *s)
{
	item_begin(s, "reasoning");
}

static void think(struct stream *s, struct span piece)
{
	piece_event(s, "response.reasoning_summary_text.delta", piece);
}

static void call_begin(struct stream *s, const char *name)
{
	s->open = name;
	item_begin(s, "function_call");
}

static void call(struct stream *s, struct span piece)
{
	piece_event(s, "response.function_call_arguments.delta", piece);
}

static void block_end(struct stream *s)
{
	item_event(s, "response.output_item.done", true);
	if (s->items.length)
		buffer_append_text(&s->items, ",");
	put_item(s, &s->items, true);
	s->calls += s->open != NULL;
	s->blocks++;
	s->open = NULL;
}

/* ---- the rest ---- */

static void ping(struct stream *s)
{
	buffer_append_text(s->out, ": keep-alive\n\n");
}

static void fail(struct stream *s, const char *json)
{
	buffer_printf(s->out, "event: error\ndata: %s\n\n", json);
}

static void put_usage(struct stream *s)
{
	int64_t input = s->input + s->cache_read + s->cache_write;

	buffer_printf(
		s->out,
		"{\"input_tokens\":%" PRId64 ",\"input_tokens_details\":{\"cached_tokens\":%" PRId64
		",\"cache_write_tokens\":%" PRId64 "},\"output_tokens\":%" PRId64
		",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":%" PRId64 "}",
		input, s->cache_read, s->cache_write, s->output, input + s->output);
}

/* `stop` is the reason why the response is incomplete; without one it is completed. */
static void finish(struct stream *s)
{
	response_begin(s, s->stop ? "response.incomplete" : "response.completed",
		       s->stop ? "incomplete" : "completed");
	buffer_append_text(s->out, ",\"incomplete_details\":");
	if (s->stop) {
		buffer_append_text(s->out, "{\"reason\":");
		wire_put_string(s->out, span_of(s->stop));
		buffer_append_text(s->out, "}");
	} else {
		buffer_append_text(s->out, "null");
	}
	buffer_append_text(s->out, ",\"output\":[");
	buffer_append(s->out, buffer_span(&s->items));
	buffer_append_text(s->out, "],\"usage\":");
	if (s->usage_known)
		put_usage(s);
	else
		buffer_append_text(s->out, "null");
	buffer_append_text(s->out, "}}\n\n");
}

const struct wire wire_responses = {
	.name = "responses",
	.path = "/responses",
	.begin = begin,
	.text_begin = text_begin,
	.text = text,
	.think_begin = think_begin,
	.think = think,
	.call_begin = call_begin,
	.call = call,
	.block_end = block_end,
	.ping = ping,
	.fail = fail,
	.finish = finish,
};
