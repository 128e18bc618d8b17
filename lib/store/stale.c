#include "database.h"

/* A session's end closes its slot in the same transaction, so that such a slot has no owner. */
static const char close_slots[] =
	"UPDATE slot SET state = 1, outcome = 'interrupted', reason = ?1 WHERE state = 0"
	" AND session IN (SELECT id FROM session WHERE ended <> 0)";
static const char keep_calls[] =
	"UPDATE call SET state = 2, failure = 'gateway', settled_at = ?1 WHERE state = 0"
	" AND reserved_at < ?2 AND session IN (SELECT id FROM session WHERE ended BETWEEN 1 AND ?2)";
static const char count_left[] =
	"SELECT (SELECT count(*) FROM slot WHERE state = 0"
	" AND session IN (SELECT id FROM session WHERE ended <> 0))"
	" + (SELECT count(*) FROM call WHERE state = 0 AND reserved_at < ?1"
	" AND session IN (SELECT id FROM session WHERE ended BETWEEN 1 AND ?1))";

int store_stale_close(struct store *store, int64_t before_ms, int64_t now_ms, const char *reason,
		      struct stale *ret_stale, struct error *error)
{
	struct stale stale = { 0 };
	struct query q;
	int r;

	query_begin(&q, store, close_slots, error);
	query_text(&q, reason);
	r = query_change(&q, &stale.slots);
	if (r)
		return r;
	query_begin(&q, store, keep_calls, error);
	query_int(&q, now_ms);
	query_int(&q, before_ms);
	r = query_change(&q, &stale.calls);
	if (r)
		return r;
	query_begin(&q, store, count_left, error);
	query_int(&q, before_ms);
	r = query_value(&q, &stale.left);
	if (!r)
		*ret_stale = stale;
	return r;
}
