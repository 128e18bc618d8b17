#include "database.h"

/* The newest answer tells how far it has come. */
static const char add_death[] =
	"INSERT INTO death(session, agent, seq, answered, at, until, own, oom, words)"
	" SELECT ?1, agent, (SELECT ifnull(max(seq), 0) FROM step WHERE session = ?1),"
	" (SELECT count(*) FROM step WHERE session = ?1 AND result IS NOT NULL), ?2, ?3, ?4, ?5, ?6"
	" FROM session WHERE id = ?1";
static const char lay_down[] = "UPDATE session SET suspended = 1 WHERE id = ?";

int store_death_add(struct store *store, const struct death_row *row, struct error *error)
{
	struct query q;
	int r, changes = 0;

	query_begin(&q, store, add_death, error);
	query_text(&q, row->session);
	query_int(&q, row->at);
	query_int(&q, row->until);
	query_int(&q, row->own);
	query_int(&q, row->oom);
	query_text(&q, row->words);
	r = query_change(&q, &changes);
	if (!r && changes) {
		query_begin(&q, store, lay_down, error);
		query_text(&q, row->session);
		return query_run(&q);
	}
	return r ? r : error_set(error, ERROR_NOT_FOUND, "there is no session %s", row->session);
}

static const char count_deaths[] =
	"SELECT so_far, count(answered), ifnull(max(until), 0),"
	" (SELECT count(*) FROM death WHERE session = ?1 AND oom),"
	" (SELECT ifnull(max(seq), 0) FROM death WHERE session = ?1 AND oom) FROM"
	" (SELECT count(*) AS so_far FROM step WHERE session = ?1 AND result IS NOT NULL)"
	" LEFT JOIN death ON session = ?1 AND answered = so_far";

int store_death_count(struct store *store, const char *session, struct death_count *ret_count,
		      struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, count_deaths, error);
	query_text(&q, session);
	r = query_next(&q);
	if (r <= 0)
		return r;
	ret_count->answered = column_int(&q);
	ret_count->deaths = column_int(&q);
	ret_count->until = column_int(&q);
	ret_count->ooms = column_int(&q);
	ret_count->oom_seq = column_int(&q);
	query_end(&q);
	return 0;
}

static const char was_left[] =
	"SELECT 1 FROM session WHERE id = ? AND ended = 0 AND epoch < ? AND NOT suspended";

int store_death_of_daemon(struct store *store, const char *session, int64_t epoch, int64_t at,
			  struct error *error)
{
	struct death_row row = { .session = session, .at = at, .words = "the daemon ended" };
	int64_t left = 0;
	struct query q;
	int r;

	query_begin(&q, store, was_left, error);
	query_text(&q, session);
	query_int(&q, epoch);
	r = query_value(&q, &left);
	return r || !left ? r : store_death_add(store, &row, error);
}

#define COLUMNS "session, agent, seq, at, until, own, oom, forgiven, words"

static const char of_session[] = "SELECT " COLUMNS " FROM death WHERE session = ? ORDER BY number";
static const char counted[] = "SELECT " COLUMNS
			      " FROM death WHERE own AND NOT forgiven AND at >= ?1"
			      " AND (?2 = '' OR agent = ?2) ORDER BY at, number";

static int visit_deaths(struct query *q, store_death_visit visit, void *context)
{
	struct death_row row;
	int r, visited = 0;

	while (!visited && (r = query_next(q)) > 0) {
		row.session = column_text(q);
		row.agent = column_text(q);
		row.seq = column_int(q);
		row.at = column_int(q);
		row.until = column_int(q);
		row.own = column_int(q) != 0;
		row.oom = column_int(q) != 0;
		row.forgiven = column_int(q) != 0;
		row.words = column_text(q);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(q);
	return visited ? visited : r;
}

int store_deaths(struct store *store, const char *session, store_death_visit visit, void *context,
		 struct error *error)
{
	struct query q;

	query_begin(&q, store, of_session, error);
	query_text(&q, session);
	return visit_deaths(&q, visit, context);
}

int store_deaths_counted(struct store *store, const char *agent, int64_t since,
			 store_death_visit visit, void *context, struct error *error)
{
	struct query q;

	query_begin(&q, store, counted, error);
	query_int(&q, since);
	query_text(&q, agent);
	return visit_deaths(&q, visit, context);
}

static const char forgive[] =
	"UPDATE death SET forgiven = 1 WHERE own AND NOT forgiven AND agent = ?";

int store_deaths_forgive(struct store *store, const char *agent, struct error *error)
{
	struct query q;

	query_begin(&q, store, forgive, error);
	query_text(&q, agent);
	return query_run(&q);
}
