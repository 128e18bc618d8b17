/* https://platform.openai.com/docs/api-reference/chat-streaming */
#include "wire.h"

#include <inttypes.h>

/* Everything of a chunk up to what its one choice says. */
static void chunk_begin(struct stream *s)
{
	buffer_printf(s->out,
		      "data: {\"id\":\"chatcmpl-%06u\",\"object\":\"chat.completion.chunk\","
		      "\"created\":1767225600,\"model\":",
		      s->number);
	wire_put_string(s->out, span_of(s->model));
	buffer_append_text(s->out, ",\"choices\":[");
}

static void delta_begin(struct stream *s)
{
	chunk_begin(s);
	buffer_append_text(s->out, "{\"index\":0,\"delta\":{");
}

static void delta_end(struct stream *s)
{
	buffer_append_text(s->out, "},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}

static void begin(struct stream *s)
{
	delta_begin(s);
	buffer_append_text(s->out, "\"role\":\"assistant\",\"content\":\"\"");
	delta_end(s);
}

static void nothing(struct stream *s)
{
	(void)s;
}

static void text(struct stream *s, struct span piece)
{
	delta_begin(s);
	buffer_append_text(s->out, "\"content\":");
	wire_put_string(s->out, piece);
	delta_end(s);
}

static void think(struct stream *s, struct span piece)
{
	delta_begin(s);
	buffer_append_text(s->out, "\"reasoning_content\":");
	wire_put_string(s->out, piece);
	delta_end(s);
}

static void call_begin(struct stream *s, const char *name)
{
	delta_begin(s);
	buffer_printf(s->out,
		      "\"tool_calls\":[{\"index\":%u,\"id\":\"call_%06u_%u\","
		      "\"type\":\"function\",\"function\":{\"name\":",
		      s->calls, s->number, s->calls);
	wire_put_string(s->out, span_of(name));
	buffer_append_text(s->out, ",\"arguments\":\"\"}}]");
	delta_end(s);
	s->calls++;
}

static void call(struct stream *s, struct span piece)
{
	delta_begin(s);
	buffer_printf(s->out,
		      "\"tool_calls\":[{\"index\":%u,\"function\":{\"arguments\":", s->calls - 1);
	wire_put_string(s->out, piece);
	buffer_append_text(s->out, "}}]");
	delta_end(s);
}

static void ping(struct stream *s)
{
	buffer_append_text(s->out, ": keep-alive\n\n");
}

static void fail(struct stream *s, const char *json)
{
	buffer_printf(s->out, "data: %s\n\n", json);
}

static void finish(struct stream *s)
{
	chunk_begin(s);
	buffer_append_text(s->out,
			   "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":");
	wire_put_string(s->out, span_of(s->stop ? s->stop : s->calls ? "tool_calls" : "stop"));
	buffer_append_text(s->out, "}]}\n\n");
	if (s->usage_known) {
		int64_t prompt = s->input + s->cache_read + s->cache_write;

		chunk_begin(s);
		buffer_printf(s->out,
			      "],\"usage\":{\"prompt_tokens\":%" PRId64
			      ",\"completion_tokens\":%" PRId64 ",\"total_tokens\":%" PRId64
			      ",\"prompt_tokens_details\":{\"cached_tokens\":%" PRId64 "}}}\n\n",
			      prompt, s->output, prompt + s->output, s->cache_read);
	}
	buffer_append_text(s->out, "data: [DONE]\n\n");
}

const struct wire wire_openai = {
	.name = "openai",
	.path = "/chat/completions",
	.begin = begin,
	.text_begin = nothing,
	.text = text,
	.think_begin = nothing,
	.think = think,
	.call_begin = call_begin,
	.call = call,
	.block_end = nothing,
	.ping = ping,
	.fail = fail,
	.finish = finish,
};
