/* What going on needs of state.db: the journals of a work's sessions, read on the store's thread.
 */
#include "journal.h"
#include "session_history.h"

#include "base/clock.h"

/* Sessions of one work that are read; older ones are left out. Work that waits for an hour's money
 * may be parked each hour, for more than a year. */
#define PARKED_BEFORE_MAX 10000

/* A session, and whether a person let it begin afresh on the work of the one before it. */
struct link_of_chain {
	char id[27];
	bool afresh;
};

/* One question, and the answer when it is done. */
struct reading {
	struct daemon *daemon;
	char session[27];
	bool own;
	struct session_history history;
	struct budget_hold spent;
	int64_t at_ms, again;
	journal_history_done done;
	void *context;

	struct link_of_chain *chain; /* newest first */
	size_t count, capacity;
	char before[27]; /* whose work the last of them went on with; "": nobody's */
};

static int sum_call(void *context, const struct call_row *row)
{
	struct reading *reading = context;

	reading->spent.micro_usd += row->micro_usd;
	reading->spent.tokens += row->tokens;
	snprintf(reading->history.model, sizeof(reading->history.model), "%s", row->model);
	return 0;
}

/* The first session's objective is that of all. */
static int look_at_row(void *context, const struct session_row *row)
{
	struct reading *reading = context;
	json_t *plan = json_loads(row->plan, 0, NULL);
	const json_t *wish = json_object_get(plan, "wish");
	const char *before = json_string_value(json_object_get(wish, "again"));
	json_t *objective = json_object_get(wish, "objective");

	if (reading->count == 1)
		snprintf(reading->history.model, sizeof(reading->history.model), "%s", row->model);
	reading->history.began_ms = row->started;
	snprintf(reading->before, sizeof(reading->before), "%s", before ? before : "");
	reading->chain[reading->count - 1].afresh = json_is_true(json_object_get(wish, "afresh"));
	if (objective) {
		json_decref(reading->history.objective);
		reading->history.objective = json_incref(objective);
	}
	json_decref(plan);
	return 0;
}

/* From the newest to the one that was begun first. One that has left state.db is passed over. */
static int find_chain(struct store *store, struct reading *reading, struct error *error)
{
	int result = 0;

	snprintf(reading->before, sizeof(reading->before), "%s", reading->session);
	while (!result && *reading->before &&
	       !array_grow((void **)&reading->chain, reading->count, &reading->capacity,
			   sizeof(*reading->chain), PARKED_BEFORE_MAX)) {
		struct link_of_chain *link = &reading->chain[reading->count++];

		link->afresh = false;
		memcpy(link->id, reading->before, sizeof(link->id));
		*reading->before = '\0';
		result = store_sessions_named(store, link->id, 1, look_at_row, reading, error);
	}
	return result;
}

static int read_steps(struct store *store, struct reading *reading, struct error *error)
{
	int result = 0;

	for (size_t i = reading->count; !result && i-- > 0;) {
		const struct link_of_chain *link = &reading->chain[i];
		int64_t before = reading->spent.micro_usd;

		if (i + 1 < reading->count)
			session_history_next(&reading->history, link->afresh);
		result = store_steps(store, link->id, session_history_take, &reading->history,
				     error);
		if (!result)
			result = store_calls(store, link->id, NULL, 0, sum_call, reading, error);
		reading->history.cost_micro_usd = reading->spent.micro_usd - before;
	}
	return result;
}

static int work_go_on(struct store *store, void *context, struct error *error)
{
	struct reading *reading = context;
	struct death_count deaths = { 0 };
	int result = 0;

	session_history_clear(&reading->history); /* a work may run again */
	session_history_begin(&reading->history);
	reading->spent = (struct budget_hold){ 0 };
	reading->count = 0;
	if (reading->own)
		result = store_session_resume(store, reading->session, reading->daemon->epoch,
					      reading->at_ms, &reading->again, error);
	if (!result)
		result = find_chain(store, reading, error);
	if (!result)
		result = read_steps(store, reading, error);
	if (!result && reading->own)
		result = store_death_count(store, reading->session, &deaths, error);
	reading->history.ooms = deaths.ooms;
	reading->history.oom_seq = deaths.oom_seq;
	return result;
}

static void gone_on(void *context, int result, const struct error *error)
{
	struct reading *reading = context;

	reading->done(reading->context, &reading->history, reading->again, &reading->spent,
		      result ? error : NULL);
	session_history_clear(&reading->history);
	free(reading->chain);
	free(reading);
}

void journal_go_on(struct daemon *daemon, const char *session, bool own, journal_history_done done,
		   void *context)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));
	struct error error;

	reading->daemon = daemon;
	reading->at_ms = clock_wall_ms();
	reading->own = own;
	reading->done = done;
	reading->context = context;
	snprintf(reading->session, sizeof(reading->session), "%s", session);
	if (!store_submit(daemon->writer, work_go_on, gone_on, reading))
		return;
	error_set(&error, ERROR_TOO_LARGE, "too much waits to be written to state.db");
	gone_on(reading, -(int)ERROR_TOO_LARGE, &error);
}
