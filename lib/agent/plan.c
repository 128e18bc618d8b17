/* A plan as JSON and back: what goes down to a session, once. */
#include "agent/agent.h"

#include <stdio.h>

#define TOOLS_MAX 64
#define TOOL_NAME_MAX 64

/* ---- the fields ---- */

static const char *const causes[] = {
	[CAUSE_HEARTBEAT] = "heartbeat",
	[CAUSE_MESSAGE] = "message",
	[CAUSE_MANUAL] = "manual",
	[CAUSE_TASK] = "task",
};

/* Text that may be absent. */
static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{ "heading", offsetof(struct plan, heading) },
	{ "message", offsetof(struct plan, message) },
	{ "standing", offsetof(struct plan, standing) },
	{ "session_start", offsetof(struct plan, session_start) },
	{ "checklist", offsetof(struct plan, checklist) },
	{ "knowledge", offsetof(struct plan, knowledge) },
	{ "skills", offsetof(struct plan, skills) },
	{ "moment", offsetof(struct plan, moment) },
	{ "since", offsetof(struct plan, since) },
	{ "budget", offsetof(struct plan, budget) },
};

/* Files of the moment. */
static const struct {
	const char *key;
	size_t offset;
} texts[] = {
	{ "constitution", offsetof(struct plan, constitution) },
	{ "soul", offsetof(struct plan, soul) },
	{ "memory", offsetof(struct plan, memory) },
	{ "bulletin", offsetof(struct plan, bulletin) },
};

static char **string_of(struct plan *plan, size_t i)
{
	return (char **)(void *)((char *)plan + strings[i].offset);
}

static struct plan_text *text_of(struct plan *plan, size_t i)
{
	return (struct plan_text *)(void *)((char *)plan + texts[i].offset);
}

/* ---- writing ---- */

static json_t *string_json(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *text_json(const struct plan_text *text)
{
	json_t *json;

	if (!text->text)
		return json_null();
	json = json_object();
	json_object_set_new(json, "text", json_string(text->text));
	json_object_set_new(json, "id", json_string(text->id));
	return json;
}

static json_t *tools_json(const struct plan *plan)
{
	json_t *list;

	if (!plan->tools)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < plan->tool_count; i++)
		json_array_append_new(list, json_string(plan->tools[i]));
	return list;
}

json_t *plan_to_json(const struct plan *plan)
{
	struct plan copy = *plan;
	json_t *json = json_object();

	json_object_set_new(json, "session", json_string(plan->session));
	json_object_set_new(json, "agent", json_string(plan->agent));
	json_object_set_new(json, "cause", json_string(causes[plan->cause]));
	for (size_t i = 0; i < ARRAY_LENGTH(strings); i++)
		json_object_set_new(json, strings[i].key, string_json(*string_of(&copy, i)));
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		json_object_set_new(json, texts[i].key, text_json(text_of(&copy, i)));
	if (plan->history)
		json_object_set(json, "history", plan->history);
	if (plan->reply)
		json_object_set(json, "reply", plan->reply);
	if (plan->results)
		json_object_set(json, "results", plan->results);
	if (plan->compactions)
		json_object_set(json, "compactions", plan->compactions);
	json_object_set_new(json, "rehearse", json_boolean(plan->rehearse));
	json_object_set_new(json, "tools", tools_json(plan));
	if (plan->can_tell)
		json_object_set_new(json, "can_tell", json_true());
	if (plan->starved)
		json_object_set_new(json, "starved", json_true());
	json_object_set_new(json, "turns_max", json_integer(plan->turns_max));
	json_object_set_new(json, "turns_made", json_integer(plan->turns_made));
	json_object_set_new(json, "max_output_tokens", json_integer(plan->max_output_tokens));
	json_object_set_new(json, "tool_output_bytes", json_integer(plan->tool_output_bytes));
	json_object_set_new(json, "compaction_turns", json_integer(plan->compaction_turns));
	json_object_set_new(json, "most_bytes", json_integer(plan->most_bytes));
	return json;
}

/* ---- reading ---- */

static int bad(const char *key, struct error *error)
{
	return error_set(error, ERROR_PROTOCOL, "the plan's \"%s\" is missing or wrong", key);
}

static int read_name(const json_t *json, const char *key, char *out, size_t size,
		     struct error *error)
{
	const char *text = json_string_value(json_object_get(json, key));

	if (!text || strlen(text) >= size)
		return bad(key, error);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int read_cause(const json_t *json, enum cause_kind *ret_cause, struct error *error)
{
	const char *text = json_string_value(json_object_get(json, "cause"));

	for (size_t i = 0; text && i < ARRAY_LENGTH(causes); i++)
		if (!strcmp(text, causes[i])) {
			*ret_cause = (enum cause_kind)i;
			return 0;
		}
	return bad("cause", error);
}

static int read_strings(const json_t *json, struct plan *plan, struct error *error)
{
	for (size_t i = 0; i < ARRAY_LENGTH(strings); i++) {
		const json_t *value = json_object_get(json, strings[i].key);

		if (value && !json_is_string(value) && !json_is_null(value))
			return bad(strings[i].key, error);
		if (json_is_string(value))
			*string_of(plan, i) = xstrdup(json_string_value(value));
	}
	return 0;
}

static int read_texts(const json_t *json, struct plan *plan, struct error *error)
{
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		const json_t *value = json_object_get(json, texts[i].key);
		const char *text = json_string_value(json_object_get(value, "text"));
		struct plan_text *into = text_of(plan, i);

		if (!value || json_is_null(value))
			continue;
		if (!text || read_name(value, "id", into->id, sizeof(into->id), NULL))
			return bad(texts[i].key, error);
		into->text = xstrdup(text);
	}
	return 0;
}

static int read_tools(const json_t *json, struct plan *plan, struct error *error)
{
	const json_t *list = json_object_get(json, "tools"), *value;
	size_t i;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > TOOLS_MAX)
		return bad("tools", error);
	plan->tools = xcalloc(json_array_size(list) + 1, sizeof(char *));
	json_array_foreach(list, i, value) {
		if (!json_is_string(value) || json_string_length(value) > TOOL_NAME_MAX)
			return bad("tools", error);
		plan->tools[plan->tool_count++] = xstrdup(json_string_value(value));
	}
	return 0;
}

static int read_number(const json_t *json, const char *key, int64_t max, int64_t *ret_value,
		       struct error *error)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return bad(key, error);
	*ret_value = json_integer_value(value);
	return 0;
}

static int read_numbers(const json_t *json, struct plan *plan, struct error *error)
{
	int64_t turns = 0, made = 0, compaction = 0;
	int result = read_number(json, "turns_max", UINT32_MAX, &turns, error);

	if (!result)
		result = read_number(json, "turns_made", UINT32_MAX, &made, error);
	if (!result)
		result = read_number(json, "max_output_tokens", INT64_MAX, &plan->max_output_tokens,
				     error);
	if (!result)
		result = read_number(json, "tool_output_bytes", INT64_MAX, &plan->tool_output_bytes,
				     error);
	if (!result)
		result = read_number(json, "compaction_turns", UINT32_MAX, &compaction, error);
	if (!result)
		result = read_number(json, "most_bytes", INT64_MAX, &plan->most_bytes, error);
	if (result)
		return result;
	plan->turns_max = (uint32_t)turns;
	plan->turns_made = (uint32_t)made;
	plan->compaction_turns = (uint32_t)compaction;
	return 0;
}

/* What a session goes on from. */
static int read_past(const json_t *json, struct plan *plan, struct error *error)
{
	json_t *history = json_object_get(json, "history");
	json_t *compactions = json_object_get(json, "compactions");
	json_t *reply = json_object_get(json, "reply"), *results = json_object_get(json, "results");

	if (history && !json_is_array(history))
		return bad("history", error);
	if (reply && !json_is_object(reply))
		return bad("reply", error);
	if (results && !json_is_array(results))
		return bad("results", error);
	if (compactions && !json_is_array(compactions))
		return bad("compactions", error);
	plan->history = json_incref(history);
	plan->compactions = json_incref(compactions);
	plan->reply = json_incref(reply);
	plan->results = json_incref(results);
	return 0;
}

int plan_from_json(const json_t *json, struct plan **ret_plan, struct error *error)
{
	CLEANUP(plan_free) struct plan *plan = xcalloc(1, sizeof(*plan));
	int result = read_name(json, "session", plan->session, sizeof(plan->session), error);

	if (!result)
		result = read_name(json, "agent", plan->agent, sizeof(plan->agent), error);
	if (!result)
		result = read_cause(json, &plan->cause, error);
	if (!result)
		result = read_strings(json, plan, error);
	if (!result)
		result = read_texts(json, plan, error);
	if (!result)
		result = read_tools(json, plan, error);
	if (!result)
		result = read_numbers(json, plan, error);
	if (!result)
		result = read_past(json, plan, error);
	if (result)
		return result;
	plan->rehearse = json_is_true(json_object_get(json, "rehearse"));
	plan->can_tell = json_is_true(json_object_get(json, "can_tell"));
	plan->starved = json_is_true(json_object_get(json, "starved"));
	*ret_plan = steal_pointer(&plan);
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(strings); i++)
		free(*string_of(plan, i));
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		free(text_of(plan, i)->text);
	for (size_t i = 0; i < plan->tool_count; i++)
		free(plan->tools[i]);
	free(plan->tools);
	json_decref(plan->history);
	json_decref(plan->compactions);
	json_decref(plan->reply);
	json_decref(plan->results);
	free(plan);
}

bool plan_allows_tool(const struct plan *plan, const char *name)
{
	if (!plan->can_tell && !strcmp(name, "tell_person"))
		return false;
	for (size_t i = 0; i < plan->tool_count; i++)
		if (!strcmp(plan->tools[i], name))
			return true;
	return !plan->tools;
}
