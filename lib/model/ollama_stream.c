/* Lines of Ollama's /api/chat. Calls come whole, one late line after a silence; an error may come
 * as a line under status 200; only `done` is an end. */
#include "stream.h"
#include "wire.h"

/* Keys named twice are gone from the parsed object, so the line is looked at once more. */
static bool names_a_key_twice(struct span line)
{
	json_t *strict = json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, NULL);

	json_decref(strict);
	return !strict;
}

/* Arguments are an object; servers that imitate this one send text. Whatever else comes is quoted
 * in a list, which is no object either. */
static void take_arguments(struct draft_call *call, json_t *arguments, struct span line)
{
	_json_ json_t *whole = NULL;
	_free_ char *text = NULL;

	if (json_is_string(arguments)) {
		draft_add_arguments(call, (struct span){ json_string_value(arguments),
							 json_string_length(arguments) });
		return;
	}
	if (!arguments || json_is_null(arguments))
		return;
	whole = json_is_object(arguments) ? json_incref(arguments) : json_pack("[O]", arguments);
	text = wire_dump(whole);
	draft_add_arguments(call, span_of(text));
	call->duplicate_keys = names_a_key_twice(line);
}

static void take_call(struct model_stream *stream, const json_t *json, struct span line)
{
	const json_t *function = json_object_get(json, "function");
	struct draft_call *call = draft_add_call(&stream->draft);

	if (!call)
		return;
	if (wire_get_text(json, "id").length)
		call->key = wire_text(wire_cut(wire_get_text(json, "id"), 200));
	draft_add_name(call, wire_get_text(function, "name"));
	take_arguments(call, json_object_get(function, "arguments"), line);
}

static int take_message(struct model_stream *stream, const json_t *message, struct span line,
			struct error *error)
{
	struct draft *draft = &stream->draft;
	struct span thinking = wire_get_text(message, "thinking");
	const json_t *calls = wire_get_array(message, "tool_calls"), *call;
	size_t i, text_before = draft->text.length;
	int r = draft_add_text(draft, wire_get_text(message, "content"), error);

	if (r)
		return r;
	buffer_append(&draft->reasoning.content, thinking);
	json_array_foreach(calls, i, call) {
		take_call(stream, call, line);
	}
	if (thinking.length || i)
		draft_tell(draft, MODEL_EVENT_PROGRESS);
	else if (draft->text.length == text_before)
		draft_tell(draft, MODEL_EVENT_PING);
	return 0;
}

static void take_done(struct model_stream *stream, const json_t *line)
{
	if (!json_is_true(json_object_get(line, "done")))
		return;
	usage_take_ollama(&stream->draft.usage, line);
	stream->draft.cut = span_equal(wire_get_text(line, "done_reason"), SPAN("length"));
	stream->terminal = stream->ended = true;
	draft_close(&stream->draft);
}

static int take(struct model_stream *stream, const struct sse_event *event, struct error *error)
{
	_json_ json_t *line = NULL;
	int r = stream_parse(stream, event, &line, error);

	r = r ? r : stream_check_error(stream, line, false, error);
	if (r)
		return r;
	draft_set_model(&stream->draft, wire_get_text(line, "model"));
	r = take_message(stream, json_object_get(line, "message"), event->data, error);
	if (!r)
		take_done(stream, line);
	return r;
}

const struct stream_kind stream_ollama = { "ollama", take, NULL };
