/* Chat Completions chunks, from the servers that call themselves compatible. */
#include "answer.h"
#include "stream.h"
#include "wire.h"

/* What a finish_reason means; anything else is an ordinary end. Calls decide over "stop" and
 * "tool_calls", which lie both ways (vllm#9209, vllm#53255). */
enum finish { FINISH_END, FINISH_CUT, FINISH_REFUSED, FINISH_FAILED };

struct finish_word {
	struct span word;
	enum finish meaning;
};

static const struct finish_word finish_words[] = {
	{ { "length", 6 }, FINISH_CUT },
	{ { "max_tokens", 10 }, FINISH_CUT },   /* Anthropic's, through gateways */
	{ { "model_length", 12 }, FINISH_CUT }, /* Mistral */
	{ { "content_filter", 14 }, FINISH_REFUSED },
	{ { "refusal", 7 }, FINISH_REFUSED },
	{ { "safety", 6 }, FINISH_REFUSED }, /* Gemini, and what follows */
	{ { "recitation", 10 }, FINISH_REFUSED },
	{ { "prohibited_content", 18 }, FINISH_REFUSED },
	{ { "blocklist", 9 }, FINISH_REFUSED },
	{ { "spii", 4 }, FINISH_REFUSED },
	{ { "sensitive", 9 }, FINISH_REFUSED }, /* GLM */
	{ { "error", 5 }, FINISH_FAILED },      /* OpenRouter */
	{ { "abort", 5 }, FINISH_FAILED },      /* vLLM, SGLang */
	{ { "network_error", 13 }, FINISH_FAILED },
	{ { "insufficient_system_resource", 28 }, FINISH_FAILED }, /* DeepSeek */
};

static enum finish finish_meaning(struct span word)
{
	for (size_t i = 0; i < ARRAY_LENGTH(finish_words); i++)
		if (span_equal_nocase(word, finish_words[i].word))
			return finish_words[i].meaning;
	/* Gemini: "function_call_filter: MALFORMED_FUNCTION_CALL", 200 and nothing else: no answer.
	 */
	if (span_contains_nocase(word, SPAN("malformed_function_call")) ||
	    span_contains_nocase(word, SPAN("unexpected_tool_call")))
		return FINISH_FAILED;
	return FINISH_END;
}

/* ---- tool calls ---- */

/* The parts of a delta that tell which call it belongs to. */
struct delta {
	int64_t index; /* -1: none */
	struct span id, name;
	struct span arguments;
	const json_t *object; /* arguments that came as an object */
	bool has_arguments;
};

static struct delta read_delta(const json_t *call)
{
	const json_t *function = json_object_get(call, "function");
	const json_t *index = json_object_get(call, "index");
	const json_t *object = wire_get_object(function, "arguments");

	return (struct delta){
		.index = json_is_integer(index) ? json_integer_value(index) : -1,
		.id = wire_get_text(call, "id"),
		.name = wire_get_text(function, "name"),
		.arguments = wire_get_text(function, "arguments"),
		.object = object,
		.has_arguments = object || wire_get_text(function, "arguments").length,
	};
}

static bool same_id(const struct draft_call *call, const struct delta *delta)
{
	return delta->id.length && call->key && span_equal(span_of(call->key), delta->id);
}

/* Are the name so far and the new piece the names of two tools, and not one name in pieces? */
static bool other_tool(const struct draft_call *call, struct span name)
{
	return call->name.length && tool_find(call->name.data) && tool_find(name.data) &&
	       !span_equal(buffer_span(&call->name), name);
}

/* Does a delta with this call's index begin another call? Some servers number every call 0. One
 * that carries no name goes on with the old call, even under a new id: older vLLM invents one per
 * delta. */
static bool begins_another(const struct model_stream *stream, const struct draft_call *call,
			   const struct delta *delta)
{
	if (!delta->name.length || same_id(call, delta))
		return false;
	if (delta->id.length && call->key)
		return true;
	return call->whole || call->round == stream->round || other_tool(call, delta->name);
}

static struct draft_call *find_call(struct model_stream *stream, const struct delta *delta)
{
	struct draft *draft = &stream->draft;

	for (size_t i = draft->call_count; i-- > 0;) {
		struct draft_call *call = &draft->calls[i];

		if (delta->index >= 0 && call->index == delta->index)
			return begins_another(stream, call, delta) ? NULL : call;
		if (delta->index < 0 && same_id(call, delta))
			return call;
	}
	/* Neither number nor a known id: with a name it is a new call, without one the last goes
	 * on. */
	if (delta->index < 0 && !delta->name.length && draft->call_count)
		return &draft->calls[draft->call_count - 1];
	return NULL;
}

static struct draft_call *add_call(struct model_stream *stream, const struct delta *delta)
{
	struct draft_call *call = draft_add_call(&stream->draft);

	if (call)
		call->index = delta->index;
	return call;
}

/* A name comes whole, in pieces, or whole with every piece of the arguments. */
static void take_name(struct draft_call *call, struct span name)
{
	if (call->arguments.length || span_equal(buffer_span(&call->name), name))
		return;
	draft_add_name(call, name);
}

static void take_object(struct draft_call *call, const json_t *object, struct span event)
{
	_free_ char *text = NULL;
	json_t *strict;

	if (call->arguments.length)
		return;
	text = wire_dump(object);
	draft_add_arguments(call, span_of(text));
	/* Keys named twice are gone from the parsed object, so the event is looked at once more. */
	strict = json_loadb(event.data, event.length, JSON_REJECT_DUPLICATES, NULL);
	call->duplicate_keys = !strict;
	json_decref(strict);
}

static void take_call(struct model_stream *stream, const json_t *json, struct span event)
{
	struct delta delta = read_delta(json);
	struct draft_call *call = find_call(stream, &delta);

	if (!call)
		call = add_call(stream, &delta);
	if (!call)
		return;
	if (!call->key && delta.id.length)
		call->key = wire_text(wire_cut(delta.id, 200));
	take_name(call, delta.name);
	if (delta.object)
		take_object(call, delta.object, event);
	else
		draft_add_arguments(call, delta.arguments);
	if (json_object_size(json_object_get(json, "extra_content")))
		draft_set_extra(&stream->draft, call, json_object_get(json, "extra_content"));
	call->round = stream->round;
	stream->draft.call_is_last = true;
}

static bool take_calls(struct model_stream *stream, const json_t *calls, struct span event)
{
	const json_t *call;
	size_t i;

	json_array_foreach(calls, i, call) {
		take_call(stream, call, event);
	}
	return json_array_size(calls) > 0;
}

/* ---- text and reasoning ---- */

/* Content is text, or a list of parts (Mistral): {"type":"text"} is text, the rest is thinking. */
static int take_content(struct model_stream *stream, const json_t *content, bool *progress,
			struct error *error)
{
	const json_t *part;
	size_t i;
	int r = 0;

	if (json_is_string(content))
		return draft_add_text(
			&stream->draft,
			(struct span){ json_string_value(content), json_string_length(content) },
			error);
	json_array_foreach(content, i, part) {
		struct span text = wire_get_text(part, "text");

		if (text.length)
			r = r ? r : draft_add_text(&stream->draft, text, error);
		else
			*progress = true;
	}
	return r;
}

/* ---- chunks ---- */

static int take_delta(struct model_stream *stream, const json_t *delta, struct span event,
		      struct error *error)
{
	struct draft *draft = &stream->draft;
	struct span refusal = wire_get_text(delta, "refusal");
	size_t text_before = draft->text.length;
	bool progress = reasoning_take(&draft->reasoning, delta);
	int r = take_content(stream, json_object_get(delta, "content"), &progress, error);

	if (!r && refusal.length) {
		draft->refused = true;
		r = draft_add_text(draft, refusal, error);
	}
	if (r)
		return r;
	if (take_calls(stream, wire_get_array(delta, "tool_calls"), event))
		progress = true;
	if (progress)
		draft_tell(draft, MODEL_EVENT_PROGRESS);
	else if (draft->text.length == text_before)
		draft_tell(draft, MODEL_EVENT_PING);
	else if (!refusal.length)
		stream->plain = wire_get_text(delta, "content");
	return 0;
}

static int take_finish(struct model_stream *stream, struct span word, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(512);

	if (!word.length)
		return 0;
	stream->terminal = true;
	switch (finish_meaning(word)) {
	case FINISH_CUT: stream->draft.cut = true; break;
	case FINISH_REFUSED: stream->draft.refused = true; break;
	case FINISH_FAILED:
		wire_line_append(&line, word, 80);
		stream_keep_report(stream, json_pack("{s:o}", "code", wire_string(word)));
		return error_set(error, ERROR_REMOTE,
				 "the server ended the reply with finish_reason \"%s\"", line.data);
	case FINISH_END: break;
	}
	return 0;
}

/* The one choice that was asked for. */
static json_t *choice_of(const json_t *chunk)
{
	json_t *choice;
	size_t i;

	json_array_foreach(wire_get_array(chunk, "choices"), i, choice) {
		const json_t *index = json_object_get(choice, "index");

		if (!json_is_integer(index) || json_integer_value(index) == 0)
			return choice;
	}
	return NULL;
}

static int take_chunk(struct model_stream *stream, const json_t *chunk, struct span event,
		      struct error *error)
{
	json_t *choice = choice_of(chunk);
	const json_t *delta = wire_get_object(choice, "delta");
	struct usage_report *usage = &stream->draft.usage;
	int r;

	draft_set_id(&stream->draft, wire_get_text(chunk, "id"));
	draft_set_model(&stream->draft, wire_get_text(chunk, "model"));
	usage_take_openai(usage, json_object_get(wire_get_object(chunk, "x_groq"), "usage"));
	usage_take_openai(usage, json_object_get(choice, "usage")); /* Moonshot */
	usage_take_openai(usage, json_object_get(chunk, "usage"));
	if (choice && answer_is_error(choice))
		return stream_check_error(stream, choice, false, error);
	if (!delta)
		delta = wire_get_object(choice, "message");
	r = take_delta(stream, delta, event, error);
	return r ? r : take_finish(stream, wire_get_text(choice, "finish_reason"), error);
}

static int take(struct model_stream *stream, const struct sse_event *event, struct error *error)
{
	_json_ json_t *chunk = NULL;
	bool named_error = span_equal(event->name, SPAN("error"));
	int r;

	if (span_equal(event->data, SPAN("[DONE]"))) {
		stream->terminal = stream->ended = true;
		draft_close(&stream->draft);
		return 0;
	}
	r = stream_parse(stream, event, &chunk, error);
	if (!r)
		r = stream_check_error(stream, chunk, named_error, error);
	if (!r)
		r = take_chunk(stream, chunk, event->data, error);
	if (!r && stream->plain.length)
		repeat_learn(&stream->repeat, event, SPAN("\"content\":"), stream->plain);
	return r;
}

/* A whole answer is one chunk whose delta is called message. */
static int take_whole(struct model_stream *stream, const json_t *answer, struct error *error)
{
	struct span event = buffer_span(&stream->whole);
	int r = take_chunk(stream, answer, event, error);

	if (!r && choice_of(answer))
		stream->terminal = true;
	return r;
}

const struct stream_kind stream_openai = {
	.name = "openai",
	.take = take,
	.take_whole = take_whole,
};
