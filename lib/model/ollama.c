/* Ollama's own /api/chat, because its /v1 takes no num_ctx and silently cuts the front of what does
 * not fit its default (ollama#3839). Arguments are objects, calls have no ids: a result follows its
 * call and names the tool. */
#include "chat.h"
#include "format.h"
#include "stream.h"
#include "wire.h"

static void visit_user(void *context, const char *text)
{
	chat_add_text(context, "user", text);
}

static json_t *encode_call(const struct transcript_call *call)
{
	json_t *function = json_object(), *json = json_object();

	json_object_set_new(function, "name", json_string(call->name));
	json_object_set(function, "arguments", call->arguments);
	json_object_set_new(json, "function", function);
	return json;
}

static void add_result(json_t *messages, const struct transcript_call *call)
{
	json_t *message = chat_add_message(messages, "tool");
	_free_ char *text = chat_result_text(call);

	json_object_set_new(message, "tool_name", json_string(call->name));
	json_object_set_new(message, "content", json_string(text));
}

static void add_calls(json_t *messages, json_t *message, const struct transcript_call *calls,
		      size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, encode_call(&calls[i]));
	json_object_set_new(message, "tool_calls", list);
	for (size_t i = 0; i < count; i++)
		add_result(messages, &calls[i]);
}

static void visit_assistant(void *context, const char *text, const struct transcript_call *calls,
			    size_t count, const json_t *own)
{
	json_t *messages = context, *message, *thinking = json_object_get(own, "reasoning_content");

	if (!count && !thinking) {
		chat_add_text(messages, "assistant", text);
		return;
	}
	message = chat_add_message(messages, "assistant");
	json_object_set_new(message, "content", json_string(text));
	if (thinking)
		json_object_set(message, "thinking", thinking);
	if (count)
		add_calls(messages, message, calls, count);
}

static json_t *encode_messages(const json_t *request, const struct model_target *target)
{
	static const struct transcript_visitor visitor = { visit_user, visit_assistant };
	json_t *messages = json_array();
	_free_ char *system = chat_system_text(request, target);

	if (*system)
		chat_add_text(messages, "system", system);
	transcript_visit(request, target, &visitor, messages);
	return messages;
}

static void add_tools(json_t *body, const json_t *tools)
{
	json_t *list = json_array();
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		json_t *json = json_object();

		json_object_set_new(json, "type", json_string("function"));
		json_object_set_new(json, "function", chat_function(tool));
		json_array_append_new(list, json);
	}
	if (json_array_size(list))
		json_object_set(body, "tools", list);
	json_decref(list);
}

static json_t *encode_options(const json_t *request, const struct model_target *target)
{
	json_t *options = json_object();

	if (target->context > 0)
		json_object_set_new(options, "num_ctx", json_integer(target->context));
	json_object_set(options, "num_predict", json_object_get(request, "max_tokens"));
	return options;
}

/* truncate, shift: newer servers then answer 400 to what does not fit, and end for length at the
 * window's end, where they would throw the front away; older ones know neither. */
static json_t *encode_body(const json_t *request, const struct model_target *target)
{
	json_t *body = json_object();

	json_object_set_new(body, "model", wire_string(span_of(target->model)));
	json_object_set_new(body, "messages", encode_messages(request, target));
	add_tools(body, transcript_tools(request, target));
	json_object_set_new(body, "stream", json_boolean(!(target->quirks & QUIRK_NO_STREAM)));
	json_object_set_new(body, "truncate", json_false());
	json_object_set_new(body, "shift", json_false());
	json_object_set_new(body, "options", encode_options(request, target));
	return body;
}

/* base_url may end before /api, behind it, or be the whole address. */
static char *chat_url(const char *base_url)
{
	_free_ char *whole = transcript_url(base_url, "http://127.0.0.1:11434", "/api/chat");
	struct span url = span_of(whole);
	struct span twice = SPAN("/api/api/chat");

	if (url.length < twice.length ||
	    !span_equal(span_slice(url, url.length - twice.length, url.length), twice))
		return steal_pointer(&whole);
	return xasprintf("%.*s/chat", (int)(url.length - (sizeof("/api/chat") - 1)), whole);
}

const struct model_format format_ollama = {
	.name = "ollama",
	.url = chat_url,
	.body = encode_body,
	.add_headers = chat_add_key,
	.stream_type = "application/x-ndjson",
	.stream = &stream_ollama,
};
