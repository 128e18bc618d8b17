/* OpenAI Chat Completions, as its many lookalikes take it: one system message, user messages that
 * alternate with the assistant's, ids of 9 letters and digits, `max_tokens`, nothing optional. */
#include "chat.h"
#include "format.h"
#include "stream.h"
#include "wire.h"

static void visit_user(void *context, const char *text)
{
	chat_add_text(context, "user", text);
}

static json_t *encode_call(const struct transcript_call *call, const json_t *own)
{
	_free_ char *arguments = wire_dump(call->arguments);
	json_t *extra = json_array_get(wire_get_array(own, "calls"), call->order);
	json_t *function = json_object(), *json = json_object();

	json_object_set_new(function, "name", json_string(call->name));
	json_object_set_new(function, "arguments", json_string(arguments));
	json_object_set_new(json, "id", json_string(call->id));
	json_object_set_new(json, "type", json_string("function"));
	json_object_set_new(json, "function", function);
	if (json_is_object(extra))
		json_object_set(json, "extra_content", extra);
	return json;
}

static void add_result(json_t *messages, const struct transcript_call *call)
{
	json_t *message = chat_add_message(messages, "tool");
	_free_ char *text = chat_result_text(call);

	json_object_set_new(message, "tool_call_id", json_string(call->id));
	json_object_set_new(message, "content", json_string(text));
}

static void add_own(json_t *message, const json_t *own)
{
	static const char *const keys[] = { "reasoning_content", "reasoning_details",
					    "extra_content" };

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (json_object_get(own, keys[i]))
			json_object_set(message, keys[i], json_object_get(own, keys[i]));
}

static void visit_assistant(void *context, const char *text, const struct transcript_call *calls,
			    size_t count, const json_t *own)
{
	json_t *messages = context, *message, *list;

	if (!count && !own) {
		chat_add_text(messages, "assistant", text);
		return;
	}
	message = chat_add_message(messages, "assistant");
	json_object_set_new(message, "content", *text ? json_string(text) : json_null());
	add_own(message, own);
	if (!count)
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, encode_call(&calls[i], own));
	json_object_set_new(message, "tool_calls", list);
	for (size_t i = 0; i < count; i++)
		add_result(messages, &calls[i]);
}

static void add_tools(json_t *body, const json_t *tools)
{
	json_t *list = json_array();
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		json_array_append_new(list, json_pack("{s:s,s:o}", "type", "function", "function",
						      chat_function(tool)));
	}
	if (json_array_size(list))
		json_object_set(body, "tools", list);
	json_decref(list);
}

static json_t *encode_messages(const json_t *request, const struct model_target *target)
{
	static const struct transcript_visitor visitor = { visit_user, visit_assistant };
	json_t *messages = json_array();
	_free_ char *system = chat_system_text(request, target);

	if (*system)
		json_object_set_new(chat_add_message(messages, "system"), "content",
				    json_string(system));
	transcript_visit(request, target, &visitor, messages);
	return messages;
}

static void add_options(json_t *body, const json_t *request, unsigned quirks)
{
	bool streams = !(quirks & QUIRK_NO_STREAM);

	json_object_set(
		body, quirks & QUIRK_MAX_COMPLETION_TOKENS ? "max_completion_tokens" : "max_tokens",
		json_object_get(request, "max_tokens"));
	json_object_set_new(body, "stream", json_boolean(streams));
	if (streams && !(quirks & QUIRK_NO_STREAM_OPTIONS))
		json_object_set_new(body, "stream_options", json_pack("{s:b}", "include_usage", 1));
}

static json_t *encode_body(const json_t *request, const struct model_target *target)
{
	json_t *body = json_object();

	json_object_set_new(body, "model", wire_string(span_of(target->model)));
	json_object_set_new(body, "messages", encode_messages(request, target));
	add_tools(body, transcript_tools(request, target));
	add_options(body, request, target->quirks);
	return body;
}

static char *completions_url(const char *base_url)
{
	return transcript_url(base_url, "https://api.openai.com/v1", "/chat/completions");
}

const struct model_format format_openai = {
	.name = "openai",
	.url = completions_url,
	.body = encode_body,
	.add_headers = chat_add_key,
	.stream_type = "text/event-stream",
	.stream = &stream_openai,
};
