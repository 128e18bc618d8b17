#include "why.h"

#include "words.h"

#include "budget/budget.h"

#include <stdio.h>

int64_t why_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

char *why_time(const json_t *object, const char *key, const struct zone *zone,
	       char out[PLACE_TIME_SIZE])
{
	size_t used;
	int64_t at;

	out[0] = '\0';
	if (instant_parse(span_of(json_text(object, key)), &at))
		return out;
	used = strlen(place_time(zone, at, out));
	snprintf(out + used, PLACE_TIME_SIZE - used, ":%02d", (int)(at % 60));
	return out;
}

json_t *why_instant(int64_t at)
{
	char text[INSTANT_SIZE];

	return at ? json_string(instant_print(at, text)) : json_null();
}

json_t *why_string(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

/* ---- parked work ---- */

json_t *why_parked(const struct parked_row *row)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "session", row->session, "agent",
			 row->agent, "why", row->why, "layer", why_string(row->layer), "reason",
			 why_string(row->reason), "since", why_instant(row->since), "until",
			 why_instant(row->until));
}

/* The key of agentd.yaml that a limit is set by ("agent day", "session"); a layer that is not known
 * is named as it is. */
static const char *limit_key(const char *text)
{
	for (enum budget_layer layer = 0; layer < LAYERS; layer++) {
		const char *scope = budget_scope_name(layer), *window = budget_window_name(layer);
		_free_ char *both = xasprintf("%s %s", scope, window);

		if (!strcmp(both, text) || (!strcmp(scope, window) && !strcmp(scope, text)))
			return budget_limit_key(layer);
	}
	return text;
}

void why_parked_print(const json_t *parked, const struct zone *zone)
{
	char since[PLACE_TIME_SIZE], until[PLACE_TIME_SIZE];
	const char *why = json_text(parked, "why");

	printf("parked since %s", why_time(parked, "since", zone, since));
	why_time(parked, "until", zone, until);
	if (!strcmp(why, "budget") && *until)
		printf(" by %s; goes on at %s or when it is raised\n",
		       limit_key(json_text(parked, "layer")), until);
	else if (!strcmp(why, "budget"))
		printf(" by %s; goes on when it is raised, or with `agentctl resume %s`\n",
		       limit_key(json_text(parked, "layer")), json_text(parked, "agent"));
	else if (!strcmp(why, "question"))
		printf(" by a question; goes on with `agentctl answer %s done` or `undone`\n",
		       json_text(parked, "session"));
	else
		printf(" by %s; goes on with `agentctl resume %s`\n",
		       !strcmp(why, "pause") ? "a pause of its agent" : "its own breaker",
		       json_text(parked, "agent"));
}

/* ---- the command ---- */

static bool is_agent(const struct workspace *workspace, const char *name)
{
	_free_ char *path = xasprintf("agents/%s", name);
	struct stat st;

	return agent_name_valid(span_of(name)) && !file_stat(workspace->dir, path, &st, NULL);
}

static int show(const struct invocation *invocation, const struct workspace *workspace,
		struct store *store, struct error *error)
{
	const char *what = invocation->operands[0];
	bool agent = is_agent(workspace, what);
	json_t *why;
	int result = agent ? why_agent(workspace, store, what, &why, error)
			   : why_session(workspace, store, what, &why, error);

	if (result)
		return result;
	if (invocation->json) {
		print_json(why);
		return 0;
	}
	words_localise(why, workspace->zone);
	if (agent)
		why_agent_print(why, workspace->zone);
	else
		why_session_print(why, workspace->zone);
	json_decref(why);
	return 0;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	struct error error;
	int result = place_open(invocation, &workspace, NULL, &error);

	if (!result)
		result = place_store(workspace, &store, &error);
	if (!result)
		result = show(invocation, workspace, store, &error);
	return result ? fail(&error) : STATUS_DONE;
}

const struct command command_why = {
	.name = "why",
	.operands = "NAME/SESSION",
	.text = "tell why a session went as it did, or why an agent did or did not run",
	.more = "A session is named by its id or the beginning of it (4 characters or more): what started\n"
		"it, each model call with its attempts and what followed from a failure, its tools, its cost\n"
		"in every layer, how it ended. Of an agent: its latest slots, what is parked, open incidents\n"
		"and breakers, and what comes next. Works without a daemon.",
	.least = 1,
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.run = run,
};
