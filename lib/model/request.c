/* The neutral request: a transcript in the making. */
#include "model.h"
#include "wire.h"

static json_t *list_of(json_t *request, const char *key)
{
	json_t *list = wire_get_array(request, key);

	if (!list) {
		list = json_array();
		json_object_set_new(request, key, list);
	}
	return list;
}

json_t *model_request_new(int64_t max_tokens)
{
	json_t *request = json_object();

	json_object_set_new(request, "system", json_array());
	json_object_set_new(request, "messages", json_array());
	json_object_set_new(request, "tools", json_array());
	json_object_set_new(request, "max_tokens", json_integer(max_tokens));
	return request;
}

void model_request_add_system(json_t *request, struct span text, bool stable)
{
	json_t *section = json_object();

	json_object_set_new(section, "text", wire_string(text));
	if (stable)
		json_object_set_new(section, "stable", json_true());
	json_array_append_new(list_of(request, "system"), section);
}

void model_request_add_tool(json_t *request, const struct tool *tool)
{
	json_t *json = json_object();

	json_object_set_new(json, "name", json_string(tool->name));
	json_object_set_new(json, "text", json_string(tool->text));
	json_object_set_new(json, "parameters", tool_schema(tool));
	json_array_append_new(list_of(request, "tools"), json);
}

static json_t *add_message(json_t *request, const char *role)
{
	json_t *message = json_object();

	json_object_set_new(message, "role", json_string(role));
	json_array_append_new(list_of(request, "messages"), message);
	return message;
}

void model_request_add_user(json_t *request, struct span text)
{
	json_object_set_new(add_message(request, "user"), "text", wire_string(text));
}

void model_request_add_note(json_t *request, struct span text)
{
	json_t *message = add_message(request, "user");

	json_object_set_new(message, "text", wire_string(text));
	json_object_set_new(message, "runtime", json_true());
}

void model_request_add_reply(json_t *request, const struct model_reply *reply)
{
	json_t *message = add_message(request, "assistant");
	_json_ json_t *all = model_reply_to_json(reply);

	json_object_set(message, "text", json_object_get(all, "text"));
	if (reply->call_count)
		json_object_set(message, "calls", json_object_get(all, "calls"));
	if (reply->opaque)
		json_object_set(message, "opaque", reply->opaque);
}

static json_t *open_results(json_t *request)
{
	json_t *messages = list_of(request, "messages"), *message;

	message = json_array_get(messages, json_array_size(messages) - 1);
	if (!span_equal(wire_get_text(message, "role"), SPAN("tool")))
		message = add_message(request, "tool");
	return list_of(message, "results");
}

void model_request_add_result(json_t *request, const struct model_call *call, struct span content,
			      bool is_error)
{
	json_t *result = json_object();

	json_object_set_new(result, "id", json_string(call->id));
	json_object_set_new(result, "name", wire_string(span_of(call->name)));
	json_object_set_new(result, "content", wire_string(content));
	if (is_error)
		json_object_set_new(result, "error", json_true());
	json_array_append_new(open_results(request), result);
}
