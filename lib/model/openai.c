/* OpenAI Chat Completions, as its many lookalikes take it: one system message, user messages that
 * alternate with the assistant's, ids of 9 letters and digits, `max_tokens`, nothing optional. */
#include "format.h"
#include "stream.h"
#include "transcript.h"
#include "wire.h"

struct encoding {
	json_t *messages;
};

static json_t *add_message(json_t *messages, const char *role)
{
	json_t *message = json_object();

	json_object_set_new(message, "role", json_string(role));
	json_array_append_new(messages, message);
	return message;
}

/* Joins texts by an empty line. */
static json_t *join(const char *a, const char *b)
{
	_free_ char *both = xasprintf("%s\n\n%s", a, b);

	return json_string(both);
}

static void add_system(json_t *messages, const json_t *request, const struct model_target *target)
{
	size_t stable;
	_json_ json_t *sections = transcript_system(request, target, &stable);
	CLEANUP(buffer_clear) struct buffer all = BUFFER(TRANSCRIPT_BODY_MAX);
	const json_t *section;
	size_t i;

	json_array_foreach(sections, i, section) {
		if (i)
			buffer_append_text(&all, "\n\n");
		buffer_append_text(&all, json_string_value(section));
	}
	if (all.length)
		json_object_set_new(add_message(messages, "system"), "content",
				    json_string(all.data));
}

static void visit_user(void *context, const char *text)
{
	struct encoding *encoding = context;
	json_t *last = json_array_get(encoding->messages, json_array_size(encoding->messages) - 1);

	if (span_equal(wire_get_text(last, "role"), SPAN("user")))
		json_object_set_new(last, "content",
				    join(wire_get_text(last, "content").data, text));
	else
		json_object_set_new(add_message(encoding->messages, "user"), "content",
				    json_string(text));
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
	json_t *message = add_message(messages, "tool");
	struct span text = transcript_result_text(call);
	bool unmarked = transcript_result_failed(call) &&
			!span_starts_with_nocase(text, SPAN("error"));
	_free_ char *marked = xasprintf("%s%s", unmarked ? "error: " : "", text.data);

	json_object_set_new(message, "tool_call_id", json_string(call->id));
	json_object_set_new(message, "content", json_string(marked));
}

static void add_own(json_t *message, const json_t *own)
{
	static const char *const keys[] = { "reasoning_content", "reasoning_details",
					    "extra_content" };

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (json_object_get(own, keys[i]))
			json_object_set(message, keys[i], json_object_get(own, keys[i]));
}

/* Templates that want the roles to alternate refuse one text of the assistant behind another. */
static bool goes_on(const json_t *messages, size_t count, const json_t *own)
{
	const json_t *last = json_array_get(messages, json_array_size(messages) - 1);

	return !count && !own && span_equal(wire_get_text(last, "role"), SPAN("assistant")) &&
	       !json_object_get(last, "tool_calls");
}

static void visit_assistant(void *context, const char *text, const struct transcript_call *calls,
			    size_t count, const json_t *own)
{
	struct encoding *encoding = context;
	json_t *message, *list;

	if (goes_on(encoding->messages, count, own)) {
		message = json_array_get(encoding->messages,
					 json_array_size(encoding->messages) - 1);
		json_object_set_new(message, "content",
				    join(wire_get_text(message, "content").data, text));
		return;
	}
	message = add_message(encoding->messages, "assistant");
	json_object_set_new(message, "content", *text ? json_string(text) : json_null());
	add_own(message, own);
	if (!count)
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, encode_call(&calls[i], own));
	json_object_set_new(message, "tool_calls", list);
	for (size_t i = 0; i < count; i++)
		add_result(encoding->messages, &calls[i]);
}

static json_t *encode_tool(const json_t *tool)
{
	json_t *function = json_object(), *json = json_object();

	json_object_set(function, "name", json_object_get(tool, "name"));
	if (wire_get_text(tool, "text").length)
		json_object_set(function, "description", json_object_get(tool, "text"));
	if (wire_get_object(tool, "parameters"))
		json_object_set(function, "parameters", json_object_get(tool, "parameters"));
	json_object_set_new(json, "type", json_string("function"));
	json_object_set_new(json, "function", function);
	return json;
}

static void add_tools(json_t *body, const json_t *tools)
{
	json_t *list = json_array();
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		json_array_append_new(list, encode_tool(tool));
	}
	if (json_array_size(list))
		json_object_set(body, "tools", list);
	json_decref(list);
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
	static const struct transcript_visitor visitor = { visit_user, visit_assistant };
	struct encoding encoding = { json_array() };
	json_t *body = json_object();

	add_system(encoding.messages, request, target);
	transcript_visit(request, target, &visitor, &encoding);
	json_object_set_new(body, "model", wire_string(span_of(target->model)));
	json_object_set_new(body, "messages", encoding.messages);
	add_tools(body, transcript_tools(request, target));
	add_options(body, request, target->quirks);
	return body;
}

static int add_headers(struct model_http *http, const struct model_target *target,
		       struct error *error)
{
	const char *accept = target->quirks & QUIRK_NO_STREAM ? "application/json"
							      : "text/event-stream";
	int r = transcript_header(http, "Content-Type", "application/json", error);

	r = r ? r : transcript_header(http, "Accept", accept, error);
	return r || !target->key ? r : transcript_bearer(http, target->key, error);
}

static int encode(const json_t *request, const struct model_target *target,
		  struct model_http *ret_http, struct error *error)
{
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	_json_ json_t *body = NULL;
	int r = transcript_check(request, error);

	if (r)
		return r;
	body = encode_body(request, target);
	http.url = transcript_url(target->base_url, "https://api.openai.com/v1",
				  "/chat/completions");
	r = transcript_write(body, &http, error);
	r = r ? r : add_headers(&http, target, error);
	if (r)
		return r;
	*ret_http = http;
	http = (struct model_http){ 0 };
	return 0;
}

static struct model_stream *new_stream(const char *provider, model_event_sink sink, void *context)
{
	return stream_new(&stream_openai, provider, sink, context);
}

const struct model_format format_openai = { "openai", encode, new_stream };
