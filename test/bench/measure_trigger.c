/* From a `run` sent over the control socket to the request at the provider, by the monotonic clock
 * of both. Cold: the first after the daemon's start, which starts the gateway too. */
#include "farm.h"
#include "served.h"
#include "server.h"

#include "base/clock.h"

static int trigger_once(struct bench *bench, struct served *served, size_t index,
			struct series *series, struct error *error)
{
	char agent[AGENT_NAME_SIZE];
	int64_t begin;
	json_t *request;
	int result;

	server_log_skip(bench->logged);
	begin = clock_monotonic_us();
	result = served_run(served, farm_agent(index, agent), error);
	if (!result)
		result = served_await_end(served, NULL, error);
	if (result)
		return result;
	request = server_log_next(bench->logged);
	if (!request)
		return error_set(error, ERROR_NOT_FOUND, "the provider logged no request");
	series_add(series,
		   (double)(json_integer_value(json_object_get(request, "monotonic_us")) - begin) /
			   1000);
	json_decref(request);
	return 0;
}

static int measure_cold(struct bench *bench, struct farm *farm, struct error *error)
{
	static const struct row row = { .name = "trigger to request, cold",
					.unit = "ms",
					.note = "first after the start" };
	struct series series = { .count = 0 };
	int result = 0;

	for (size_t i = runs_of(bench, 5, 20); !result && i; i--) {
		CLEANUP(served_stop) struct served *served = NULL;

		result = served_start(bench, farm, &served, error);
		if (!result)
			result = trigger_once(bench, served, i, &series, error);
	}
	if (!result)
		report_add(bench->report, &row, &series);
	return result;
}

static int measure_warm(struct bench *bench, struct farm *farm, struct error *error)
{
	static const struct row row = { "trigger to request, warm", "ms", GOAL_AT_MOST, 10, NULL };
	CLEANUP(served_stop) struct served *served = NULL;
	struct series series = { .count = 0 }, first = { .count = 0 };
	int result = served_start(bench, farm, &served, error);

	if (!result)
		result = trigger_once(bench, served, 0, &first, error);
	for (size_t i = runs_of(bench, 20, 50); !result && i; i--)
		result = trigger_once(bench, served, i, &series, error);
	if (!result)
		report_add(bench->report, &row, &series);
	return result;
}

static int run(struct bench *bench, struct error *error)
{
	struct farm *farm;
	int result = farm_get(bench, 200, &farm, error);

	if (!result)
		result = farm_use(farm, bench->logged, error);
	if (!result)
		result = measure_warm(bench, farm, error);
	if (!result)
		result = measure_cold(bench, farm, error);
	return result ? result : farm_use(farm, bench->plain, error);
}

const struct measure measure_trigger = {
	.name = "trigger",
	.text = "control socket to the provider",
	.run = run,
};
