#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* All pages in one read transaction; then a file that needs no log beside it. */
static int copy_pages(struct store *store, sqlite3 *to, struct error *error)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", store->db, "main");
	int code;

	if (!backup)
		return database_error(to, sqlite3_errcode(to), error);
	sqlite3_backup_step(backup, -1);
	code = sqlite3_backup_finish(backup);
	if (!code)
		code = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return code ? database_error(to, code, error) : 0;
}

static int copy_to(struct store *store, const char *path, struct error *error)
{
	sqlite3 *to = NULL;
	int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	int r = code ? database_error(to, code, error) : copy_pages(store, to, error);

	sqlite3_close(to);
	return r;
}

int store_backup(struct store *store, const char *to, struct error *error)
{
	_fd_ int fd = open(to, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_set_system(error, errno, "cannot make %s", to);
	r = copy_to(store, to, error);
	if (r) {
		unlink(to);
		error_at(error, to, 0, 0);
	}
	return r;
}
