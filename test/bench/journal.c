#include "journal.h"

#include "served.h"
#include "server.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/store.h"

#include <stdio.h>
#include <unistd.h>

#define STEPS_MAX 16
#define REQUEST_WAIT_MS 20000
#define STATE_MAX (512 * 1024 * 1024)
#define FILE_NAME ".agentd/state.db"
#define FILLED_NAME ".agentd/state.db.filled"

/* What the daemon wrote for the one session that was real. */
struct pattern {
	struct farm *farm;
	size_t count;
	struct session_row row;
	struct step steps[STEPS_MAX];
	size_t step_count;
	json_t *plan;
};

/* ---- one that is real ---- */

static const char script[] = "reply\n  call remember {\"text\":\"One measurement.\"}\n"
			     "default reply\n  text And\n  stall\n";

static int await_requests(struct server *server, size_t count, struct error *error)
{
	int64_t until = clock_monotonic_ms() + REQUEST_WAIT_MS;

	while (count) {
		json_t *request = server_log_next(server);

		if (request)
			count--;
		else if (clock_monotonic_ms() > until)
			return error_set(error, ERROR_TIMEOUT, "the provider was not asked");
		else
			pause_us(1000);
		json_decref(request);
	}
	return 0;
}

/* Killed when the answer to its tool call is asked for: the step before is durable then. */
static int make_one(struct bench *bench, struct farm *farm, struct error *error)
{
	struct server *server = NULL;
	struct served *served = NULL;
	char agent[AGENT_NAME_SIZE];
	int result = server_start_scripted(bench, script, &server, error);

	if (!result)
		result = farm_use(farm, server, error);
	if (!result)
		result = served_start(bench, farm, &served, error);
	if (!result)
		result = served_run(served, farm_agent(0, agent), error);
	if (!result)
		result = await_requests(server, 2, error);
	served_kill(served);
	server_stop(server);
	return result ? result : farm_use(farm, bench->plain, error);
}

/* ---- and those like it ---- */

static int keep_session(void *context, const struct session_row *row)
{
	struct pattern *pattern = context;

	pattern->row = *row;
	pattern->row.id = xstrdup(row->id);
	pattern->row.cause = xstrdup(row->cause);
	pattern->row.section = xstrdup(row->section);
	pattern->row.heading = xstrdup(row->heading);
	pattern->row.model = xstrdup(row->model);
	pattern->row.outcome = pattern->row.reason = pattern->row.text = "";
	pattern->plan = json_loads(row->plan, 0, NULL);
	return 1;
}

static int keep_step(void *context, const struct step *step)
{
	struct pattern *pattern = context;
	struct step *kept = &pattern->steps[pattern->step_count++];

	*kept = *step;
	kept->kind = xstrdup(step->kind);
	kept->effect = xstrdup(step->effect);
	kept->intent = xstrdup(step->intent);
	kept->result = step->result ? xstrdup(step->result) : NULL;
	return pattern->step_count == STEPS_MAX;
}

static int add_session(struct store *store, struct pattern *pattern, size_t index,
		       struct error *error)
{
	char id[ULID_SIZE], agent[AGENT_NAME_SIZE];
	struct session_row row = pattern->row;
	_free_ char *event = NULL, *plan = NULL;
	struct slot slot;
	int result;

	ulid_new(id);
	event = xasprintf("run:%s", id);
	json_object_set_new(json_object_get(pattern->plan, "wish"), "event", json_string(event));
	plan = json_dumps(pattern->plan, JSON_COMPACT);
	row.id = id;
	row.agent = farm_agent(index % pattern->farm->agents, agent);
	row.plan = plan;
	slot = (struct slot){ .agent = agent,
			      .section = row.section,
			      .heading = row.heading,
			      .planned = row.started / 1000,
			      .event = event,
			      .state = SLOT_RUNNING,
			      .session = id,
			      .recorded = row.started / 1000 };
	result = store_session_begin(store, &row, error);
	if (!result)
		result = store_slot_insert(store, &slot, error);
	for (size_t i = 0; !result && i < pattern->step_count; i++) {
		struct step step = pattern->steps[i];

		step.session = id;
		result = store_step_intent(store, &step, error);
	}
	return result;
}

static int add_all(struct store *store, void *context, struct error *error)
{
	struct pattern *pattern = context;
	int result = 0;

	for (size_t i = 1; !result && i < pattern->count; i++)
		result = add_session(store, pattern, i, error);
	return result;
}

static void pattern_clear(struct pattern *pattern)
{
	free((char *)(uintptr_t)pattern->row.id);
	free((char *)(uintptr_t)pattern->row.cause);
	free((char *)(uintptr_t)pattern->row.section);
	free((char *)(uintptr_t)pattern->row.heading);
	free((char *)(uintptr_t)pattern->row.model);
	for (size_t i = 0; i < pattern->step_count; i++) {
		free((char *)(uintptr_t)pattern->steps[i].kind);
		free((char *)(uintptr_t)pattern->steps[i].effect);
		free((char *)(uintptr_t)pattern->steps[i].intent);
		free((char *)(uintptr_t)pattern->steps[i].result);
	}
	json_decref(pattern->plan);
}

CLEANUP_DEFINE_VALUE(struct pattern, pattern_clear)

static int read_pattern(struct store *store, struct pattern *pattern, struct error *error)
{
	int result = store_sessions(store, NULL, true, 2, keep_session, pattern, error);

	if (result < 0)
		return result;
	if (!pattern->row.id)
		return error_set(error, ERROR_NOT_FOUND, "the kill left no session open");
	result = store_steps(store, pattern->row.id, keep_step, pattern, error);
	if (result)
		return result < 0 ? result : error_set(error, ERROR_TOO_LARGE, "too many steps");
	if (!pattern->plan || pattern->step_count < 3)
		return error_set(error, ERROR_NOT_FOUND, "the session had %zu steps only",
				 pattern->step_count);
	return 0;
}

/* ---- the file ---- */

static int copy(const struct farm *farm, const char *from, const char *to, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer whole = BUFFER(STATE_MAX);
	_fd_ int fd = -1;
	int result = file_read(farm->dir, from, &whole, NULL, error);

	file_unlink(farm->dir, to, NULL);
	if (!result)
		result = file_create(farm->dir, to, 0600, &fd, error);
	return result ? result : fd_write_all(fd, buffer_span(&whole), error);
}

/* With its log, in which all is that came after the kill. */
static int copy_with_log(const struct farm *farm, const char *from, const char *to,
			 struct error *error)
{
	_free_ char *log = xasprintf("%s-wal", from), *log_to = xasprintf("%s-wal", to);
	int result = copy(farm, from, to, error);

	return result ? result : copy(farm, log, log_to, error);
}

int journal_reset(const struct farm *farm, struct error *error)
{
	file_unlink(farm->dir, FILE_NAME "-shm", NULL);
	return copy_with_log(farm, FILLED_NAME, FILE_NAME, error);
}

static int fill(struct farm *farm, size_t count, struct error *error)
{
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(pattern_clear) struct pattern pattern = { .farm = farm, .count = count };
	_fd_ int state = -1;
	int result = directory_open_beneath(farm->dir, ".agentd", &state, error);

	if (!result)
		result = store_open(state, false, &store, error);
	if (!result)
		result = read_pattern(store, &pattern, error);
	if (!result)
		result = store_together(store, add_all, &pattern, error);
	return result;
}

int journal_fill(struct bench *bench, struct farm *farm, size_t count, struct error *error)
{
	int result = make_one(bench, farm, error);

	if (!result)
		result = fill(farm, count, error);
	if (!result)
		result = copy_with_log(farm, FILE_NAME, FILLED_NAME, error);
	return result ? error_prefix(error, "the journal: ") : 0;
}
