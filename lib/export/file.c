/* One session's file: written as a whole, looked at, read again. */
#include "folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CHUNK (64 * 1024)

static char *path_of(const struct session_row *row)
{
	char started[INSTANT_SIZE];

	instant_print(row->started / 1000, started);
	return xasprintf(EXPORT_FOLDER "/%.10s/%s" EXPORT_SUFFIX, started, row->id);
}

/* ---- writing ---- */

struct writing {
	int fd;
	struct buffer text;
	struct error *error;
};

static int flush(struct writing *writing)
{
	int result = fd_write_all(writing->fd, buffer_span(&writing->text), writing->error);

	buffer_reset(&writing->text);
	return result;
}

static int write_line(void *context, const json_t *line)
{
	struct writing *writing = context;
	_free_ char *text = json_dumps(line, JSON_COMPACT);

	if (!text || buffer_append_text(&writing->text, text) ||
	    buffer_append(&writing->text, SPAN("\n")))
		return error_set(writing->error, ERROR_TOO_LARGE,
				 "a line of the export is too long");
	return writing->text.length >= CHUNK ? flush(writing) : 0;
}

static int write_lines(int fd, struct store *store, const char *session, struct error *error)
{
	struct writing writing = { fd, BUFFER(EXPORT_LINE_MAX), error };
	int result = export_lines(store, session, write_line, &writing, error);

	if (!result)
		result = flush(&writing);
	buffer_clear(&writing.text);
	return result;
}

/* The day's folder is there already but for the first of the day. */
static int create(int state_dir, const char *path, int *ret_fd, struct error *error)
{
	int result = file_create(state_dir, path, 0600, ret_fd, error);
	_free_ char *folder = NULL;

	if (result != -(int)ERROR_NOT_FOUND)
		return result;
	folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	result = directory_make(state_dir, folder, 0700, error);
	return result ? result : file_create(state_dir, path, 0600, ret_fd, error);
}

static int sync_folder(int state_dir, const char *path, struct error *error)
{
	_free_ char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	_fd_ int fd = -1;
	int result = directory_open_beneath(state_dir, folder, &fd, error);

	return result ? result : fd_sync(fd, error);
}

static int write_file(int state_dir, struct store *store, const char *session, const char *path,
		      bool sync, struct error *error)
{
	_free_ char *part = xasprintf("%s" EXPORT_PART, path);
	_fd_ int fd = -1;
	int result = create(state_dir, part, &fd, error);

	if (result)
		return result;
	result = write_lines(fd, store, session, error);
	if (!result && sync)
		result = fd_sync(fd, error);
	if (!result)
		result = file_rename(state_dir, part, path, error);
	if (!result && sync)
		result = sync_folder(state_dir, path, error);
	if (result)
		file_unlink(state_dir, part, NULL);
	return result;
}

struct finding {
	const char *session;
	char *path;
};

static int find_path(void *context, const struct session_row *row)
{
	struct finding *finding = context;

	if (!strcmp(row->id, finding->session) && row->ended)
		finding->path = path_of(row);
	return 0;
}

int export_write(int state_dir, struct store *store, const char *session, bool sync,
		 struct error *error)
{
	struct finding finding = { session, NULL };
	int result = store_sessions_named(store, session, 1, find_path, &finding, error);

	if (!result && !finding.path)
		return error_set(error, ERROR_NOT_FOUND, "no session %s has ended", session);
	if (!result)
		result = write_file(state_dir, store, session, finding.path, sync, error);
	free(finding.path);
	return result;
}

/* ---- looking ---- */

bool export_is_there(int state_dir, const struct session_row *row)
{
	_free_ char *path = path_of(row);
	struct stat st;

	return !file_stat(state_dir, path, &st, NULL) && S_ISREG(st.st_mode) && st.st_size;
}

/* Whole lines of a file; -1: it cannot be read, or what stands last is none. */
static int64_t count_lines(int state_dir, const char *path)
{
	_free_ char *piece = xmalloc(CHUNK);
	_fd_ int fd = -1;
	int64_t lines = 0;
	char last = '\n';
	ssize_t got;

	if (file_open_beneath(state_dir, path, &fd, NULL, NULL))
		return -1;
	while ((got = read(fd, piece, CHUNK)) > 0) {
		for (const char *at = piece; (at = memchr(at, '\n', (size_t)(piece + got - at)));
		     at++)
			lines++;
		if (memchr(piece, '\0', (size_t)got)) /* blocks that never came to the disk */
			return -1;
		last = piece[got - 1];
	}
	return got || last != '\n' ? -1 : lines;
}

bool export_is_whole(int state_dir, struct store *store, const struct session_row *row)
{
	_free_ char *path = path_of(row);
	struct session_size size = { 0 };

	if (store_session_size(store, row->id, &size, NULL) || size.late_calls)
		return false;
	/* calls may have left state.db before their session: then it has more */
	return count_lines(state_dir, path) >= 1 + size.steps + size.calls + size.deaths;
}

/* ---- reading ---- */

int export_read(int state_dir, const char *path, export_visit visit, void *context,
		struct error *error)
{
	_free_ char *line = NULL;
	size_t size = 0;
	ssize_t length;
	unsigned number = 0;
	int fd, result = file_open_beneath(state_dir, path, &fd, NULL, error);
	FILE *file = result ? NULL : fdopen(fd, "r");

	if (!file)
		return result;
	while (!result && (length = getline(&line, &size, file)) > 0) {
		json_t *json = json_loadb(line, (size_t)length, JSON_ALLOW_NUL, NULL);

		number++;
		result = json ? visit(context, json)
			      : error_set(error, ERROR_INVALID, "is no line of JSON");
		if (!json)
			error_at(error, path, number, 1);
		json_decref(json);
	}
	fclose(file);
	return result;
}
