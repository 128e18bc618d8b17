#include "database.h"

#include "base/failpoint.h"

#include <errno.h>
#include <string.h>

#define STATE_FILE ".agentd/state.db" /* the place of all its errors */

static const struct {
	int sqlite; /* primary code, or an extended one that comes before it */
	enum error_code code;
	int system; /* 0: what the system said */
	const char *say;
} failures[] = {
	{ SQLITE_CORRUPT, ERROR_INVALID, 0, "is damaged" },
	{ SQLITE_NOTADB, ERROR_INVALID, 0, "is damaged" },
	{ SQLITE_FULL, ERROR_SYSTEM, ENOSPC, "cannot grow: the disk is full" },
	/* it does not tell what the system said */
	{ SQLITE_IOERR_FSYNC, ERROR_SYSTEM, EIO, "cannot be written" },
	{ SQLITE_IOERR, ERROR_SYSTEM, 0, "cannot be read or written" },
	{ SQLITE_BUSY, ERROR_BUSY, 0, "is held by another process" },
	{ SQLITE_LOCKED, ERROR_BUSY, 0, "is held by another process" },
	{ SQLITE_PROTOCOL, ERROR_BUSY, 0, "is held by another process" },
	{ SQLITE_ABORT, ERROR_SYSTEM, 0, "undid a transaction" },
	{ SQLITE_INTERRUPT, ERROR_SYSTEM, 0, "was interrupted" },
	{ SQLITE_READONLY, ERROR_DENIED, 0, "may not be written" },
	{ SQLITE_PERM, ERROR_DENIED, 0, "may not be opened" },
	{ SQLITE_AUTH, ERROR_DENIED, 0, "may not be opened" },
	{ SQLITE_CANTOPEN, ERROR_SYSTEM, 0, "cannot be opened" },
	{ SQLITE_CONSTRAINT_CHECK, ERROR_TOO_LARGE, 0, "cannot hold a value out of its range" },
	{ SQLITE_CONSTRAINT, ERROR_EXISTS, 0, "has this already" },
	{ SQLITE_TOOBIG, ERROR_TOO_LARGE, 0, "cannot hold a value that large" },
};

int database_damaged(const char *why, struct error *error)
{
	error_set(error, ERROR_INVALID,
		  "is damaged (%s); agentd begins a new one; what stands in files and git is not "
		  "touched",
		  why);
	return error_at(error, STATE_FILE, 0, 0);
}

int database_error(sqlite3 *db, int code, struct error *error)
{
	int system = sqlite3_system_errno(db);
	size_t i;

	if (code == SQLITE_NOMEM)
		BUG("out of memory in SQLite");
	for (i = 0; i < ARRAY_LENGTH(failures); i++)
		if (failures[i].sqlite == code || failures[i].sqlite == (code & 0xff))
			break;
	if (i == ARRAY_LENGTH(failures)) /* no such table: not the schema of its version */
		return database_damaged(sqlite3_errmsg(db), error);
	if (failures[i].code == ERROR_INVALID)
		return database_damaged(sqlite3_errmsg(db), error);
	error_set(error, failures[i].code, "%s (%s)", failures[i].say, sqlite3_errmsg(db));
	if (error)
		error->system = failures[i].code != ERROR_SYSTEM ? 0 : failures[i].system ?: system;
	error_at(error, STATE_FILE, 0, 0);
	return -(int)failures[i].code;
}

bool database_failed(const struct error *error)
{
	return !strcmp(error->file, STATE_FILE) && error->code != ERROR_EXISTS &&
	       error->code != ERROR_TOO_LARGE;
}

int database_run(struct store *store, const char *sql, struct error *error)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code ? database_error(store->db, code, error) : 0;
}

void sync_later(struct store *store)
{
	database_run(store, "PRAGMA synchronous = OFF", NULL);
}

/* The failpoint leaves it out: what then goes ahead of the journal is found by
 * test/torture/write-ahead. */
void sync_again(struct store *store)
{
	if (!FAILPOINT("store.sync"))
		database_run(store, "PRAGMA synchronous = FULL", NULL);
}

int savepoint_begin(struct store *store, struct error *error)
{
	struct query q;

	query_begin(&q, store, "SAVEPOINT work", error);
	return query_run(&q);
}

int savepoint_keep(struct store *store, struct error *error)
{
	struct query q;

	query_begin(&q, store, "RELEASE work", error);
	return query_run(&q);
}

/* After a full disk SQLite may have undone the whole transaction by itself; then this fails,
 * rightly. */
void savepoint_undo(struct store *store)
{
	struct query q;

	query_begin(&q, store, "ROLLBACK TO work", NULL);
	query_run(&q);
	savepoint_keep(store, NULL);
}

static int prepare(struct store *store, const char *sql, sqlite3_stmt **ret_statement,
		   struct error *error)
{
	size_t i;
	int code;

	for (i = 0; i < store->cache_count; i++)
		if (store->cache[i].sql == sql) {
			*ret_statement = store->cache[i].statement;
			return 0;
		}
	if (i == STATEMENTS_MAX)
		BUG("more than %d statements", STATEMENTS_MAX);
	code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement,
				  NULL);
	if (code)
		return database_error(store->db, code, error);
	store->cache[i].sql = sql;
	store->cache[i].statement = *ret_statement;
	store->cache_count++;
	return 0;
}

void query_begin(struct query *q, struct store *store, const char *sql, struct error *error)
{
	*q = (struct query){ .store = store, .error = error };
	q->result = prepare(store, sql, &q->statement, error);
	if (!q->result && sqlite3_stmt_busy(q->statement))
		q->result = error_set(error, ERROR_BUSY, "this list is being walked already");
}

static void bound(struct query *q, int code)
{
	if (code)
		q->result = database_error(q->store->db, code, q->error);
}

void query_text_or_null(struct query *q, const char *text)
{
	if (!q->result)
		bound(q, sqlite3_bind_text(q->statement, ++q->at, text, -1, SQLITE_STATIC));
}

void query_text(struct query *q, const char *text)
{
	query_text_or_null(q, text ? text : "");
}

void query_int(struct query *q, int64_t value)
{
	if (!q->result)
		bound(q, sqlite3_bind_int64(q->statement, ++q->at, value));
}

int query_next(struct query *q)
{
	int code;

	if (q->result)
		return q->result;
	q->at = 0;
	code = sqlite3_step(q->statement);
	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		q->result = database_error(q->store->db, code, q->error);
	query_end(q);
	return q->result;
}

int query_run(struct query *q)
{
	int r;

	do
		r = query_next(q);
	while (r > 0);
	return r;
}

int query_change(struct query *q, int *ret_changes)
{
	int r = query_run(q);

	if (!r)
		*ret_changes = sqlite3_changes(q->store->db);
	return r;
}

int query_prune(struct query *q, size_t max, size_t *ret_count)
{
	int r, changes = 0;

	query_int(q, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	r = query_change(q, &changes);
	if (!r && ret_count)
		*ret_count = (size_t)changes;
	return r;
}

int query_value(struct query *q, int64_t *ret_value)
{
	int r = query_next(q);

	if (r < 0)
		return r;
	*ret_value = r ? column_int(q) : 0;
	if (r)
		query_end(q);
	return 0;
}

void query_end(struct query *q)
{
	sqlite3_reset(q->statement);
	sqlite3_clear_bindings(q->statement);
}

const char *column_text_or_null(struct query *q)
{
	return (const char *)sqlite3_column_text(q->statement, q->at++);
}

const char *column_text(struct query *q)
{
	const char *text = column_text_or_null(q);

	return text ? text : "";
}

int64_t column_int(struct query *q)
{
	return sqlite3_column_int64(q->statement, q->at++);
}
