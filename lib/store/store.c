#include "database.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "state.db"
#define BUSY_TIMEOUT_MS 2000

/* The cache is small because the daemon idles most of its life; the kernel's holds the file. The
 * writer's holds what a batch of some dozen turns touches, or they read each page anew. The
 * default of Debian's SQLite overwrites what is deleted with zeros, which is not asked for here. A
 * log that grew under a long reader is cut when it starts over. */
static const char always[] = "PRAGMA cache_size = -256;"
			     "PRAGMA mmap_size = 0;"
			     "PRAGMA temp_store = MEMORY;"
			     "PRAGMA secure_delete = OFF;";
static const char to_write[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA cache_size = -1024;"
			       "PRAGMA wal_autocheckpoint = 0;"
			       "PRAGMA journal_size_limit = 4194304;";
static const char to_read[] = "PRAGMA query_only = ON;";

static int count_pages(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *store = context;

	(void)db, (void)name;
	store->wal_pages = pages;
	store->has_log = true;
	return SQLITE_OK;
}

/* Only a regular file; made with the mode that its log then inherits. */
static int look_at_file(int dir, bool readonly, struct error *error)
{
	struct stat st;
	_fd_ int fd = -1;

	if (!fstatat(dir, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW)) {
		if (S_ISREG(st.st_mode))
			return 0;
		error_set(error, ERROR_INVALID, "is no regular file; move it aside");
		return error_at(error, ".agentd/" FILE_NAME, 0, 0);
	}
	if (errno != ENOENT || readonly)
		return error_set_system(error, errno, "cannot open .agentd/" FILE_NAME);
	fd = openat(dir, FILE_NAME, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_set_system(error, errno, "cannot make .agentd/" FILE_NAME) : 0;
}

static int open_file(struct store *store, int dir, const char *name, int flags, const char *query,
		     struct error *error)
{
	char path[128];
	int code;

	snprintf(path, sizeof(path), "file:/proc/self/fd/%d/%s%s", dir, name, query);
	code = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code)
		return database_error(store->db, code, error);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	return database_run(store, always, error);
}

static bool log_is_absent(int dir)
{
	struct stat st;

	return fstatat(dir, FILE_NAME "-wal", &st, 0) ? errno == ENOENT : !st.st_size;
}

/* Whoever left a log may have died over a sync that failed. */
static int open_for_writing(struct store *store, int dir, struct error *error)
{
	int r;

	store->is_doubtful |= !log_is_absent(dir);
	r = open_file(store, dir, FILE_NAME, SQLITE_OPEN_READWRITE, "", error);
	if (!r)
		r = database_run(store, to_write, error);
	if (r)
		return r;
	sqlite3_wal_hook(store->db, count_pages, store);
	return schema_bring_up(store, false, error);
}

static int open_readonly(struct store *store, int dir, const char *name, const char *query,
			 struct error *error)
{
	int r = open_file(store, dir, name, SQLITE_OPEN_READONLY, query, error);

	if (!r)
		r = database_run(store, to_read, error);
	return r ? r : schema_bring_up(store, true, error);
}

static void disconnect(struct store *store)
{
	for (size_t i = 0; i < store->cache_count; i++)
		sqlite3_finalize(store->cache[i].statement);
	store->cache_count = 0;
	sqlite3_close(store->db);
	store->db = NULL;
}

/* A reader of a log needs its index beside it, and makes one. Where it may not (a read-only medium)
 * and no log is left, nobody can be writing: the file itself is all. */
static int open_for_reading(struct store *store, int dir, struct error *error)
{
	struct error own;
	int r = open_readonly(store, dir, FILE_NAME, "", &own);

	if ((r == -(int)ERROR_SYSTEM || r == -(int)ERROR_DENIED) && log_is_absent(dir)) {
		disconnect(store);
		return open_readonly(store, dir, FILE_NAME, "?immutable=1", error);
	}
	if (r && error)
		*error = own;
	return r;
}

int store_reopen(struct store *store, struct error *error)
{
	int r;

	disconnect(store);
	store->has_log = false;
	r = look_at_file(store->dir, false, error);
	if (!r)
		r = open_for_writing(store, store->dir, error);
	if (r)
		disconnect(store);
	return r;
}

int store_open(int dir, bool readonly, struct store **ret_store, struct error *error)
{
	CLEANUP(store_close) struct store *store = NULL;
	int r = look_at_file(dir, readonly, error);

	if (r)
		return r;
	store = xcalloc(1, sizeof(*store));
	store->dir = readonly ? -1 : dir;
	if (readonly)
		r = open_for_reading(store, dir, error);
	else
		r = open_for_writing(store, dir, error);
	if (r)
		return r;
	*ret_store = steal_pointer(&store);
	return 0;
}

int store_open_old(int dir, const char *name, struct store **ret_store, struct error *error)
{
	CLEANUP(store_close) struct store *store = xcalloc(1, sizeof(*store));
	int r;

	store->dir = -1;
	r = open_readonly(store, dir, name, "", error);
	if (r == -(int)ERROR_UNSUPPORTED) { /* maybe of an older agentd */
		disconnect(store);
		r = open_file(store, dir, name, SQLITE_OPEN_READWRITE, "", error);
		if (!r)
			r = schema_bring_up(store, false, error);
	}
	if (r)
		return r;
	*ret_store = steal_pointer(&store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	/* a log in doubt is for the next one to write anew: see mend.c */
	if (store->db && store->is_doubtful)
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	disconnect(store);
	free(store);
}

int store_together(struct store *store, store_work work, void *context, struct error *error)
{
	int r = savepoint_begin(store, error);

	if (r)
		return r;
	r = work(store, context, error);
	if (!r)
		r = savepoint_keep(store, error);
	if (r)
		savepoint_undo(store);
	return r;
}

static const char this_epoch[] = "SELECT value FROM counter WHERE name = 'epoch'";

int store_epoch(struct store *store, int64_t *ret_epoch, struct error *error)
{
	struct query q;

	query_begin(&q, store, this_epoch, error);
	return query_value(&q, ret_epoch);
}

static const char next_epoch[] = "INSERT INTO counter VALUES('epoch', 1)"
				 " ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value";

int store_epoch_next(struct store *store, int64_t *ret_epoch, struct error *error)
{
	struct query q;
	int64_t epoch = 0;
	int r;

	sync_later(store); /* every row that carries it comes behind it in the log */
	query_begin(&q, store, next_epoch, error);
	r = query_next(&q);
	if (r > 0)
		epoch = column_int(&q);
	while (r > 0) /* without autocommit it is not done before its end */
		r = query_next(&q);
	sync_again(store);
	if (!r)
		*ret_epoch = epoch;
	return r;
}
