#include "place.h"

#include <stdio.h>

static int pause_or_resume(const struct invocation *invocation, const char *verb, const char *said)
{
	CLEANUP(connection_close) struct connection *connection = NULL;
	bool all = invocation_option(invocation, "all") != NULL;
	const char *unwritten;
	json_t *names = json_array(), *answer, *name;
	struct error error;
	size_t index;
	int result;

	for (unsigned i = 0; i < invocation->count; i++)
		json_array_append_new(names, json_string(invocation->operands[i]));
	if (all == (invocation->count > 0)) {
		json_decref(names);
		return wrong_use(invocation, "name the agents, or --all");
	}
	result = connection_open(invocation, NULL, NULL, &connection, &error);
	if (result)
		json_decref(names);
	else
		result = rpc_call(connection->rpc, verb,
				  json_pack("{s:o,s:b}", "agents", names, "all", (int)all), 10000,
				  &answer, &error);
	if (result)
		return fail(&error);
	json_array_foreach(json_object_get(answer, "agents"), index, name)
		printf("%s is %s\n", json_string_value(name), said);
	unwritten = json_string_value(json_object_get(answer, "unwritten"));
	if (unwritten)
		fprintf(stderr,
			"agentctl: in force now, and kept over a restart as soon as it can be "
			"written: %s\n",
			unwritten);
	json_decref(answer);
	return STATUS_DONE;
}

static int run_pause(const struct invocation *invocation)
{
	return pause_or_resume(invocation, "pause", "paused");
}

static int run_resume(const struct invocation *invocation)
{
	return pause_or_resume(invocation, "resume", "resumed");
}

const struct command command_pause = {
	.name = "pause",
	.operands = "[NAME…]",
	.text = "stop agents from waking; survives restarts",
	.more = "A session that runs parks at its next step. `run` works on a paused agent.",
	.most = COMMAND_OPERANDS_MAX,
	.completes_agents = true,
	.options = { { "all", 0, NULL, "all agents" } },
	.run = run_pause,
};

const struct command command_resume = {
	.name = "resume",
	.operands = "[NAME…]",
	.text = "let paused agents wake again",
	.more = "Sessions that were parked by a pause, or for going in circles, start again. Providers that rest "
		"after failures are asked again at once.",
	.most = COMMAND_OPERANDS_MAX,
	.completes_agents = true,
	.options = { { "all", 0, NULL, "all agents" } },
	.run = run_resume,
};
