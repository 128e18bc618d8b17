/* How late beats begin, by the slot that was planned and the session that was begun for it: 50
 * agents, every five seconds, beside three others: one whose session crashes at once, each time;
 * one that hangs and hears no signal; one that eats memory. A slot that got no session counts as
 * late by a whole interval. */
#include "farm.h"
#include "served.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/store.h"

#include <stdio.h>

#define AGENTS 50
#define INTERVAL_S 5
#define PROGRAM_MAX (256 * 1024 * 1024)

static const char heartbeat[] = "---\nwhen: always\n---\n## Every 5 seconds\n\n- Say hello\n";
static const char *const sick[] = { "sick-crash", "sick-hang", "sick-memory" };

/* ---- programs: those of the build, and a session that is not what it seems ---- */

static int copy_program(const char *from, int to, const char *name, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer whole = BUFFER(PROGRAM_MAX);
	_free_ char *folder = xstrndup(from, (size_t)(strrchr(from, '/') - from));
	_fd_ int dir = -1, fd = -1;
	int result = directory_open(folder, &dir, error);

	if (!result)
		result = file_read(dir, strrchr(from, '/') + 1, &whole, NULL, error);
	if (!result)
		result = file_create(to, name, 0755, &fd, error);
	return result ? result : fd_write_all(fd, buffer_span(&whole), error);
}

static int stage(const struct bench *bench, struct error *error)
{
	static const struct {
		const char *from, *to;
	} programs[] = {
		{ "bin/agentd", "stage/bin/agentd" },
		{ "libexec/agentd/version", "stage/libexec/agentd/version" },
		{ "libexec/agentd/agentd-gateway", "stage/libexec/agentd/agentd-gateway" },
		{ "libexec/agentd/agentd-history", "stage/libexec/agentd/agentd-history" },
		{ "libexec/agentd/agentd-session", "stage/libexec/agentd/agentd-session.real" },
		{ "test/bench/sick-session", "stage/libexec/agentd/agentd-session" },
	};
	int result = directory_make(bench->dir, "stage/bin", 0755, error);

	if (!result)
		result = directory_make(bench->dir, "stage/libexec/agentd", 0755, error);
	for (size_t i = 0; !result && i < ARRAY_LENGTH(programs); i++) {
		_free_ char *from = xasprintf("%s/%s", bench->build, programs[i].from);

		result = copy_program(from, bench->dir, programs[i].to, error);
	}
	return result;
}

/* ---- the workspace ---- */

static int give_beat(const struct farm *farm, const char *agent, struct error *error)
{
	_free_ char *path = xasprintf("agents/%s/HEARTBEAT.md", agent);

	return farm_save(farm, path, heartbeat, error);
}

static int add_sick(const struct farm *farm, const char *agent, struct error *error)
{
	_free_ char *folder = xasprintf("agents/%s", agent);
	_free_ char *soul = xasprintf("%s/SOUL.md", folder);
	int result = directory_make(farm->dir, folder, 0755, error);

	if (!result)
		result = farm_save(farm, soul, "You are not well.\n", error);
	return result ? result : give_beat(farm, agent, error);
}

static int prepare(struct bench *bench, struct farm **ret_farm, struct error *error)
{
	char agent[AGENT_NAME_SIZE];
	int result = stage(bench, error);

	if (!result)
		result = farm_get(bench, AGENTS, ret_farm, error);
	for (size_t i = 0; !result && i < AGENTS; i++)
		result = give_beat(*ret_farm, farm_agent(i, agent), error);
	for (size_t i = 0; !result && i < ARRAY_LENGTH(sick); i++)
		result = add_sick(*ret_farm, sick[i], error);
	return result;
}

/* ---- what state.db tells of it ---- */

struct reading {
	struct store *store;
	struct series late;
	int64_t started_ms;
	size_t missed;
};

static int note_start(void *context, const struct session_row *row)
{
	struct reading *reading = context;

	reading->started_ms = row->started;
	return 1;
}

static int note_slot(void *context, const struct slot *slot)
{
	struct reading *reading = context;
	int64_t late_ms = INTERVAL_S * 1000;

	for (size_t i = 0; i < ARRAY_LENGTH(sick); i++)
		if (!strcmp(slot->agent, sick[i]))
			return 0;
	reading->started_ms = 0;
	if (*slot->session)
		store_sessions_named(reading->store, slot->session, 1, note_start, reading, NULL);
	if (reading->started_ms)
		late_ms = reading->started_ms - slot->planned * 1000;
	else
		reading->missed++;
	series_add(&reading->late, (double)late_ms);
	return 0;
}

static int read_slots(const struct farm *farm, int64_t from, int64_t to, struct reading *reading,
		      struct error *error)
{
	_fd_ int state = -1;
	int result = directory_open_beneath(farm->dir, ".agentd", &state, error);

	if (!result)
		result = store_open(state, true, &reading->store, error);
	if (!result)
		result = store_slots(reading->store, NULL, from, to, SIZE_MAX, note_slot, reading,
				     error);
	store_close(steal_pointer(&reading->store));
	return result;
}

/* ---- the measure ---- */

static int serve(const struct bench *bench, const struct farm *farm, size_t seconds,
		 int64_t *ret_from, int64_t *ret_to, struct error *error)
{
	_free_ char *staged = xasprintf("%s/stage", bench->folder);
	CLEANUP(served_stop) struct served *served = NULL;
	struct bench other = *bench;
	int result;

	other.build = staged;
	result = served_start(&other, farm, &served, error);
	if (result)
		return result;
	*ret_from = clock_wall_s() + INTERVAL_S; /* the first one has starting behind it */
	pause_us((long)(seconds + INTERVAL_S) * 1000000);
	*ret_to = clock_wall_s() - 1; /* what is planned for now may be about to begin */
	return 0;
}

static int run(struct bench *bench, struct error *error)
{
	static const struct row each = { .name = "50 agents beside 3 sick ones: late by",
					 .unit = "ms" };
	static const struct row most = { "50 agents beside 3 sick ones: p99 late by", "ms",
					 GOAL_AT_MOST, 1000, NULL };
	static const struct row missed = { "50 agents beside 3 sick ones: missed", "beats",
					   GOAL_AT_MOST, 0, NULL };
	struct reading reading = { .missed = 0 };
	struct farm *farm;
	int64_t from, to;
	int result = prepare(bench, &farm, error);

	if (!result)
		result = serve(bench, farm, runs_of(bench, 20, 90), &from, &to, error);
	if (!result)
		result = read_slots(farm, from, to, &reading, error);
	if (!result && !reading.late.count)
		result = error_set(error, ERROR_NOT_FOUND, "no beat was due");
	if (result)
		return result;
	report_add(bench->report, &each, &reading.late);
	report_add_one(bench->report, &most, series_share(&reading.late, 0.99));
	report_add_one(bench->report, &missed, (double)reading.missed);
	return 0;
}

const struct measure measure_lateness = {
	.name = "lateness",
	.text = "beats on time, beside agents that crash, hang and eat memory",
	.run = run,
};
