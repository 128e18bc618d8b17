#include "database.h"

#define PLAN                                                                                    \
	"session, agent, cause, task, work, route, provider, model, seq, attempt, place, hour," \
	" day, reserved_at, reserved_micro_usd, reserved_tokens, request_bytes, max_tokens"
#define COUNTED "micro_usd, tokens"
#define END                                                                                \
	"settled_at, state, input_tokens, output_tokens, cache_read_tokens,"               \
	" cache_write_tokens, reasoning_tokens, first_byte_ms, total_ms, status, failure," \
	" message, decision, request_id"

/* What is reserved counts until it is known better. */
static const char insert_call[] = "INSERT INTO call(" PLAN ", " COUNTED ")"
				  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?15,?16,?,?,?15,?16)";

int store_call_reserve(struct store *store, const struct call_row *row, int64_t *ret_number,
		       struct error *error)
{
	const char *const texts[] = {
		row->session, row->agent, row->cause,    row->task,
		row->work,    row->route, row->provider, row->model,
	};
	const int64_t numbers[] = {
		row->seq,
		row->attempt,
		row->place,
		row->hour,
		row->day,
		row->reserved_at,
		row->reserved_micro_usd,
		row->reserved_tokens,
		row->request_bytes,
		row->max_tokens,
	};
	struct query q;
	int r;

	if (row->number)
		BUG("call %lld has its row already", (long long)row->number);
	query_begin(&q, store, insert_call, error);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		query_text(&q, texts[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
		query_int(&q, numbers[i]);
	r = query_run(&q);
	if (r == -(int)ERROR_EXISTS)
		return error_set(error, ERROR_EXISTS,
				 "step %lld of session %s has its attempt %lld already",
				 (long long)row->seq, row->session, (long long)row->attempt);
	if (!r && ret_number)
		*ret_number = sqlite3_last_insert_rowid(store->db);
	return r;
}

/* States 0 reserved, 2 kept, 3 released: what counts follows from the state, but for the settled.
 */
static const char settle_call[] =
	"UPDATE call SET settled_at = ?4, state = ?5,"
	" micro_usd = CASE ?5 WHEN 2 THEN reserved_micro_usd WHEN 3 THEN 0 ELSE ?6 END,"
	" tokens = CASE ?5 WHEN 2 THEN reserved_tokens WHEN 3 THEN 0 ELSE ?7 END,"
	" request_bytes = iif(?8 = 0, request_bytes, ?8), max_tokens = iif(?9 = 0, max_tokens, ?9),"
	" input_tokens = ?10, output_tokens = ?11, cache_read_tokens = ?12,"
	" cache_write_tokens = ?13, reasoning_tokens = ?14, first_byte_ms = ?15, total_ms = ?16,"
	" status = ?17, failure = ?18, message = ?19, decision = ?20, request_id = ?21"
	" WHERE session = ?1 AND seq = ?2 AND attempt = ?3 AND state = 0";
static const char is_there[] =
	"SELECT 1 FROM call WHERE session = ?1 AND seq = ?2 AND attempt = ?3";

static void begin_of_call(struct query *q, struct store *store, const char *sql,
			  const struct call_row *row, struct error *error)
{
	query_begin(q, store, sql, error);
	query_text(q, row->session);
	query_int(q, row->seq);
	query_int(q, row->attempt);
}

static int not_settled(struct store *store, const struct call_row *row, struct error *error)
{
	int64_t there = 0;
	struct query q;
	int r;

	begin_of_call(&q, store, is_there, row, error);
	r = query_value(&q, &there);
	if (r)
		return r;
	return error_set(error, there ? ERROR_CONFLICT : ERROR_NOT_FOUND,
			 there ? "attempt %lld of step %lld of session %s is settled already"
			       : "there is no attempt %lld of step %lld of session %s",
			 (long long)row->attempt, (long long)row->seq, row->session);
}

int store_call_settle(struct store *store, const struct call_row *row, struct error *error)
{
	const int64_t numbers[] = {
		row->settled_at,        (int64_t)row->state,
		row->micro_usd,         row->tokens,
		row->request_bytes,     row->max_tokens,
		row->input_tokens,      row->output_tokens,
		row->cache_read_tokens, row->cache_write_tokens,
		row->reasoning_tokens,  row->first_byte_ms,
		row->total_ms,          row->status,
	};
	const char *const texts[] = { row->failure, row->message, row->decision, row->request_id };
	int r, changes = 0;
	struct query q;

	begin_of_call(&q, store, settle_call, row, error);
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
		query_int(&q, numbers[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		query_text(&q, texts[i]);
	r = query_change(&q, &changes);
	return r || changes ? r : not_settled(store, row, error);
}

static const char keep_open[] = "UPDATE call SET state = 2, failure = 'gateway',"
				" message = 'agentd ended before it was answered',"
				" settled_at = ? WHERE state = 0";

int store_calls_keep_open(struct store *store, int64_t now_ms, struct error *error)
{
	struct query q;
	int r;

	sync_later(store); /* should it be lost, the next start keeps them again */
	query_begin(&q, store, keep_open, error);
	query_int(&q, now_ms);
	r = query_run(&q);
	sync_again(store);
	return r;
}

#define SELECT "SELECT number, " PLAN ", " COUNTED ", " END " FROM call"

static const char calls_of_session[] = SELECT
	" WHERE reserved_at >= ?1 AND (?2 IS NULL OR agent = ?2) AND session = ?3"
	" ORDER BY seq, attempt";
static const char calls_of_all[] = SELECT
	" INDEXED BY call_by_time WHERE reserved_at >= ?1 AND (?2 IS NULL OR agent = ?2)"
	" ORDER BY reserved_at, number";

static void read_plan(struct query *q, struct call_row *ret_row)
{
	ret_row->session = column_text(q);
	ret_row->agent = column_text(q);
	ret_row->cause = column_text(q);
	ret_row->task = column_text(q);
	ret_row->work = column_text(q);
	ret_row->route = column_text(q);
	ret_row->provider = column_text(q);
	ret_row->model = column_text(q);
	ret_row->seq = column_int(q);
	ret_row->attempt = column_int(q);
	ret_row->place = column_int(q);
	ret_row->hour = column_int(q);
	ret_row->day = column_int(q);
	ret_row->reserved_at = column_int(q);
	ret_row->reserved_micro_usd = column_int(q);
	ret_row->reserved_tokens = column_int(q);
	ret_row->request_bytes = column_int(q);
	ret_row->max_tokens = column_int(q);
}

static void read_end(struct query *q, struct call_row *ret_row)
{
	ret_row->settled_at = column_int(q);
	ret_row->state = (enum call_state)column_int(q);
	ret_row->input_tokens = column_int(q);
	ret_row->output_tokens = column_int(q);
	ret_row->cache_read_tokens = column_int(q);
	ret_row->cache_write_tokens = column_int(q);
	ret_row->reasoning_tokens = column_int(q);
	ret_row->first_byte_ms = column_int(q);
	ret_row->total_ms = column_int(q);
	ret_row->status = column_int(q);
	ret_row->failure = column_text(q);
	ret_row->message = column_text(q);
	ret_row->decision = column_text(q);
	ret_row->request_id = column_text(q);
}

static void read_call(struct query *q, struct call_row *ret_row)
{
	ret_row->number = column_int(q);
	read_plan(q, ret_row);
	ret_row->micro_usd = column_int(q);
	ret_row->tokens = column_int(q);
	read_end(q, ret_row);
}

int store_calls(struct store *store, const char *session, const char *agent, int64_t since_ms,
		store_call_visit visit, void *context, struct error *error)
{
	int r, visited = 0;
	struct call_row row;
	struct query q;

	query_begin(&q, store, session ? calls_of_session : calls_of_all, error);
	query_int(&q, since_ms);
	query_text_or_null(&q, agent);
	if (session)
		query_text(&q, session);
	while (!visited && (r = query_next(&q)) > 0) {
		read_call(&q, &row);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

/* The latest hour lies in the latest day. */
static const char latest_day[] = "SELECT ifnull(max(day), 0) FROM call INDEXED BY call_by_day"
				 " WHERE state <> 0";
static const char latest_hour[] = "SELECT ifnull(max(hour), 0) FROM call INDEXED BY call_by_day"
				  " WHERE state <> 0 AND day = ?";

int store_call_latest(struct store *store, int64_t *ret_hour, int64_t *ret_day, struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, latest_day, error);
	r = query_value(&q, ret_day);
	if (r)
		return r;
	query_begin(&q, store, latest_hour, error);
	query_int(&q, *ret_day);
	return query_value(&q, ret_hour);
}

/* Both halves come grouped from their index; what is grouped again is few. */
static const char sums_of_day[] =
	"SELECT agent, work, hour, sum(micro_usd), sum(tokens), sum(open_micro_usd),"
	" sum(open_tokens) FROM ("
	"SELECT agent, work, hour, sum(micro_usd) AS micro_usd, sum(tokens) AS tokens,"
	" 0 AS open_micro_usd, 0 AS open_tokens FROM call INDEXED BY call_by_day"
	" WHERE day = ?1 AND state <> 0 GROUP BY agent, work, hour"
	" UNION ALL "
	"SELECT agent, work, hour, sum(micro_usd), sum(tokens), sum(micro_usd), sum(tokens)"
	" FROM call INDEXED BY call_open"
	" WHERE day = ?1 AND state = 0 GROUP BY agent, work, hour"
	") GROUP BY agent, work, hour";

int store_call_sums(struct store *store, int64_t day, store_sum_visit visit, void *context,
		    struct error *error)
{
	struct call_sum sum = { .day = day };
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, sums_of_day, error);
	query_int(&q, day);
	while (!visited && (r = query_next(&q)) > 0) {
		sum.agent = column_text(&q);
		sum.work = column_text(&q);
		sum.hour = column_int(&q);
		sum.micro_usd = column_int(&q);
		sum.tokens = column_int(&q);
		sum.reserved_micro_usd = column_int(&q);
		sum.reserved_tokens = column_int(&q);
		visited = visit(context, &sum);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

/* The newest row stays: it tells the windows that were in force, and its number is not given
 * again. */
static const char prune_calls[] =
	"DELETE FROM call WHERE number IN (SELECT number FROM call INDEXED BY call_by_time"
	" WHERE reserved_at < ?1 AND state <> 0 AND number < (SELECT max(number) FROM call)"
	" ORDER BY reserved_at LIMIT ?2)";

int store_calls_prune(struct store *store, int64_t before_ms, size_t max, size_t *ret_count,
		      struct error *error)
{
	struct query q;

	query_begin(&q, store, prune_calls, error);
	query_int(&q, before_ms);
	return query_prune(&q, max, ret_count);
}
