/* From the rename of a saved HEARTBEAT.md to the `reload` line of the log. */
#include "events.h"
#include "farm.h"
#include "served.h"

#include "base/clock.h"

#define RELOAD_WAIT_MS 10000

static int save_once(const struct farm *farm, struct events *events, size_t index, double *ret_ms,
		     struct error *error)
{
	char name[AGENT_NAME_SIZE];
	_free_ char *path = xasprintf("agents/%s/HEARTBEAT.md", farm_agent(100 + index, name));
	_free_ char *text = xasprintf(
		"## Daily (09:00)\n\n- Note one measurement\n- Say that you are"
		" done\n\n## Every 2 hours\n\n- Note hour %zu\n",
		index);
	int64_t begin;
	int result = farm_save(farm, path, text, error);

	begin = clock_monotonic_us();
	if (!result)
		result = events_await(events, "reload", 1, RELOAD_WAIT_MS, error);
	*ret_ms = (double)(clock_monotonic_us() - begin) / 1000;
	return result;
}

static int run(struct bench *bench, struct error *error)
{
	static const struct row row = { .name = "save to reload, 200 agents",
					.unit = "ms",
					.note = "50 ms of it are the debounce" };
	CLEANUP(served_stop) struct served *served = NULL;
	CLEANUP(events_close) struct events *events = NULL;
	struct series series = { .count = 0 };
	struct farm *farm;
	double ms;
	int result = farm_get(bench, 200, &farm, error);

	if (!result)
		result = served_start(bench, farm, &served, error);
	if (!result)
		result = events_open(farm, false, &events, error);
	for (size_t i = runs_of(bench, 10, 40); !result && i; i--) {
		result = save_once(farm, events, i, &ms, error);
		if (!result)
			series_add(&series, ms);
	}
	if (!result)
		report_add(bench->report, &row, &series);
	return result;
}

const struct measure measure_reload = {
	.name = "reload",
	.text = "a save to the changed schedule",
	.run = run,
};
