/* What the file needs after it failed, and whether it is sound. */
#include "database.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "state.db"
#define COPY "state.db.again"  /* what becomes state.db */
#define FOUND "state.db.found" /* what somebody has put in its place */

static int copy_path(const struct store *store, char path[64])
{
	return snprintf(path, 64, "/proc/self/fd/%d/" COPY, store->dir);
}

/* SQLite remembers which file it opened. */
static bool has_moved(const struct store *store)
{
	int moved = 0;

	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved;
}

static bool log_is_gone(const struct store *store)
{
	struct stat st;

	return store->has_log && fstatat(store->dir, NAME "-wal", &st, AT_SYMLINK_NOFOLLOW) &&
	       errno == ENOENT;
}

static int sync_name(const struct store *store, const char *name, struct error *error)
{
	_fd_ int fd = openat(store->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_set_system(error, errno, "opening %s", name);
	return fd_sync(fd, error);
}

/* The old name comes back before the connection is closed, which removes what has the name of its
 * log; until then that log holds nothing that the copy does not hold, too. */
static int write_again(struct store *store, struct error *error)
{
	char path[64];
	int r;

	copy_path(store, path);
	unlinkat(store->dir, COPY, 0);
	r = store_backup(store, path, error);
	if (!r)
		r = sync_name(store, COPY, error);
	if (r)
		return r;
	file_rename(store->dir, NAME, FOUND, NULL);
	r = file_rename(store->dir, COPY, NAME, error);
	return r ? r : fd_sync(store->dir, error);
}

static int checkpoint_all(struct store *store, struct error *error)
{
	int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL,
					     NULL);

	return code ? database_error(store->db, code, error) : 0;
}

static int put_back(struct store *store, struct error *error)
{
	int r = has_moved(store) ? write_again(store, error) : checkpoint_all(store, error);

	if (!r)
		r = store_reopen(store, error);
	if (!r)
		store->is_gone = false;
	return r;
}

/* ---- what a sync that failed may have dropped ---- */

#define CHUNK (64 * 1024) /* SQLite writes less than 128 KiB at once */

static int write_file_anew(sqlite3_file *log)
{
	_free_ char *bytes = xmalloc(CHUNK);
	sqlite3_int64 size = 0, at;
	int code = log->pMethods->xFileSize(log, &size);

	for (at = 0; !code && at < size; at += CHUNK) {
		int length = (int)(size - at < CHUNK ? size - at : CHUNK);

		code = log->pMethods->xRead(log, bytes, length, at);
		if (!code)
			code = log->pMethods->xWrite(log, bytes, length, at);
	}
	return code ? code : log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

/* The kernel takes what a failed sync has dropped for written, and the next sync does not bring it:
 * behind commits that did not wait for the device (sync_later) the log would have a hole, and what
 * comes after a hole is not read again. So the log is written anew, in place, from what the kernel
 * still holds. A checkpoint instead would leave a file that is newer than the log beside it, should
 * the power go at once. */
static int write_log_anew(struct store *store, struct error *error)
{
	sqlite3_file *log = NULL;
	int code = 0, r = database_run(store, "BEGIN IMMEDIATE", error); /* nobody cuts it */

	if (r)
		return r;
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log && log->pMethods)
		code = write_file_anew(log);
	database_run(store, "ROLLBACK", NULL);
	if (code)
		return error_set_system(error, code == SQLITE_FULL ? ENOSPC : EIO,
					"the log cannot be written anew");
	store->is_doubtful = false;
	return 0;
}

int mend(struct store *store, struct error *error)
{
	int r = 0;

	if (!store->db)
		r = store_reopen(store, error);
	else if (store->is_gone)
		r = put_back(store, error);
	else if (has_moved(store) || log_is_gone(store))
		r = error_set(error, ERROR_CONFLICT,
			      "was removed or replaced while agentd had it open");
	store->is_gone |= r == -(int)ERROR_CONFLICT;
	if (!r && store->is_doubtful)
		r = write_log_anew(store, error);
	return r ? error_at(error, ".agentd/" NAME, 0, 0) : 0;
}

void mend_after(struct store *store, const struct error *error)
{
	store->is_doubtful |= error->system == EIO;
}

/* ---- looking for damage ---- */

static int is_late(void *context)
{
	const int64_t *until = context;

	return clock_monotonic_ms() > *until;
}

/* "ok", or the first thing that is wrong. Interrupted, it has found nothing so far. */
static int read_verdict(struct store *store, char *verdict, size_t size)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);

	if (!code)
		code = sqlite3_step(statement);
	snprintf(verdict, size, "%s",
		 code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "ok");
	sqlite3_finalize(statement);
	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? code : 0;
}

int store_check(struct store *store, int ms, struct error *error)
{
	int64_t until = clock_monotonic_ms() + ms;
	char verdict[256];
	int code;

	sqlite3_progress_handler(store->db, 1000, is_late, &until);
	code = read_verdict(store, verdict, sizeof(verdict));
	sqlite3_progress_handler(store->db, 0, NULL, NULL);
	if (code)
		return database_error(store->db, code, error);
	return strcmp(verdict, "ok") != 0 ? database_damaged(verdict, error) : 0;
}
