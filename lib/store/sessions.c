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

/* `went_on` counts from the step at which it went on last. */
static const char resume_session[] =
	"UPDATE session SET epoch = ?2, went_on = iif(went_on_at = last, went_on + 1, 1),"
	" went_on_at = last FROM (SELECT ifnull(max(seq), 0) AS last FROM step WHERE session = ?1)"
	" WHERE id = ?1 AND ended = 0 AND epoch <= ?2";
static const char went_on[] = "SELECT went_on FROM session WHERE id = ?";

int store_session_resume(struct store *store, const char *id, int64_t epoch, int64_t *ret_again,
			 struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, resume_session, error);
	query_text(&q, id);
	query_int(&q, epoch);
	r = query_change(&q, &changes);
	if (r || !changes)
		return r ? r : not_ended(store, id, error);
	if (!ret_again)
		return 0;
	query_begin(&q, store, went_on, error);
	query_text(&q, id);
	return query_value(&q, ret_again);
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

int store_sessions(struct store *store, const char *agent, bool open_only, size_t max,
		   store_session_visit visit, void *context, struct error *error)
{
	struct session_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, lists[agent != NULL][open_only], error);
	query_int(&q, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	if (agent)
		query_text(&q, agent);
	while (!visited && (r = query_next(&q)) > 0) {
		read_session(&q, &row);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
