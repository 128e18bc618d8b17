#include "database.h"

/* By what was written last, and not by the latest time of all: once the clock is right, and a row
 * is written by it, nothing is ahead any more. */
static const char latest[] =
	"SELECT max("
	" ifnull((SELECT recorded FROM slot WHERE id = (SELECT max(id) FROM slot)), 0),"
	" ifnull((SELECT max(started, ended) / 1000 FROM session"
	"   WHERE number = (SELECT max(number) FROM session)), 0),"
	" ifnull((SELECT max(intent_at, result_at) / 1000 FROM step"
	"   WHERE id = (SELECT max(id) FROM step)), 0),"
	" ifnull((SELECT max(reserved_at, settled_at) / 1000 FROM call"
	"   WHERE number = (SELECT max(number) FROM call)), 0))";

int store_latest(struct store *store, int64_t *ret_at, struct error *error)
{
	struct query q;

	query_begin(&q, store, latest, error);
	return query_value(&q, ret_at);
}
