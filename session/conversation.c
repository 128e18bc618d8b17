#include "conversation.h"

#include "tools.h"

#include "model/model.h"

#define USER_TURN_MAX (16 * 1024 * 1024)

static void json_free(json_t *json)
{
	json_decref(json);
}
CLEANUP_DEFINE(json_t *, json_free)

/* ---- the first request ---- */

static void add_sections(json_t *request, const struct prompt *prompt, bool stable)
{
	for (size_t i = 0; i < prompt->count; i++) {
		const struct prompt_section *section = &prompt->sections[i];

		if (!section->user && section->stable == stable)
			model_request_add_system(request, span_of(section->text), stable);
	}
}

/* All sections for the user turn as one message: some servers refuse two of them in a row. */
static int add_user_turn(json_t *request, const struct prompt *prompt, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(USER_TURN_MAX);

	for (size_t i = 0; i < prompt->count; i++) {
		if (!prompt->sections[i].user)
			continue;
		if (text.length)
			buffer_append(&text, SPAN("\n\n"));
		buffer_append_text(&text, prompt->sections[i].text);
	}
	if (text.overflow)
		return error_set(error, ERROR_TOO_LARGE, "the prompt has more than %d bytes",
				 USER_TURN_MAX);
	model_request_add_user(request, buffer_span(&text));
	return 0;
}

static void add_tools(json_t *request, const struct plan *plan)
{
	size_t count;
	const struct tool *tool = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		if (tool_is_allowed(plan, tool[i].name))
			model_request_add_tool(request, &tool[i]);
}

int conversation_begin(const struct plan *plan, json_t **ret_request, struct error *error)
{
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	CLEANUP(json_free) json_t *request = model_request_new(plan->max_output_tokens);
	int result = plan_prompt(plan, &prompt, error);

	if (result)
		return result;
	add_sections(request, &prompt, true);
	add_sections(request, &prompt, false);
	add_tools(request, plan);
	result = add_user_turn(request, &prompt, error);
	if (!result && plan->history)
		json_array_extend(json_object_get(request, "messages"), plan->history);
	if (!result)
		*ret_request = steal_pointer(&request);
	return result;
}

/* ---- turns ---- */

struct conversation {
	struct workbench bench;
	json_t *request;
	json_t *results; /* made here since the last completion */
	json_int_t turn;
};

static int complete(struct conversation *c, struct model_reply **ret_reply, struct error *error)
{
	CLEANUP(json_free) json_t *result = NULL;
	json_t *params = json_pack("{s:I, s:O, s:O}", "turn", ++c->turn, "request", c->request,
				   "results", c->results);
	int failed = rpc_call(c->bench.rpc, "complete", params, -1, &result, error);

	if (failed)
		return failed;
	json_array_clear(c->results);
	return model_reply_from_json(json_object_get(result, "reply"), ret_reply, error);
}

static int tell_done(struct conversation *c, const struct model_reply *reply, struct error *error)
{
	json_t *params = json_pack("{s:s, s:I}", "text", reply->text, "turns", c->turn);

	if (reply->call_count)
		json_object_set_new(params, "limit", json_string("turns"));
	if (json_array_size(c->results))
		json_object_set(params, "results", c->results);
	if (rpc_notify(c->bench.rpc, "done", params))
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	return rpc_flush(c->bench.rpc, error);
}

/* A session that goes on begins with its latest reply: those of its calls that have no result yet
 * are run. */
static int go_on(struct conversation *c, bool *ret_ended, struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	const struct plan *plan = c->bench.plan;
	int result;

	c->turn = (json_int_t)plan->turns_made;
	if (!plan->reply)
		return 0;
	result = model_reply_from_json(plan->reply, &reply, error);
	if (result)
		return result;
	model_request_add_reply(c->request, reply);
	result = tools_run(&c->bench, reply, c->request, c->results, error);
	*ret_ended = c->turn >= (json_int_t)plan->turns_max;
	return !result && *ret_ended ? tell_done(c, reply, error) : result;
}

/* One turn. *ret_ended: the model called nothing more, or may not any more. The calls of the last
 * turn that is allowed are still run: they were asked for and paid. */
static int take_turn(struct conversation *c, bool *ret_ended, struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	int result = complete(c, &reply, error);

	if (result)
		return result;
	model_request_add_reply(c->request, reply);
	result = tools_run(&c->bench, reply, c->request, c->results, error);
	if (result)
		return result;
	*ret_ended = !reply->call_count || c->turn >= (json_int_t)c->bench.plan->turns_max;
	return *ret_ended ? tell_done(c, reply, error) : 0;
}

int conversation_run(struct rpc *rpc, const struct plan *plan, const struct folders *folders,
		     struct error *error)
{
	CLEANUP(json_free) json_t *request = NULL;
	CLEANUP(json_free) json_t *results = json_array();
	struct conversation c = { .bench = { rpc, plan, folders }, .results = results };
	bool ended = false;
	int result = conversation_begin(plan, &request, error);

	c.request = request;
	if (!result)
		result = go_on(&c, &ended, error);
	while (!result && !ended)
		result = take_turn(&c, &ended, error);
	return result;
}
