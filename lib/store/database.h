/* The database file, and statements that are prepared once and used again. Private to the folder.
 *
 *     struct query q;
 *     query_begin(&q, store, find_slot, error);        find_slot: a static text, it is the key
 *     query_text(&q, agent);  query_int(&q, planned);  parameters in order
 *     while ((r = query_next(&q)) > 0) …               column_text(&q), column_int(&q) in order
 *
 * A failure is kept: what follows does nothing, and query_next or query_run returns it. */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "store.h"

#include <sqlite3.h>

#define STATEMENTS_MAX 128

struct store {
	sqlite3 *db; /* NULL: the file could not be opened again */
	int dir;     /* the caller's; -1: for reading only */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} cache[STATEMENTS_MAX];
	size_t cache_count;
	int wal_pages;             /* since the last checkpoint */
	bool has_log;              /* something was written: state.db-wal has to be there */
	bool is_doubtful, is_gone; /* mend.c */
};

/* The error of the last call on `db`; `code` is what it returned. */
int database_error(sqlite3 *db, int code, struct error *error);

int database_damaged(const char *why, struct error *error);

/* Is it the file that failed, and not what a work asked of it? */
bool database_failed(const struct error *error);

/* Closes the file and opens it for writing again. On failure store->db is NULL. */
int store_reopen(struct store *store, struct error *error);

/* Before the file is written to: looks whether it is still there, and puts right what a failure
 * (mend_after) has left in doubt. Whatever fails is to be tried again. */
int mend(struct store *store, struct error *error);
void mend_after(struct store *store, const struct error *error);

/* Statements without parameters or rows. */
int database_run(struct store *store, const char *sql, struct error *error);

/* Between the two a commit does not wait for the device: it stands in the log, and the next one
 * outside of them syncs it along. For what a start writes. Within a transaction they do nothing. */
void sync_later(struct store *store);
void sync_again(struct store *store);

/* Undone as a whole unless kept; may stand inside of each other. */
int savepoint_begin(struct store *store, struct error *error);
int savepoint_keep(struct store *store, struct error *error);
void savepoint_undo(struct store *store);

struct query {
	struct store *store;
	sqlite3_stmt *statement;
	struct error *error;
	int result; /* 0, or the negative error */
	int at;     /* parameters bound, or columns read of this row */
};

void query_begin(struct query *q, struct store *store, const char *sql, struct error *error);
void query_text(struct query *q, const char *text); /* NULL: the empty text */
void query_text_or_null(struct query *q, const char *text);
void query_int(struct query *q, int64_t value);

/* 1: there is a row; 0: no more; or the error. After the latter two the statement is at rest. */
int query_next(struct query *q);
/* Runs to its end. 0, or the error. */
int query_run(struct query *q);
/* To its end, and *ret_changes rows were changed. */
int query_change(struct query *q, int *ret_changes);
/* Binds `max` as the last parameter of a DELETE and runs it; *ret_count (may be NULL) rows are
 * gone.
 */
int query_prune(struct query *q, size_t max, size_t *ret_count);
/* The only column of the only row, 0 where there is no row. */
int query_value(struct query *q, int64_t *ret_value);
/* Puts a statement at rest before its last row. */
void query_end(struct query *q);

const char *column_text(struct query *q);
const char *column_text_or_null(struct query *q);
int64_t column_int(struct query *q);

#endif
