/* What is known of the servers: who is left alone for a while, and what each model taught us. */
#include "database.h"

static const char put_breaker[] = "INSERT OR REPLACE INTO breaker VALUES(?,?,?,?,?,?)";
static const char all_breakers[] = "SELECT * FROM breaker ORDER BY key";

int store_breaker_put(struct store *store, const struct breaker_row *row, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_breaker, error);
	query_text(&q, row->key);
	query_int(&q, row->failures);
	query_int(&q, row->open_until);
	query_int(&q, row->wait_ms);
	query_text(&q, row->why);
	query_text(&q, row->message);
	return query_run(&q);
}

int store_breakers(struct store *store, store_breaker_visit visit, void *context,
		   struct error *error)
{
	struct breaker_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_breakers, error);
	while (!visited && (r = query_next(&q)) > 0) {
		row.key = column_text(&q);
		row.failures = column_int(&q);
		row.open_until = column_int(&q);
		row.wait_ms = column_int(&q);
		row.why = column_text(&q);
		row.message = column_text(&q);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

static const char put_learned[] = "INSERT OR REPLACE INTO learned VALUES(?,?,?,?)";
static const char all_learned[] = "SELECT * FROM learned ORDER BY key";

int store_learned_put(struct store *store, const struct learned_row *row, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_learned, error);
	query_text(&q, row->key);
	query_int(&q, row->quirks);
	query_int(&q, row->context);
	query_int(&q, row->millibytes_per_token);
	return query_run(&q);
}

int store_learned(struct store *store, store_learned_visit visit, void *context,
		  struct error *error)
{
	struct learned_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_learned, error);
	while (!visited && (r = query_next(&q)) > 0) {
		row.key = column_text(&q);
		row.quirks = column_int(&q);
		row.context = column_int(&q);
		row.millibytes_per_token = column_int(&q);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
