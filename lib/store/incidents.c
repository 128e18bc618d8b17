#include "database.h"

static const char put_incident[] = "INSERT OR REPLACE INTO incident VALUES(?,?,?,?,?,?,?)";

int store_incident_put(struct store *store, const struct incident_row *row, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_incident, error);
	query_text(&q, row->key);
	query_text(&q, row->agent);
	query_text(&q, row->text);
	query_int(&q, row->opened);
	query_int(&q, row->told);
	query_int(&q, row->cleared);
	query_int(&q, row->count);
	return query_run(&q);
}

#define NEWEST " ORDER BY opened DESC, key DESC LIMIT ?"

static const char all_incidents[] = "SELECT * FROM incident INDEXED BY incident_by_time" NEWEST;
static const char open_incidents[] =
	"SELECT * FROM incident INDEXED BY incident_open WHERE cleared = 0" NEWEST;

int store_incidents(struct store *store, bool open_only, size_t max, store_incident_visit visit,
		    void *context, struct error *error)
{
	struct incident_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, open_only ? open_incidents : all_incidents, error);
	query_int(&q, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	while (!visited && (r = query_next(&q)) > 0) {
		row.key = column_text(&q);
		row.agent = column_text(&q);
		row.text = column_text(&q);
		row.opened = column_int(&q);
		row.told = column_int(&q);
		row.cleared = column_int(&q);
		row.count = column_int(&q);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

static const char prune_incidents[] =
	"DELETE FROM incident WHERE key IN (SELECT key FROM incident INDEXED BY incident_cleared"
	" WHERE cleared <> 0 AND cleared < ?1 ORDER BY cleared LIMIT ?2)";

int store_incidents_prune(struct store *store, int64_t before, size_t max, size_t *ret_count,
			  struct error *error)
{
	struct query q;

	query_begin(&q, store, prune_incidents, error);
	query_int(&q, before);
	return query_prune(&q, max, ret_count);
}
