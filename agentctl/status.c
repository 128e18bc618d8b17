#include "columns.h"
#include "figures.h"
#include "place.h"
#include "words.h"

#include <stdio.h>

static void at_of(const json_t *object, const struct zone *zone, char out[PLACE_TIME_SIZE])
{
	int64_t instant;

	out[0] = '\0';
	if (!instant_parse(span_of(json_text(object, "at")), &instant))
		place_time(zone, instant, out);
}

static void print_agent(struct columns *columns, const json_t *agent, const struct zone *zone)
{
	const json_t *next = json_object_get(agent, "next"), *last = json_object_get(agent, "last");
	json_int_t today = json_integer_value(json_object_get(agent, "today_micro_usd"));
	char next_at[PLACE_TIME_SIZE], last_at[PLACE_TIME_SIZE], spent[FIGURE_SIZE] = "";
	_free_ char *coming = NULL, *gone = NULL;

	at_of(next, zone, next_at);
	at_of(last, zone, last_at);
	if (today)
		figure_money(today, spent);
	coming = *next_at ? xasprintf("%s  %s", next_at, json_text(next, "heartbeat"))
			  : xstrdup("-");
	gone = *last_at ? xasprintf("%s  %s", last_at, json_text(last, "outcome")) : xstrdup("-");
	columns_row(columns, (const char *[]){ json_text(agent, "name"), json_text(agent, "state"),
					       coming, gone, spent });
}

/* Whether an open incident, which stands above, has said it. */
static bool is_told(const json_t *incidents, const char *reason)
{
	size_t index;
	json_t *one;

	json_array_foreach((json_t *)(uintptr_t)incidents, index, one)
		if (strstr(json_text(one, "text"), reason))
			return true;
	return false;
}

/* What parked or interrupted it before is of no account once it is at work again. */
static bool is_at_work(const json_t *agent)
{
	return !strcmp(json_text(agent, "state"), "running");
}

static void print_problems(const json_t *agent, const json_t *incidents)
{
	const char *reason = json_text(agent, "reason");
	const json_t *last = json_object_get(agent, "last");
	const char *last_reason = json_text(last, "reason");
	size_t index;
	json_t *one;

	if (*reason && !is_told(incidents, reason))
		printf("  %s: %s: %s\n", json_text(agent, "name"), json_text(agent, "state"),
		       reason);
	if (*last_reason && !is_at_work(agent) && !is_told(incidents, last_reason) &&
	    strcmp(reason, last_reason) != 0)
		printf("  %s: %s: %s\n", json_text(agent, "name"), json_text(last, "outcome"),
		       last_reason);
	json_array_foreach(json_object_get(agent, "problems"), index, one)
		printf("  %s:%d:%d: %s\n", json_text(one, "file"),
		       (int)json_integer_value(json_object_get(one, "line")),
		       (int)json_integer_value(json_object_get(one, "column")),
		       json_text(one, "message"));
}

static bool begins_with_name(const char *text, const char *agent)
{
	size_t length = strlen(agent);

	return !strncmp(text, agent, length) && (text[length] == ':' || text[length] == ' ');
}

/* What a person has to look at, before everything else. */
static void print_incidents(const json_t *incidents, const struct zone *zone)
{
	size_t index;
	json_t *one;

	json_array_foreach(incidents, index, one) {
		const char *since = json_text(one, "since"), *agent = json_text(one, "agent");
		char at[PLACE_TIME_SIZE] = "";
		int64_t instant;

		if (!instant_parse(span_of(since), &instant))
			place_time(zone, instant, at);
		if (*agent && !begins_with_name(json_text(one, "text"), agent))
			printf("! %s  %s: %s\n", at, agent, json_text(one, "text"));
		else
			printf("! %s  %s\n", at, json_text(one, "text"));
	}
	if (index)
		putchar('\n');
}

static void print_status(const json_t *answer, const struct zone *zone)
{
	const json_t *agents = json_object_get(answer, "agents");
	const json_t *incidents = json_object_get(answer, "incidents");
	struct columns columns = { .width = 5 };
	size_t index;
	json_t *agent;

	if (json_is_true(json_object_get(json_object_get(answer, "daemon"), "sandbox_off")))
		puts("sandbox: off — sessions have no walls");
	print_incidents(incidents, zone);
	columns_row(&columns, (const char *[]){ "AGENT", "STATE", "NEXT", "LAST", "TODAY" });
	json_array_foreach(agents, index, agent)
		print_agent(&columns, agent, zone);
	columns_print(&columns);
	json_array_foreach(agents, index, agent)
		print_problems(agent, incidents);
	if (!json_array_size(agents))
		puts("no agents yet; `agentctl new NAME` makes one");
}

/* ---- no daemon runs ---- */

struct open_sessions {
	char *agent; /* of the latest one */
	size_t count;
};

static int count_open(void *context, const struct session_row *row)
{
	struct open_sessions *open = context;

	if (!open->count++)
		open->agent = xstrdup(row->agent);
	return 0;
}

/* What is open is not lost. */
static void tell_open(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	struct open_sessions open = { 0 };
	struct error error;

	if (place_open(invocation, &workspace, NULL, &error) ||
	    place_store(workspace, &store, &error) || !store ||
	    store_sessions(store, NULL, true, SIZE_MAX, count_open, &open, &error))
		open.count = 0;
	if (open.count == 1)
		fprintf(stderr, "a session of %s is open and goes on then\n", open.agent);
	else if (open.count)
		fprintf(stderr, "%zu sessions are open and go on then\n", open.count);
	free(open.agent);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	CLEANUP(connection_close) struct connection *connection = NULL;
	json_t *answer, *params = json_object();
	struct error error;
	int result = connection_open(invocation, NULL, NULL, &connection, &error);

	if (invocation->count)
		json_object_set_new(params, "agent", json_string(invocation->operands[0]));
	if (result)
		json_decref(params);
	else
		result = rpc_call(connection->rpc, "status", params, 10000, &answer, &error);
	if (result) {
		int status = fail(&error);

		if (error.code == ERROR_CLOSED)
			tell_open(invocation);
		return status;
	}
	if (invocation->json)
		return print_json(answer);
	zone = place_zone(invocation);
	words_localise(answer, zone);
	print_status(answer, zone);
	json_decref(answer);
	return STATUS_DONE;
}

const struct command command_status = {
	.name = "status",
	.operands = "[NAME]",
	.text = "show agents, state and why, next beat, last result, spend today",
	.more = "What needs a person's attention comes first.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.run = run,
};
