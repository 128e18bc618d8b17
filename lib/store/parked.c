#include "database.h"

#define COLUMNS "session, agent, why, layer, reason, wish, since, until"

static const char put_parked[] = "INSERT OR REPLACE INTO parked(" COLUMNS ")"
				 " VALUES(?,?,?,?,?,?,?,?)";
static const char delete_parked[] = "DELETE FROM parked WHERE session = ?";
static const char all_parked[] = "SELECT " COLUMNS " FROM parked INDEXED BY parked_since"
				 " ORDER BY since, number";

int store_parked_put(struct store *store, const struct parked_row *row, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_parked, error);
	query_text(&q, row->session);
	query_text(&q, row->agent);
	query_text(&q, row->why);
	query_text(&q, row->layer);
	query_text(&q, row->reason);
	query_text(&q, row->wish);
	query_int(&q, row->since);
	query_int(&q, row->until);
	return query_run(&q);
}

int store_parked_delete(struct store *store, const char *session, struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, delete_parked, error);
	query_text(&q, session);
	r = query_change(&q, &changes);
	if (!r && !changes)
		return error_set(error, ERROR_NOT_FOUND, "session %s is not parked", session);
	return r;
}

int store_parked(struct store *store, store_parked_visit visit, void *context, struct error *error)
{
	struct parked_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_parked, error);
	while (!visited && (r = query_next(&q)) > 0) {
		row.session = column_text(&q);
		row.agent = column_text(&q);
		row.why = column_text(&q);
		row.layer = column_text(&q);
		row.reason = column_text(&q);
		row.wish = column_text(&q);
		row.since = column_int(&q);
		row.until = column_int(&q);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
