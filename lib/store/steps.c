#include "database.h"

/* The newest epoch that has anything to say about a session: of the file, of the session, of its
 * last step. A writer of an older one was thought dead, and its place is taken. No row: no such
 * session. */
static const char newest_epoch[] =
	"SELECT max(session.epoch,"
	" ifnull((SELECT value FROM counter WHERE name = 'epoch'), 0),"
	" ifnull((SELECT epoch FROM step WHERE session = ?1 ORDER BY seq DESC LIMIT 1), 0)),"
	" ended FROM session WHERE id = ?1";

static int check_writer(struct store *store, const struct step *step, struct error *error)
{
	int64_t newest = 0, ended = 0;
	struct query q;
	int r;

	query_begin(&q, store, newest_epoch, error);
	query_text(&q, step->session);
	r = query_next(&q);
	if (r < 0)
		return r;
	if (!r)
		return error_set(error, ERROR_NOT_FOUND, "there is no session %s", step->session);
	newest = column_int(&q);
	ended = column_int(&q);
	query_end(&q);
	if (ended)
		return error_set(error, ERROR_CONFLICT, "session %s has ended", step->session);
	if (newest > step->epoch)
		return error_set(error, ERROR_CONFLICT,
				 "session %s went on under a later start of the "
				 "daemon (%lld, this is %lld)",
				 step->session, (long long)newest, (long long)step->epoch);
	return 0;
}

static const char insert_step[] =
	"INSERT INTO step(session, seq, agent, kind, effect, intent, result, epoch, intent_at,"
	" result_at, cost_micro_usd)"
	" VALUES(?1, ?2, (SELECT agent FROM session WHERE id = ?1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

int store_step_intent(struct store *store, const struct step *step, struct error *error)
{
	int r = check_writer(store, step, error);
	struct query q;

	if (r)
		return r;
	query_begin(&q, store, insert_step, error);
	query_text(&q, step->session);
	query_int(&q, step->seq);
	query_text(&q, step->kind);
	query_text(&q, step->effect);
	query_text(&q, step->intent);
	query_text_or_null(&q, step->result);
	query_int(&q, step->epoch);
	query_int(&q, step->intent_at);
	query_int(&q, step->result_at);
	query_int(&q, step->cost_micro_usd);
	r = query_run(&q);
	if (r == -(int)ERROR_EXISTS)
		return error_set(error, ERROR_CONFLICT, "session %s has its step %lld already",
				 step->session, (long long)step->seq);
	return r;
}

static const char set_result[] = "UPDATE step SET result = ?3, result_at = ?4, cost_micro_usd = ?5"
				 " WHERE session = ?1 AND seq = ?2 AND result IS NULL";
static const char is_there[] = "SELECT 1 FROM step WHERE session = ?1 AND seq = ?2";

static int not_set(struct store *store, const struct step *step, struct error *error)
{
	int64_t there = 0;
	struct query q;
	int r;

	query_begin(&q, store, is_there, error);
	query_text(&q, step->session);
	query_int(&q, step->seq);
	r = query_value(&q, &there);
	if (r)
		return r;
	return error_set(error, there ? ERROR_CONFLICT : ERROR_NOT_FOUND,
			 there ? "step %lld of session %s has its result already"
			       : "there is no step %lld of session %s",
			 (long long)step->seq, step->session);
}

int store_step_result(struct store *store, const struct step *step, struct error *error)
{
	int r = check_writer(store, step, error), changes = 0;
	struct query q;

	if (r)
		return r;
	query_begin(&q, store, set_result, error);
	query_text(&q, step->session);
	query_int(&q, step->seq);
	query_text(&q, step->result);
	query_int(&q, step->result_at);
	query_int(&q, step->cost_micro_usd);
	r = query_change(&q, &changes);
	return r || changes ? r : not_set(store, step, error);
}

static const char begin_step[] = "UPDATE step SET begun_at = ?3"
				 " WHERE session = ?1 AND seq = ?2 AND result IS NULL"
				 " AND begun_at = 0";

int store_step_begin(struct store *store, const struct step *step, struct error *error)
{
	int r = check_writer(store, step, error), changes = 0;
	struct query q;

	if (r)
		return r;
	query_begin(&q, store, begin_step, error);
	query_text(&q, step->session);
	query_int(&q, step->seq);
	query_int(&q, step->begun_at);
	r = query_change(&q, &changes);
	if (r || changes)
		return r;
	r = not_set(store, step, error);
	return r == -(int)ERROR_CONFLICT ? error_set(error, ERROR_CONFLICT,
						     "step %lld of session %s has begun already",
						     (long long)step->seq, step->session)
					 : r;
}

static const char steps_of_session[] =
	"SELECT session, seq, kind, effect, intent, result, epoch, intent_at, result_at,"
	" begun_at, cost_micro_usd FROM step WHERE session = ? ORDER BY seq";

static void read_step(struct query *q, struct step *ret_step)
{
	ret_step->session = column_text(q);
	ret_step->seq = column_int(q);
	ret_step->kind = column_text(q);
	ret_step->effect = column_text(q);
	ret_step->intent = column_text(q);
	ret_step->result = column_text_or_null(q);
	ret_step->epoch = column_int(q);
	ret_step->intent_at = column_int(q);
	ret_step->result_at = column_int(q);
	ret_step->begun_at = column_int(q);
	ret_step->cost_micro_usd = column_int(q);
}

int store_steps(struct store *store, const char *session, store_step_visit visit, void *context,
		struct error *error)
{
	struct step step;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, steps_of_session, error);
	query_text(&q, session);
	while (!visited && (r = query_next(&q)) > 0) {
		read_step(&q, &step);
		visited = visit(context, &step);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
