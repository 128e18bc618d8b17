/* https://docs.anthropic.com/en/api/messages-streaming */
#include "wire.h"

#include <inttypes.h>

static void begin(struct stream *s)
{
	buffer_printf(s->out,
		      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{"
		      "\"id\":\"msg_%06u\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
		      s->number);
	wire_put_string(s->out, span_of(s->model));
	buffer_append_text(s->out, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null");
	if (s->usage_known)
		buffer_printf(s->out,
			      ",\"usage\":{\"input_tokens\":%" PRId64
			      ",\"cache_creation_input_tokens\":%" PRId64
			      ",\"cache_read_input_tokens\":%" PRId64 ",\"output_tokens\":1}",
			      s->input, s->cache_write, s->cache_read);
	buffer_append_text(s->out, "}}\n\n");
}

static void block_begin(struct stream *s, const char *block)
{
	buffer_printf(s->out,
		      "event: content_block_start\ndata: {\"type\":\"content_block_start\","
		      "\"index\":%u,\"content_block\":%s}\n\n",
		      s->blocks, block);
}

static void delta(struct stream *s, const char *type, const char *key, struct span piece)
{
	buffer_printf(s->out,
		      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
		      "\"index\":%u,\"delta\":{\"type\":\"%s\",\"%s\":",
		      s->blocks, type, key);
	wire_put_string(s->out, piece);
	buffer_append_text(s->out, "}}\n\n");
}

static void text_begin(struct stream *s)
{
	block_begin(s, "{\"type\":\"text\",\"text\":\"\"}");
}

static void text(struct stream *s, struct span piece)
{
	delta(s, "text_delta", "text", piece);
}

static void think_begin(struct stream *s)
{
	block_begin(s, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
}

static void think(struct stream *s, struct span piece)
{
	delta(s, "thinking_delta", "thinking", piece);
}

static void call_begin(struct stream *s, const char *name)
{
	CLEANUP(buffer_clear) struct buffer block = BUFFER(64 * 1024);

	buffer_printf(&block,
		      "{\"type\":\"tool_use\",\"id\":\"toolu_%06u_%u\",\"name\":", s->number,
		      s->calls++);
	wire_put_string(&block, span_of(name));
	buffer_append_text(&block, ",\"input\":{}}");
	block_begin(s, block.data);
}

static void call(struct stream *s, struct span piece)
{
	delta(s, "input_json_delta", "partial_json", piece);
}

static void block_end(struct stream *s)
{
	buffer_printf(s->out,
		      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
		      "\"index\":%u}\n\n",
		      s->blocks++);
}

static void ping(struct stream *s)
{
	buffer_append_text(s->out, "event: ping\ndata: {\"type\": \"ping\"}\n\n");
}

static void fail(struct stream *s, const char *json)
{
	buffer_printf(s->out, "event: error\ndata: %s\n\n", json);
}

static void finish(struct stream *s)
{
	buffer_append_text(s->out, "event: message_delta\ndata: {\"type\":\"message_delta\","
				   "\"delta\":{\"stop_reason\":");
	wire_put_string(s->out, span_of(s->stop ? s->stop : s->calls ? "tool_use" : "end_turn"));
	buffer_append_text(s->out, ",\"stop_sequence\":null}");
	if (s->usage_known)
		buffer_printf(s->out, ",\"usage\":{\"output_tokens\":%" PRId64 "}", s->output);
	buffer_append_text(s->out,
			   "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

const struct wire wire_anthropic = {
	.name = "anthropic",
	.path = "/messages",
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
