#include "database.h"

#define COLUMNS                                                                                    \
	"id, agent, cause, section, heading, model, outcome, reason, text, plan, started, ended, " \
	"turns, input_tokens, output_tokens, cost_micro_usd, epoch"

static const char insert_session[] = "INSERT INTO session(" COLUMNS
				     ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

int store_session_begin(struct store *store, const struct session_row *row, struct error *error)
{
	const char *const texts[] = {
		row->id,    row->agent,   row->cause,  row->section, row->heading,
		row->model, row->outcome, row->reason, row->text,    row->plan,
	};
	const int64_t numbers[] = {
		row->started,       row->ended,          row->turns, row->input_tokens,
		row->output_tokens, row->cost_micro_usd, row->epoch,
	};
	struct query q;
	int r;

	query_begin(&q, store, insert_session, error);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		query_text(&q, texts[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
		query_int(&q, numbers[i]);
	r = query_run(&q);
	if (r == -(int)ERROR_EXISTS)
		return error_set(error, ERROR_EXISTS, "session %s has begun already", row->id);
	return r;
}

static const char end_session[] =
	"UPDATE session SET outcome = ?3, reason = ?4, text = ?5, ended = ?6, turns = ?7,"
	" input_tokens = ?8, output_tokens = ?9, cost_micro_usd = ?10, epoch = max(epoch, ?2),"
	" model = iif(?11 = '', model, ?11), plan = iif(?12 = '', plan, ?12)"
	" WHERE id = ?1 AND ended = 0 AND (?2 = 0 OR epoch <= ?2)";
static const char is_there[] = "SELECT 1 FROM session WHERE id = ?";

static int not_ended(struct store *store, const char *id, struct error *error)
{
	int64_t there = 0;
	struct query q;
	int r;

	query_begin(&q, store, is_there, error);
	query_text(&q, id);
	r = query_value(&q, &there);
	if (r)
		return r;
	if (!there)
		return error_set(error, ERROR_NOT_FOUND, "there is no session %s", id);
	return error_set(error, ERROR_CONFLICT, "session %s was ended by somebody else", id);
}

int store_session_end(struct store *store, const struct session_row *row, struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, end_session, error);
	query_text(&q, row->id);
	query_int(&q, row->epoch);
	query_text(&q, row->outcome);
	query_text(&q, row->reason);
	query_text(&q, row->text);
	query_int(&q, row->ended);
	query_int(&q, row->turns);
	query_int(&q, row->input_tokens);
	query_int(&q, row->output_tokens);
	query_int(&q, row->cost_micro_usd);
	query_text(&q, row->model);
	query_text(&q, row->plan);
	r = query_change(&q, &changes);
	return r || changes ? r : not_ended(store, row->id, error);
}

static const char resume_session[] =
	"UPDATE session SET epoch = ?2, suspended = 0 WHERE id = ?1 AND ended = 0 AND epoch <= ?2";

int store_session_resume(struct store *store, const char *id, int64_t epoch, int64_t at,
			 int64_t *ret_deaths, struct error *error)
{
	struct death_count count = { 0 };
	int r, changes = 0;
	struct query q;

	r = store_death_of_daemon(store, id, epoch, at, error);
	if (r)
		return r;
	query_begin(&q, store, resume_session, error);
	query_text(&q, id);
	query_int(&q, epoch);
	r = query_change(&q, &changes);
	if (r || !changes)
		return r ? r : not_ended(store, id, error);
	r = store_death_count(store, id, &count, error);
	if (!r && ret_deaths)
		*ret_deaths = count.deaths;
	return r;
}

static const char decide_session[] = "UPDATE session SET outcome = ?3, reason = ?4"
				     " WHERE id = ?1 AND ended = 0 AND epoch <= ?2";

int store_session_decide(struct store *store, const struct session_row *row, struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, decide_session, error);
	query_text(&q, row->id);
	query_int(&q, row->epoch);
	query_text(&q, row->outcome);
	query_text(&q, row->reason);
	r = query_change(&q, &changes);
	return r || changes ? r : not_ended(store, row->id, error);
}

static const char suspend_session[] =
	"UPDATE session SET suspended = 1 WHERE id = ?1 AND ended = 0 AND epoch <= ?2";

int store_session_suspend(struct store *store, const char *id, int64_t epoch, struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, suspend_session, error);
	query_text(&q, id);
	query_int(&q, epoch);
	r = query_change(&q, &changes);
	return r || changes ? r : not_ended(store, id, error);
}

#define SELECT "SELECT " COLUMNS " FROM session"
#define NEWEST " ORDER BY started DESC, number DESC LIMIT ?1"

static const char *const lists[2][2] = {
	/* of one agent, open only */
	{ SELECT NEWEST, SELECT " WHERE ended = 0" NEWEST },
	{ SELECT " WHERE agent = ?2" NEWEST,
	  SELECT " INDEXED BY session_open WHERE ended = 0 AND agent = ?2" NEWEST },
};

static void read_session(struct query *q, struct session_row *ret_row)
{
	ret_row->id = column_text(q);
	ret_row->agent = column_text(q);
	ret_row->cause = column_text(q);
	ret_row->section = column_text(q);
	ret_row->heading = column_text(q);
	ret_row->model = column_text(q);
	ret_row->outcome = column_text(q);
	ret_row->reason = column_text(q);
	ret_row->text = column_text(q);
	ret_row->plan = column_text(q);
	ret_row->started = column_int(q);
	ret_row->ended = column_int(q);
	ret_row->turns = column_int(q);
	ret_row->input_tokens = column_int(q);
	ret_row->output_tokens = column_int(q);
	ret_row->cost_micro_usd = column_int(q);
	ret_row->epoch = column_int(q);
}

/* Walks what was asked for by a query whose parameters are bound. */
static int visit_sessions(struct query *q, store_session_visit visit, void *context)
{
	struct session_row row;
	int r, visited = 0;

	while (!visited && (r = query_next(q)) > 0) {
		read_session(q, &row);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(q);
	return visited ? visited : r;
}

static void query_count(struct query *q, size_t count)
{
	query_int(q, count < INT64_MAX ? (int64_t)count : INT64_MAX);
}

int store_sessions(struct store *store, const char *agent, bool open_only, size_t max,
		   store_session_visit visit, void *context, struct error *error)
{
	struct query q;

	query_begin(&q, store, lists[agent != NULL][open_only], error);
	query_count(&q, max);
	if (agent)
		query_text(&q, agent);
	return visit_sessions(&q, visit, context);
}

/* Ids are of digits and capitals, and a tilde comes behind all of them. */
static const char named[] = SELECT " WHERE id >= ?1 AND id <= ?1 || '~' ORDER BY id LIMIT ?2";

int store_sessions_named(struct store *store, const char *prefix, size_t max,
			 store_session_visit visit, void *context, struct error *error)
{
	struct query q;

	query_begin(&q, store, named, error);
	query_text(&q, prefix);
	query_count(&q, max);
	return visit_sessions(&q, visit, context);
}

static const char since_success[] =
	"WITH newest AS (SELECT number, cause, outcome FROM session"
	"  INDEXED BY session_by_section WHERE agent = ?1 AND section = ?2"
	"  ORDER BY number DESC LIMIT ?3)"
	" SELECT count(*) FROM newest WHERE cause LIKE 'heartbeat %' AND number >"
	" (SELECT ifnull(max(number), 0) FROM newest WHERE outcome IN ('done', 'parked'))";

int store_sessions_since_success(struct store *store, const char *agent, const char *section,
				 size_t max, int64_t *ret_count, struct error *error)
{
	struct query q;

	query_begin(&q, store, since_success, error);
	query_text(&q, agent);
	query_text(&q, section);
	query_count(&q, max);
	return query_value(&q, ret_count);
}

/* ---- leaving ---- */

#define MAY_LEAVE "ended <> 0 AND NOT EXISTS(SELECT 1 FROM parked WHERE session = id)"

static const char old_sessions[] = SELECT
	" INDEXED BY session_by_time WHERE started < ?1 AND ended < ?1 AND " MAY_LEAVE
	" ORDER BY started, number LIMIT ?2 OFFSET ?3";

int store_sessions_old(struct store *store, int64_t before_ms, size_t skip, size_t max,
		       store_session_visit visit, void *context, struct error *error)
{
	struct query q;

	query_begin(&q, store, old_sessions, error);
	query_int(&q, before_ms);
	query_count(&q, max);
	query_count(&q, skip);
	return visit_sessions(&q, visit, context);
}

static const char size_of_session[] =
	"SELECT (SELECT count(*) FROM step WHERE session = ?1), count(*),"
	" ifnull(sum(state = 0 OR settled_at > (SELECT ended FROM session WHERE id = ?1)), 0),"
	" (SELECT count(*) FROM death WHERE session = ?1)"
	" FROM call WHERE session = ?1";

int store_session_size(struct store *store, const char *session, struct session_size *ret_size,
		       struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, size_of_session, error);
	query_text(&q, session);
	r = query_next(&q);
	if (r <= 0)
		return r;
	ret_size->steps = column_int(&q);
	ret_size->calls = column_int(&q);
	ret_size->late_calls = column_int(&q);
	ret_size->deaths = column_int(&q);
	query_end(&q);
	return 0;
}

static const char delete_session[] = "DELETE FROM session WHERE id = ? AND " MAY_LEAVE;
static const char delete_steps[] = "DELETE FROM step WHERE session = ?";
static const char delete_deaths[] = "DELETE FROM death WHERE session = ?";

static int delete_by_id(struct store *store, const char *sql, const char *id, int *ret_count,
			struct error *error)
{
	struct query q;

	query_begin(&q, store, sql, error);
	query_text(&q, id);
	return query_change(&q, ret_count);
}

int store_session_delete(struct store *store, const char *session, struct error *error)
{
	int64_t there = 0;
	int r, count = 0;
	struct query q;

	r = delete_by_id(store, delete_session, session, &count, error);
	if (!r && count) {
		r = delete_by_id(store, delete_steps, session, &count, error);
		return r ? r : delete_by_id(store, delete_deaths, session, &count, error);
	}
	if (r)
		return r;
	query_begin(&q, store, is_there, error);
	query_text(&q, session);
	r = query_value(&q, &there);
	if (r || !there)
		return r;
	return error_set(error, ERROR_CONFLICT, "session %s is not over", session);
}
