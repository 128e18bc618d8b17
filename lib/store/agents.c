#include "database.h"

static const char put_agent[] = "INSERT OR REPLACE INTO agent VALUES(?,?,?)";
static const char all_agents[] = "SELECT * FROM agent ORDER BY agent";

int store_agent_put(struct store *store, const struct agent_state *state, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_agent, error);
	query_text(&q, state->agent);
	query_int(&q, state->paused);
	query_text(&q, state->reason);
	return query_run(&q);
}

int store_agents(struct store *store, store_agent_visit visit, void *context, struct error *error)
{
	struct agent_state state;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_agents, error);
	while (!visited && (r = query_next(&q)) > 0) {
		state.agent = column_text(&q);
		state.paused = column_int(&q) != 0;
		state.reason = column_text(&q);
		visited = visit(context, &state);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
