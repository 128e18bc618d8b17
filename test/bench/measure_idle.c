/* What a daemon with nothing to do holds and does. In full: after a session, when gateway and
 * history have left (they rest for a minute first); quick: agentd as it is after its start. */
#include "farm.h"
#include "processes.h"
#include "served.h"

#include "base/alloc.h"
#include "base/clock.h"

#define LEAVE_WAIT_MS 90000
#define LEAVE_STEP_US 100000

static int await_alone(pid_t pid, struct error *error)
{
	int64_t until = clock_monotonic_ms() + LEAVE_WAIT_MS;

	while (children_count(pid)) {
		if (clock_monotonic_ms() > until)
			return error_set(error, ERROR_TIMEOUT,
					 "gateway and history are still there after %d s",
					 LEAVE_WAIT_MS / 1000);
		pause_us(LEAVE_STEP_US);
	}
	return 0;
}

static int come_to_rest(struct bench *bench, struct served *served, struct error *error)
{
	char agent[AGENT_NAME_SIZE];
	int result = 0;

	if (!bench->quick)
		result = served_run(served, farm_agent(0, agent), error);
	if (!result && !bench->quick)
		result = served_await_end(served, NULL, error);
	if (!result)
		result = await_alone(served_pid(served), error);
	pause_us(bench->quick ? 300000 : 2000000);
	return result;
}

static void add_rows(struct bench *bench, size_t agents, const struct usage *before,
		     const struct usage *after, int seconds)
{
	_free_ char *memory = xasprintf("idle with %zu agents: PSS", agents);
	_free_ char *wakeups = xasprintf("idle with %zu agents: wake-ups in %d s", agents, seconds);
	_free_ char *cpu = xasprintf("idle with %zu agents: CPU in %d s", agents, seconds);
	const char *note = bench->quick ? "agentd after its start"
					: "all processes, after a session";
	struct row row = { .name = memory, .unit = "MiB", .note = note };

	if (agents == 200)
		row.goal = GOAL_AT_MOST, row.target = 8;
	report_add_one(bench->report, &row, after->pss_kib / 1024);
	report_add_one(bench->report, &(struct row){ wakeups, "n", GOAL_AT_MOST, 0, NULL },
		       after->wakeups - before->wakeups);
	report_add_one(bench->report, &(struct row){ .name = cpu, .unit = "ms" },
		       after->cpu_ms - before->cpu_ms);
}

static int measure_size(struct bench *bench, size_t agents, double *ret_pss_kib,
			struct error *error)
{
	CLEANUP(served_stop) struct served *served = NULL;
	int seconds = bench->quick ? 2 : 10;
	struct usage before = { 0 }, after = { 0 };
	struct farm *farm;
	int result = farm_get(bench, agents, &farm, error);

	if (!result)
		result = served_start(bench, farm, &served, error);
	if (!result)
		result = come_to_rest(bench, served, error);
	if (!result)
		result = usage_read(served_pid(served), &before, error);
	if (!result) {
		pause_us(seconds * 1000000L);
		result = usage_read(served_pid(served), &after, error);
	}
	if (result)
		return result;
	add_rows(bench, agents, &before, &after, seconds);
	*ret_pss_kib = after.pss_kib;
	return 0;
}

static int run(struct bench *bench, struct error *error)
{
	static const struct row further = { "a further agent: PSS", "KiB", GOAL_AT_MOST, 4,
					    "(2,000 agents - 200 agents) / 1,800" };
	double one, few, many;
	int result = measure_size(bench, 1, &one, error);

	if (!result)
		result = measure_size(bench, 200, &few, error);
	if (result || bench->quick)
		return result;
	result = measure_size(bench, 2000, &many, error);
	if (!result)
		report_add_one(bench->report, &further, (many - few) / 1800);
	return result;
}

const struct measure measure_idle = {
	.name = "idle",
	.text = "memory, wake-ups and CPU while nothing is due",
	.run = run,
};
