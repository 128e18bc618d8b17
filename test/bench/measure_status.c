/* Wall time of `agentctl status`, from posix_spawn to its end. */
#include "farm.h"
#include "served.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#include <unistd.h>

static int call_status(struct bench *bench, const struct farm *farm, double *ret_ms,
		       struct error *error)
{
	_free_ char *path = xasprintf("%s/bin/agentctl", bench->build);
	const char *const argv[] = { "agentctl", "-w", farm->path, "status", NULL };
	const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
	struct process_plan plan = { .path = path,
				     .argv = argv,
				     .environment = environment,
				     .fds = { { STDERR_FILENO, STDERR_FILENO } },
				     .fd_count = 1,
				     .directory = -1 };
	struct process process;
	struct process_end end = { 0 };
	int64_t begin = clock_monotonic_us();
	int result = process_spawn(&plan, &process, error);

	if (!result)
		result = process_reap(&process, true, &end, error);
	if (!result && (end.code || end.signalled))
		result = error_set(error, ERROR_REMOTE, "agentctl status ended with %d", end.code);
	*ret_ms = (double)(clock_monotonic_us() - begin) / 1000;
	return result;
}

static int measure_size(struct bench *bench, size_t agents, struct error *error)
{
	_free_ char *name = xasprintf("agentctl status, %zu agents", agents);
	CLEANUP(served_stop) struct served *served = NULL;
	struct series series = { .count = 0 };
	struct farm *farm;
	double ms;
	int result = farm_get(bench, agents, &farm, error);

	if (!result)
		result = served_start(bench, farm, &served, error);
	for (size_t i = runs_of(bench, 20, 100); !result && i; i--) {
		result = call_status(bench, farm, &ms, error);
		if (!result)
			series_add(&series, ms);
	}
	if (!result)
		report_add(bench->report, &(struct row){ name, "ms", GOAL_AT_MOST, 5, NULL },
			   &series);
	return result;
}

static int run(struct bench *bench, struct error *error)
{
	int result = measure_size(bench, 1, error);

	return result ? result : measure_size(bench, 200, error);
}

const struct measure measure_status = {
	.name = "status",
	.text = "wall time of `agentctl status`",
	.run = run,
};
