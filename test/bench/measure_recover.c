/* From exec to the moment at which all that a killed daemon left open is under way again: 1,000
 * sessions of 100 agents, each in the queue of the next daemon or at work; and to when all are
 * done, which the machine's processors decide. */
#include "events.h"
#include "journal.h"
#include "served.h"

#include "base/clock.h"

#define AGENTS 100
#define SESSIONS 1000
#define STEP_US 500
#define RECOVER_WAIT_MS 60000

struct times {
	struct series ready, recovered, done;
};

static double since_ms(int64_t begin)
{
	return (double)(clock_monotonic_us() - begin) / 1000;
}

/* Waits until those that are open and those that have ended are all. */
static int await_all(struct served *served, struct events *events, struct error *error)
{
	int64_t until = clock_monotonic_ms() + RECOVER_WAIT_MS, open = 0;
	size_t ended = 0, more;
	int result;

	for (;;) {
		result = served_status(served, "sessions_open", &open, error);
		if (!result)
			result = events_count(events, "session_end", &more, error);
		if (result)
			return result;
		ended += more;
		if ((size_t)open + ended >= SESSIONS)
			return 0;
		if (clock_monotonic_ms() > until)
			return error_set(error, ERROR_TIMEOUT,
					 "%d sessions are open and %zu have ended of %d", (int)open,
					 ended, SESSIONS);
		pause_us(STEP_US);
	}
}

static int await_none(struct served *served, struct error *error)
{
	int64_t open = 1;
	int result = 0;

	while (!result && open) {
		pause_us(20 * STEP_US);
		result = served_status(served, "sessions_open", &open, error);
	}
	return result;
}

static int recover_once(struct bench *bench, struct farm *farm, bool wait, struct times *times,
			struct error *error)
{
	CLEANUP(served_stop) struct served *served = NULL;
	CLEANUP(events_close) struct events *events = NULL;
	int64_t begin;
	int result = journal_reset(farm, error);

	if (!result)
		result = events_open(farm, false, &events, error);
	begin = clock_monotonic_us();
	if (!result)
		result = served_start(bench, farm, &served, error);
	if (result)
		return result;
	series_add(&times->ready, served_ready_ms(served));
	result = await_all(served, events, error);
	if (result)
		return result;
	series_add(&times->recovered, since_ms(begin));
	if (wait)
		result = await_none(served, error);
	if (!result && wait)
		series_add(&times->done, since_ms(begin));
	served_kill(steal_pointer(&served));
	return result;
}

static int run(struct bench *bench, struct error *error)
{
	static const struct row ready = { .name = "1,000 open sessions: ready", .unit = "ms" };
	static const struct row recovered = { "1,000 open sessions: all recovered", "ms",
					      GOAL_AT_MOST, 2000, "100 agents" };
	static const struct row done = { .name = "1,000 open sessions: all done", .unit = "ms" };
	struct times times = { .ready = { .count = 0 } };
	struct farm *farm;
	size_t runs = runs_of(bench, 3, 7);
	int result = farm_get(bench, AGENTS, &farm, error);

	if (!result)
		result = journal_fill(bench, farm, SESSIONS, error);
	for (size_t i = 0; !result && i < runs; i++)
		result = recover_once(bench, farm, !i && !bench->quick, &times, error);
	if (result)
		return result;
	report_add(bench->report, &ready, &times.ready);
	report_add(bench->report, &recovered, &times.recovered);
	if (times.done.count)
		report_add(bench->report, &done, &times.done);
	return 0;
}

const struct measure measure_recover = {
	.name = "recover",
	.text = "100 agents with 1,000 open sessions",
	.run = run,
};
