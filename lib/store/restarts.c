#include "database.h"

static const char add_restart[] = "INSERT INTO restart(monitor, at) VALUES(?, ?)";
static const char forget_old[] = "DELETE FROM restart WHERE at < ?1 - ?2 OR at > ?1 + ?2";
static const char all_restarts[] = "SELECT monitor, at FROM restart ORDER BY number";
static const char forget_restarts[] = "DELETE FROM restart WHERE monitor = ?";

int store_restart_add(struct store *store, const char *monitor, int64_t at, int64_t within,
		      struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, forget_old, error);
	query_int(&q, at);
	query_int(&q, within);
	r = query_run(&q);
	if (r)
		return r;
	query_begin(&q, store, add_restart, error);
	query_text(&q, monitor);
	query_int(&q, at);
	return query_run(&q);
}

int store_restarts(struct store *store, store_restart_visit visit, void *context,
		   struct error *error)
{
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_restarts, error);
	while (!visited && (r = query_next(&q)) > 0) {
		const char *monitor = column_text(&q);

		visited = visit(context, monitor, column_int(&q));
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

int store_restarts_forget(struct store *store, const char *monitor, struct error *error)
{
	struct query q;

	query_begin(&q, store, forget_restarts, error);
	query_text(&q, monitor);
	return query_run(&q);
}
