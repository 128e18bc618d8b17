/* Whole sessions a second against the instant provider: spawn, a model call that remembers one
 * fact, a model call that ends, one durable commit. session_end is sent when that commit is
 * durable. */
#include "farm.h"
#include "served.h"

#include "base/alloc.h"
#include "base/clock.h"

#define AGENTS 200
#define AT_ONCE_MAX 16

/* Agents take turns, so that no memory grows long. */
static int run_next(struct served *served, size_t *turn, struct error *error)
{
	char agent[AGENT_NAME_SIZE];

	return served_run(served, farm_agent((*turn)++ % AGENTS, agent), error);
}

/* Runs `total` sessions, `at_once` at a time. */
static int run_sessions(struct served *served, size_t *turn, size_t at_once, size_t total,
			double *ret_per_second, struct error *error)
{
	int64_t begin = clock_monotonic_us();
	size_t started = 0, ended = 0;
	int result = 0;

	for (; !result && started < at_once; started++)
		result = run_next(served, turn, error);
	for (; !result && ended < total; ended++) {
		result = served_await_end(served, NULL, error);
		if (!result && started < total) {
			result = run_next(served, turn, error);
			started++;
		}
	}
	*ret_per_second = (double)total * 1e6 / (double)(clock_monotonic_us() - begin);
	return result;
}

static int measure_width(struct bench *bench, struct served *served, size_t at_once, double target,
			 struct error *error)
{
	_free_ char *name = xasprintf("whole sessions, %zu at a time", at_once);
	size_t total = at_once > 1 ? runs_of(bench, 160, 320) : runs_of(bench, 60, 150), turn = 0;
	struct series series = { .count = 0 };
	double per_second;
	int result = run_sessions(served, &turn, at_once, at_once, &per_second, error); /* warm */

	for (size_t i = runs_of(bench, 3, 5); !result && i; i--) {
		result = run_sessions(served, &turn, at_once, total, &per_second, error);
		if (!result)
			series_add(&series, per_second);
	}
	if (!result)
		report_add(
			bench->report,
			&(struct row){ name, "1/s", GOAL_AT_LEAST, target, "2 model calls each" },
			&series);
	return result;
}

static int run(struct bench *bench, struct error *error)
{
	CLEANUP(served_stop) struct served *served = NULL;
	struct farm *farm;
	int result = farm_get(bench, AGENTS, &farm, error);

	if (!result)
		result = served_start(bench, farm, &served, error);
	if (!result)
		result = measure_width(bench, served, 1, 80, error);
	return result ? result : measure_width(bench, served, AT_ONCE_MAX, 200, error);
}

const struct measure measure_sessions = {
	.name = "sessions",
	.text = "whole sessions a second, 1 and 16 at a time",
	.run = run,
};
