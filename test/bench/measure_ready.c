/* From posix_spawn of agentd to READY=1. The first start makes a repository per agent behind it. */
#include "farm.h"
#include "served.h"

#include "base/alloc.h"

static int measure_size(struct bench *bench, size_t agents, double target_ms, struct error *error)
{
	_free_ char *ready = xasprintf("ready with %zu agents", agents);
	_free_ char *first = xasprintf("first start with %zu agents: ready", agents);
	_free_ char *repositories = xasprintf("first start with %zu: all repositories", agents);
	struct series series = { .count = 0 };
	struct farm *farm;
	int result = farm_get(bench, agents, &farm, error);

	for (size_t i = runs_of(bench, 7, 15); !result && i; i--) {
		CLEANUP(served_stop) struct served *served = NULL;

		result = served_start(bench, farm, &served, error);
		if (!result)
			series_add(&series, served_ready_ms(served));
	}
	if (result)
		return result;
	report_add(bench->report, &(struct row){ ready, "ms", GOAL_AT_MOST, target_ms, NULL },
		   &series);
	report_add_one(bench->report, &(struct row){ .name = first, .unit = "ms" },
		       farm->first_ready_ms);
	report_add_one(bench->report, &(struct row){ .name = repositories, .unit = "ms" },
		       farm->repositories_ms);
	return 0;
}

static int run(struct bench *bench, struct error *error)
{
	int result = measure_size(bench, 1, 20, error);

	if (!result)
		result = measure_size(bench, 200, 60, error);
	if (!result && !bench->quick)
		result = measure_size(bench, 2000, 500, error);
	return result;
}

const struct measure measure_ready = {
	.name = "ready",
	.text = "exec to ready, with a warm page cache",
	.run = run,
};
