#include "database.h"

/* Back at once, on by a step at most. */
static const char advance[] = "INSERT INTO counter VALUES(?1, ?2) ON CONFLICT DO UPDATE"
			      " SET value = min(excluded.value, value + ?3) RETURNING value";

int store_moment_advance(struct store *store, const char *name, int64_t now, int64_t step,
			 int64_t *ret_moment, struct error *error)
{
	struct query q;
	int64_t moment = 0;
	int r;

	query_begin(&q, store, advance, error);
	query_text(&q, name);
	query_int(&q, now);
	query_int(&q, step);
	while ((r = query_next(&q)) > 0)
		moment = column_int(&q);
	if (!r)
		*ret_moment = moment;
	return r;
}
