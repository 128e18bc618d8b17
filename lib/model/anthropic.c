/* Anthropic Messages: system on top, user and assistant alternate, each tool_use has its
 * tool_result in the very next user message, all of them before any other content. */
#include "format.h"
#include "stream.h"
#include "transcript.h"
#include "wire.h"

struct encoding {
	json_t *messages;
};

/* The content list of the last message, or of a new one when that has another role. */
static json_t *open_message(json_t *messages, const char *role)
{
	json_t *last = json_array_get(messages, json_array_size(messages) - 1);

	if (!span_equal(wire_get_text(last, "role"), span_of(role))) {
		last = json_object();
		json_object_set_new(last, "role", json_string(role));
		json_object_set_new(last, "content", json_array());
		json_array_append_new(messages, last);
	}
	return json_object_get(last, "content");
}

static json_t *text_block(const char *text)
{
	json_t *block = json_object();

	json_object_set_new(block, "type", json_string("text"));
	json_object_set_new(block, "text", json_string(text));
	return block;
}

/* Blocks of white space alone are refused. */
static void add_text(json_t *content, const char *text)
{
	if (transcript_has_text(text))
		json_array_append_new(content, text_block(text));
}

static void visit_user(void *context, const char *text)
{
	struct encoding *encoding = context;

	add_text(open_message(encoding->messages, "user"), text);
}

/* Only to the model that signed it, and only where it is known which did. */
static void add_thinking(json_t *content, const json_t *own)
{
	json_t *block;
	size_t i;

	if (!wire_get_text(own, "model").length)
		return;
	json_array_foreach(wire_get_array(own, "thinking"), i, block) {
		json_array_append(content, block);
	}
}

static json_t *tool_use(const struct transcript_call *call)
{
	json_t *block = json_object();

	json_object_set_new(block, "type", json_string("tool_use"));
	json_object_set_new(block, "id", json_string(call->id));
	json_object_set_new(block, "name", json_string(call->name));
	json_object_set(block, "input", call->arguments);
	return block;
}

static json_t *tool_result(const struct transcript_call *call)
{
	json_t *block = json_object();
	struct span text = transcript_result_text(call);

	json_object_set_new(block, "type", json_string("tool_result"));
	json_object_set_new(block, "tool_use_id", json_string(call->id));
	if (transcript_has_text(text.data))
		json_object_set_new(block, "content", json_stringn(text.data, text.length));
	if (transcript_result_failed(call))
		json_object_set_new(block, "is_error", json_true());
	return block;
}

static void visit_assistant(void *context, const char *text, const struct transcript_call *calls,
			    size_t count, const json_t *own)
{
	struct encoding *encoding = context;
	json_t *content = open_message(encoding->messages, "assistant");

	add_thinking(content, own);
	add_text(content, text);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(content, tool_use(&calls[i]));
	if (!count)
		return;
	content = open_message(encoding->messages, "user");
	for (size_t i = 0; i < count; i++)
		json_array_append_new(content, tool_result(&calls[i]));
}

static json_t *encode_system(const json_t *sections)
{
	json_t *blocks = json_array();
	const json_t *section;
	size_t i;

	json_array_foreach(sections, i, section) {
		json_array_append_new(blocks, text_block(json_string_value(section)));
	}
	return blocks;
}

static json_t *encode_tools(const json_t *tools)
{
	json_t *list = json_array();
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		json_t *json = json_object(), *schema = wire_get_object(tool, "parameters");

		json_object_set(json, "name", json_object_get(tool, "name"));
		if (wire_get_text(tool, "text").length)
			json_object_set(json, "description", json_object_get(tool, "text"));
		json_object_set_new(json, "input_schema",
				    schema ? json_incref(schema)
					   : json_pack("{s:s}", "type", "object"));
		json_array_append_new(list, json);
	}
	return list;
}

/* ---- the cache ---- */

static void add_breakpoint(json_t *block)
{
	if (block)
		json_object_set_new(block, "cache_control",
				    json_pack("{s:s}", "type", "ephemeral"));
}

static json_t *last_of(const json_t *list)
{
	return json_array_get(list, json_array_size(list) - 1);
}

/* A prefix is cached up to a breakpoint, in the order tools, system, messages; four are allowed.
 * Tools and stable sections are the same for every beat of an agent; the last two user messages let
 * each turn of a session find what the turn before it wrote: one turn may add more blocks than the
 * 20 that a lookup goes back
 * (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching). */
static void add_breakpoints(const json_t *tools, json_t *system, size_t stable,
			    const json_t *messages)
{
	unsigned left = 2;

	add_breakpoint(last_of(tools));
	if (stable)
		add_breakpoint(json_array_get(system, stable - 1));
	for (size_t i = json_array_size(messages); i-- > 0 && left;) {
		const json_t *message = json_array_get(messages, i);

		if (!span_equal(wire_get_text(message, "role"), SPAN("user")))
			continue;
		add_breakpoint(last_of(json_object_get(message, "content")));
		left--;
	}
}

/* ---- the body ---- */

/* One text alone is written as a string: 25 bytes less. */
static void shorten(json_t *messages)
{
	json_t *message;
	size_t i;

	json_array_foreach(messages, i, message) {
		json_t *content = json_object_get(message, "content");
		const json_t *only = json_array_get(content, 0);

		if (json_array_size(content) == 1 && json_object_size(only) == 2 &&
		    span_equal(wire_get_text(only, "type"), SPAN("text")))
			json_object_set(message, "content", json_object_get(only, "text"));
	}
}

static void set_list(json_t *body, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set(body, key, list);
}

static json_t *encode_body(const json_t *request, const struct model_target *target)
{
	static const struct transcript_visitor visitor = { visit_user, visit_assistant };
	struct encoding encoding = { json_array() };
	size_t stable;
	_json_ json_t *sections = transcript_system(request, target, &stable);
	_json_ json_t *system = encode_system(sections);
	_json_ json_t *tools = encode_tools(transcript_tools(request, target));
	json_t *body = json_object();

	transcript_visit(request, target, &visitor, &encoding);
	if (!(target->quirks & QUIRK_NO_CACHE_CONTROL))
		add_breakpoints(tools, system, stable, encoding.messages);
	shorten(encoding.messages);
	json_object_set_new(body, "model", wire_string(span_of(target->model)));
	json_object_set(body, "max_tokens", json_object_get(request, "max_tokens"));
	set_list(body, "tools", tools);
	set_list(body, "system", system);
	json_object_set_new(body, "messages", encoding.messages);
	json_object_set_new(body, "stream", json_boolean(!(target->quirks & QUIRK_NO_STREAM)));
	return body;
}

/* Anthropic takes keys as x-api-key and OAuth tokens (sk-ant-oat…) as bearer; of the compatible
 * servers some read the one and some the other, so they get both. */
static int add_key(struct model_http *http, const char *key, struct error *error)
{
	bool token = span_starts_with(span_trim(span_of(key)), SPAN("sk-ant-oat"));
	bool original = strstr(http->url, "anthropic.com") != NULL;
	int r = 0;

	if (!token)
		r = transcript_header(http, "x-api-key", key, error);
	if (!r && (token || !original))
		r = transcript_bearer(http, key, error);
	return r;
}

static int add_headers(struct model_http *http, const struct model_target *target,
		       struct error *error)
{
	int r = transcript_header(http, "anthropic-version", "2023-06-01", error);

	return r || !target->key ? r : add_key(http, target->key, error);
}

/* base_url may end before /v1, behind it, or be the whole address. */
static char *messages_url(const char *base_url)
{
	_free_ char *version = NULL;

	if (base_url && strstr(base_url, "/v1/messages"))
		return transcript_url(base_url, "", "/v1/messages");
	version = transcript_url(base_url, "https://api.anthropic.com", "/v1");
	return transcript_url(version, "", "/messages");
}

const struct model_format format_anthropic = {
	.name = "anthropic",
	.url = messages_url,
	.body = encode_body,
	.add_headers = add_headers,
	.stream_type = "text/event-stream",
	.stream = &stream_anthropic,
};
