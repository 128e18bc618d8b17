#include "chat.h"

#include "wire.h"

json_t *chat_add_message(json_t *messages, const char *role)
{
	json_t *message = json_object();

	json_object_set_new(message, "role", json_string(role));
	json_array_append_new(messages, message);
	return message;
}

void chat_add_text(json_t *messages, const char *role, const char *text)
{
	json_t *last = json_array_get(messages, json_array_size(messages) - 1);
	_free_ char *both = NULL;

	if (json_object_size(last) != 2 || !json_is_string(json_object_get(last, "content")) ||
	    !span_equal(wire_get_text(last, "role"), span_of(role))) {
		last = chat_add_message(messages, role);
		json_object_set_new(last, "content", json_string(text));
		return;
	}
	both = xasprintf("%s\n\n%s", wire_get_text(last, "content").data, text);
	json_object_set_new(last, "content", json_string(both));
}

char *chat_system_text(const json_t *request, const struct model_target *target)
{
	size_t stable, i;
	_json_ json_t *sections = transcript_system(request, target, &stable);
	CLEANUP(buffer_clear) struct buffer all = BUFFER(TRANSCRIPT_BODY_MAX);
	const json_t *section;

	json_array_foreach(sections, i, section) {
		if (i)
			buffer_append_text(&all, "\n\n");
		buffer_append_text(&all, json_string_value(section));
	}
	return buffer_steal(&all);
}

char *chat_result_text(const struct transcript_call *call)
{
	struct span text = transcript_result_text(call);
	bool unmarked = transcript_result_failed(call) &&
			!span_starts_with_nocase(text, SPAN("error"));

	return xasprintf("%s%s", unmarked ? "error: " : "", text.data);
}

json_t *chat_function(const json_t *tool)
{
	json_t *function = json_object();

	json_object_set(function, "name", json_object_get(tool, "name"));
	if (wire_get_text(tool, "text").length)
		json_object_set(function, "description", json_object_get(tool, "text"));
	if (wire_get_object(tool, "parameters"))
		json_object_set(function, "parameters", json_object_get(tool, "parameters"));
	return function;
}

int chat_add_key(struct model_http *http, const struct model_target *target, struct error *error)
{
	return target->key ? transcript_bearer(http, target->key, error) : 0;
}
