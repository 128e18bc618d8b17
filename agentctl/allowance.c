#include "allowance.h"

#include "budget/budget.h"

#include "base/clock.h"

#include <stdio.h>

static bool is_accounted(const struct settings *settings, const struct agent *agent,
			 const struct heartbeat *heartbeat)
{
	const char *name = heartbeat && heartbeat->route ? heartbeat->route : agent->route;
	const struct route *route = settings_route(settings, name);
	const struct model_settings *model = route && route->count
						     ? settings_model(settings, route->models[0])
						     : NULL;
	const struct provider *provider = model ? settings_provider(settings, model->provider)
						: NULL;

	return provider && provider->kind != PROVIDER_REHEARSAL;
}

/* Of calls under way nothing is settled yet. */
static int recall(void *context, const struct call_sum *sum)
{
	struct budget_hold hold = {
		.hour = sum->hour,
		.day = sum->day,
		.micro_usd = sum->micro_usd - sum->reserved_micro_usd,
		.tokens = sum->tokens - sum->reserved_tokens,
		.work = WORK_BEAT,
	};

	snprintf(hold.agent, sizeof(hold.agent), "%s", sum->agent);
	budget_work_find(sum->work, &hold.work);
	budget_recall(context, &hold);
	return 0;
}

static int read_sums(const struct workspace *workspace, struct store *store, struct budget *budget,
		     struct error *error)
{
	struct windows_row row;
	struct budget_in_force in_force;
	int result = store_windows(store, &row, error);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	if (result)
		return result;
	in_force = (struct budget_in_force){ row.hour, row.day, row.hour_ms, row.day_ms };
	budget_restore_windows(budget, &in_force, workspace->zone, clock_wall_s(),
			       clock_monotonic_ms());
	return store_call_sums(store, budget_windows(budget)->day, recall, budget, error);
}

int allowance_line(const struct workspace *workspace, struct store *store,
		   const struct agent *agent, const struct heartbeat *heartbeat, char **ret_line,
		   struct error *error)
{
	CLEANUP(budget_free) struct budget *budget = budget_new();
	int result = 0;

	*ret_line = NULL;
	if (!is_accounted(workspace->settings, agent, heartbeat))
		return 0;
	budget_advance(budget, workspace->zone, clock_wall_s(), clock_monotonic_ms());
	if (store)
		result = read_sums(workspace, store, budget, error);
	if (!result)
		*ret_line = budget_line(budget, agent->name, &agent->limits);
	return result;
}
