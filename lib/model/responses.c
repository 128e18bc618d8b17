/* OpenAI Responses, without the server's memory: `store` is off, and each request holds the whole
 * transcript as items. Reasoning goes back as it came, encrypted, in front of what followed it. */
#include "responses.h"
#include "chat.h"
#include "format.h"
#include "stream.h"
#include "wire.h"

static json_t *add_item(json_t *input, const char *type)
{
	json_t *item = json_object();

	json_object_set_new(item, "type", json_string(type));
	json_array_append_new(input, item);
	return item;
}

static void visit_user(void *context, const char *text)
{
	chat_add_text(context, "user", text);
}

/* ---- one reply ---- */

struct turn {
	json_t *input;
	const char *text; /* NULL: written already */
	const struct transcript_call *calls;
	size_t count;
	bool written[MODEL_CALLS_MAX];
};

static void add_text(struct turn *turn)
{
	if (transcript_has_text(turn->text))
		chat_add_text(turn->input, "assistant", turn->text);
	turn->text = NULL;
}

static void add_call(struct turn *turn, size_t i)
{
	const struct transcript_call *call = &turn->calls[i];
	_free_ char *arguments = NULL;
	json_t *item;

	if (turn->written[i])
		return;
	turn->written[i] = true;
	arguments = wire_dump(call->arguments);
	item = add_item(turn->input, "function_call");
	json_object_set_new(item, "call_id", json_string(call->id));
	json_object_set_new(item, "name", json_string(call->name));
	json_object_set_new(item, "arguments", json_string(arguments));
}

static bool is_reasoning(const json_t *entry)
{
	return span_equal(wire_get_text(entry, "type"), SPAN("reasoning"));
}

/* Reasoning without the item that it led to is refused ("without its required following item"). */
static void drop_trailing_reasoning(json_t *input)
{
	while (is_reasoning(json_array_get(input, json_array_size(input) - 1)))
		json_array_remove(input, json_array_size(input) - 1);
}

/* Entries are reasoning items and, between them, the places of the text and of calls. */
static void add_in_order(struct turn *turn, const json_t *order)
{
	json_t *entry;
	size_t i;

	json_array_foreach(order, i, entry) {
		json_int_t call = json_integer_value(entry);

		if (is_reasoning(entry))
			json_array_append(turn->input, entry);
		else if (json_is_string(entry))
			add_text(turn);
		else if (json_is_integer(entry) && call >= 0 && (size_t)call < turn->count)
			add_call(turn, (size_t)call);
	}
	add_text(turn);
	for (i = 0; i < turn->count; i++)
		add_call(turn, i);
	drop_trailing_reasoning(turn->input);
}

static void add_result(json_t *input, const struct transcript_call *call)
{
	json_t *item = add_item(input, "function_call_output");
	_free_ char *text = chat_result_text(call);

	json_object_set_new(item, "call_id", json_string(call->id));
	json_object_set_new(item, "output", json_string(text));
}

static void visit_assistant(void *context, const char *text, const struct transcript_call *calls,
			    size_t count, const json_t *own)
{
	json_t *input = context;
	struct turn turn = { input, text, calls, count, { false } };

	add_in_order(&turn, wire_get_array(own, RESPONSES_ORDER));
	for (size_t i = 0; i < count; i++)
		add_result(input, &calls[i]);
}

/* ---- the body ---- */

/* Not strict: that is the default here, and demands more of a schema than ours say. */
static void add_tools(json_t *body, const json_t *tools)
{
	json_t *list = json_array();
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		json_t *json = chat_function(tool);

		json_object_set_new(json, "type", json_string("function"));
		json_object_set_new(json, "strict", json_false());
		json_array_append_new(list, json);
	}
	if (json_array_size(list))
		json_object_set(body, "tools", list);
	json_decref(list);
}

static json_t *encode_input(const json_t *request, const struct model_target *target)
{
	static const struct transcript_visitor visitor = { visit_user, visit_assistant };
	json_t *input = json_array();

	transcript_visit(request, target, &visitor, input);
	return input;
}

static json_t *encode_body(const json_t *request, const struct model_target *target)
{
	json_t *body = json_object();
	_free_ char *system = chat_system_text(request, target);

	json_object_set_new(body, "model", wire_string(span_of(target->model)));
	if (*system)
		json_object_set_new(body, "instructions", json_string(system));
	add_tools(body, transcript_tools(request, target));
	json_object_set_new(body, "input", encode_input(request, target));
	json_object_set(body, "max_output_tokens", json_object_get(request, "max_tokens"));
	json_object_set_new(body, "store", json_false());
	if (!(target->quirks & QUIRK_NO_REASONING))
		json_object_set_new(body, "include",
				    json_pack("[s]", "reasoning.encrypted_content"));
	json_object_set_new(body, "stream", json_boolean(!(target->quirks & QUIRK_NO_STREAM)));
	return body;
}

static char *responses_url(const char *base_url)
{
	return transcript_url(base_url, "https://api.openai.com/v1", "/responses");
}

const struct model_format format_responses = {
	.name = "responses",
	.url = responses_url,
	.body = encode_body,
	.add_headers = chat_add_key,
	.stream_type = "text/event-stream",
	.stream = &stream_responses,
};
