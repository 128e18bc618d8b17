#include "allowance.h"
#include "place.h"

#include "base/clock.h"
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>

static json_t *section_json(const struct prompt_section *section)
{
	return json_pack("{s:s,s:s,s:b,s:s,s:b,s:I}", "name", section->name, "text", section->text,
			 "stable", (int)section->stable, "role", section->user ? "user" : "system",
			 "untrusted", (int)section->untrusted, "tokens",
			 (json_int_t)prompt_tokens(span_of(section->text)));
}

static bool is_allowed(const struct plan *plan, const char *tool)
{
	for (size_t i = 0; i < plan->tool_count; i++)
		if (!strcmp(plan->tools[i], tool))
			return true;
	return !plan->tools;
}

/* Of the tools as every request names them: their exact form is each provider's own. */
static int64_t tool_tokens(const struct plan *plan)
{
	json_t *request = model_request_new(0);
	_free_ char *text = NULL;
	size_t count;
	const struct tool *tools = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		if (is_allowed(plan, tools[i].name))
			model_request_add_tool(request, &tools[i]);
	text = json_dumps(json_object_get(request, "tools"), JSON_COMPACT);
	json_decref(request);
	return text ? prompt_tokens(span_of(text)) : 0;
}

/* Where the part ends that providers' prompt caches can hold. */
static void print_boundary(int64_t tokens)
{
	printf("──── cache boundary: all above, about %" PRId64
	       " tokens, stays the same between beats ────\n",
	       tokens);
}

static int print_sections(const struct prompt *prompt, const struct plan *plan, bool json)
{
	json_t *list = json_array();
	int64_t tokens = 0;
	bool stable = true;

	for (size_t i = 0; i < prompt->count; i++) {
		const struct prompt_section *section = &prompt->sections[i];
		int64_t own = prompt_tokens(span_of(section->text));

		json_array_append_new(list, section_json(section));
		if (json)
			continue;
		if (stable && !section->stable)
			print_boundary(tokens);
		tokens += own;
		stable = section->stable;
		printf("── %s (%s, about %" PRId64 " tokens)\n%s\n\n", section->name,
		       section->user ? "user" : "system", own, section->text);
	}
	if (!json)
		printf("── about %" PRId64 " tokens in all, and %" PRId64
		       " for the tools' schemas\n",
		       tokens, tool_tokens(plan));
	if (json)
		return print_json(list);
	json_decref(list);
	return STATUS_DONE;
}

/* What is asked for. */
struct asking {
	const char *agent;
	struct plan_request request;
	const struct heartbeat *heartbeat; /* NULL: none in particular */
	char *constitution; /* the last good one, for a file that is gone; NULL: none */
	char *budget;       /* the line on it; NULL: none */
};

static int choose(const struct invocation *invocation, const struct agent *agent,
		  struct asking *asking, struct error *error)
{
	const char *text = invocation_option(invocation, "heartbeat");
	const struct heartbeat *heartbeat;

	if (!text)
		return 0;
	heartbeat = heartbeats_find(&agent->beats, span_of(text));
	if (!heartbeat)
		return error_set(
			error, ERROR_NOT_FOUND,
			"agents/%s/HEARTBEAT.md has no section whose heading begins with or "
			"contains \"%s\"",
			agent->name, text);
	asking->heartbeat = heartbeat;
	asking->request.cause = CAUSE_HEARTBEAT;
	asking->request.key = heartbeat->key;
	asking->request.heading = heartbeat->heading;
	return 0;
}

/* ---- what only the daemon's own files know ---- */

static int take_last_run(void *context, const struct section *section)
{
	struct asking *asking = context;

	if (!strcmp(section->agent, asking->agent) && !strcmp(section->key, asking->request.key))
		asking->request.last_run = section->last_run;
	return 0;
}

static int ask_state(struct asking *asking, const struct workspace *workspace,
		     const struct agent *agent, struct error *error)
{
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(buffer_clear) struct buffer text = BUFFER(AGENT_FILE_MAX * 4); /* cleaned */
	_free_ char *last_good = xasprintf(".agentd/last-good/%s-CONSTITUTION.md", asking->agent);
	int result = place_store(workspace, &store, error);

	if (!result && store && asking->request.key)
		result = store_sections(store, take_last_run, asking, error);
	if (!result && !file_read(workspace->dir, last_good, &text, NULL, NULL))
		asking->constitution = buffer_steal(&text);
	if (!result)
		result = allowance_line(workspace, store, agent, asking->heartbeat, &asking->budget,
					error);
	return result;
}

static int print_prompt(const struct workspace *workspace, const struct agent *agent,
			struct asking *asking, bool json, struct error *error)
{
	CLEANUP(plan_free) struct plan *plan = NULL;
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	int result = workspace_plan(workspace, agent, &asking->request, asking->constitution, &plan,
				    error);

	if (!result) {
		plan->budget = steal_pointer(&asking->budget);
		result = plan_prompt(plan, &prompt, error);
	}
	return result ? fail(error) : print_sections(&prompt, plan, json);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(agent_free) struct agent *agent = NULL;
	struct asking asking = {
		.agent = invocation->operands[0],
		.request = { .session = "", .cause = CAUSE_MANUAL, .now = clock_wall_s() },
	};
	struct error error;
	int status, result;

	if (invocation_option(invocation, "heartbeat") && invocation_option(invocation, "message"))
		return wrong_use(invocation, "--heartbeat or --message, not both");
	result = place_open(invocation, &workspace, NULL, &error);
	asking.request.message = invocation_option(invocation, "message");
	if (asking.request.message)
		asking.request.cause = CAUSE_MESSAGE;
	if (!result)
		result = workspace_load(workspace, asking.agent, NULL, &agent, NULL, NULL, &error);
	if (!result)
		result = choose(invocation, agent, &asking, &error);
	if (!result)
		result = ask_state(&asking, workspace, agent, &error);
	status = result ? fail(&error)
			: print_prompt(workspace, agent, &asking, invocation->json, &error);
	free(asking.constitution);
	free(asking.budget);
	return status;
}

const struct command command_prompt = {
	.name = "prompt",
	.operands = "NAME",
	.text = "show the prompt that would be sent, with token estimates",
	.more = "The line marks where a provider's prompt cache ends. Works without a daemon.",
	.least = 1,
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "heartbeat", 'b', "TEXT", "the section of HEARTBEAT.md" },
		{ "message", 'm', "TEXT", "what a person would say" },
	},
	.run = run,
};
