/* What people and programs do to a folder, and what is told of it. */
#include "suite.h"

#include "watch/watch.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

/* The folder "in" is watched under tag 1; "out" lies beside it. */
struct place {
	char path[32];
	int top;
	struct watch *watch;
	struct buffer seen;
	uint64_t retag; /* not 0: what appears is watched at once under this tag */
};

static const char *const words[] = {
	[WATCH_CHANGED] = "changed", [WATCH_GONE] = "gone",     [WATCH_APPEARED] = "appeared",
	[WATCH_SELF] = "self",       [WATCH_RESCAN] = "rescan",
};

static void add(struct place *place, const char *path, uint64_t tag)
{
	_fd_ int fd = openat(place->top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(0, watch_add(place->watch, fd, tag, NULL));
}

static void note(void *context, const struct watch_event *event)
{
	struct place *place = context;

	buffer_printf(&place->seen, "%s:%u:%s%s ", words[event->change], (unsigned)event->tag,
		      event->name, event->directory ? "/" : "");
	if (event->change == WATCH_APPEARED && place->retag)
		add(place, "in/moved", place->retag);
}

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->path, sizeof(place->path), "/tmp/agentd-watch-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_int_equal(0, directory_open(place->path, &place->top, NULL));
	assert_int_equal(0, mkdirat(place->top, "in", 0700));
	assert_int_equal(0, mkdirat(place->top, "out", 0700));
	place->seen = BUFFER(1024 * 1024);
	assert_int_equal(0, watch_new(note, place, &place->watch, NULL));
	*state = place;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *place = *state;

	watch_free(place->watch);
	buffer_clear(&place->seen);
	fd_close(&place->top);
	nftw(place->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

/* ---- the deeds ---- */

typedef void (*deed)(int top, const char *a, const char *b);

static void write_file(int top, const char *a, const char *b)
{
	_fd_ int fd = openat(top, a, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(strlen(b), write(fd, b, strlen(b)));
}

static void rename_file(int top, const char *a, const char *b)
{
	assert_int_equal(0, renameat(top, a, top, b));
}

static void link_file(int top, const char *a, const char *b)
{
	assert_int_equal(0, linkat(top, a, top, b, 0));
}

static void link_unnamed(int top, const char *a, const char *b)
{
	_fd_ int fd = openat(top, a, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(3, write(fd, "new", 3));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(0, linkat(AT_FDCWD, path, top, b, AT_SYMLINK_FOLLOW));
}

static void link_symbolic(int top, const char *a, const char *b)
{
	assert_int_equal(0, symlinkat(a, top, b));
}

static void make_fifo(int top, const char *a, const char *b)
{
	(void)b;
	assert_int_equal(0, mkfifoat(top, a, 0600));
}

static void make_folder(int top, const char *a, const char *b)
{
	(void)b;
	assert_int_equal(0, mkdirat(top, a, 0700));
}

static void remove_file(int top, const char *a, const char *b)
{
	(void)b;
	assert_int_equal(0, unlinkat(top, a, 0));
}

static void remove_folder(int top, const char *a, const char *b)
{
	(void)b;
	assert_int_equal(0, unlinkat(top, a, AT_REMOVEDIR));
}

static void change_mode(int top, const char *a, const char *b)
{
	(void)b;
	assert_int_equal(0, fchmodat(top, a, 0640, 0));
}

static void read_file(int top, const char *a, const char *b)
{
	_fd_ int fd = openat(top, a, O_RDONLY | O_CLOEXEC);
	char byte;

	(void)b;
	assert_int_equal(1, read(fd, &byte, 1));
}

struct row {
	struct {
		deed deed;
		const char *a, *b;
	} before[2], during[3];
	const char *expect;
};

static const struct row rows[] = {
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { read_file, "in/a", 0 } },
	  .expect = "" },
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { write_file, "in/a", "y" } },
	  .expect = "changed:1:a " },
	{ .during = { { write_file, "in/a", "" } }, .expect = "changed:1:a " },
	/* made and written before anyone looked: told once too often rather than never */
	{ .during = { { write_file, "in/a", "x" } }, .expect = "appeared:1:a changed:1:a " },
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { change_mode, "in/a", 0 } },
	  .expect = "changed:1:a " },
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { remove_file, "in/a", 0 } },
	  .expect = "gone:1:a " },
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { rename_file, "in/a", "out/a" } },
	  .expect = "gone:1:a " },
	{ .before = { { write_file, "out/a", "x" } },
	  .during = { { rename_file, "out/a", "in/a" } },
	  .expect = "changed:1:a " },
	{ .before = { { write_file, "in/a", "x" } },
	  .during = { { rename_file, "in/a", "in/b" } },
	  .expect = "gone:1:a changed:1:b " },
	/* files that nobody will close after writing */
	{ .before = { { write_file, "out/a", "x" } },
	  .during = { { link_file, "out/a", "in/a" } },
	  .expect = "appeared:1:a " },
	{ .before = { { write_file, "out/a", "" } },
	  .during = { { link_file, "out/a", "in/a" } },
	  .expect = "appeared:1:a " },
	{ .before = { { write_file, "out/a", "x" } },
	  .during = { { link_file, "out/a", "in/a" }, { remove_file, "out/a", 0 } },
	  .expect = "appeared:1:a " },
	{ .during = { { link_unnamed, "in", "in/a" } }, .expect = "appeared:1:a " },
	{ .during = { { link_symbolic, "/etc/passwd", "in/a" } }, .expect = "appeared:1:a " },
	{ .during = { { make_fifo, "in/a", 0 } }, .expect = "appeared:1:a " },
	/* folders */
	{ .during = { { make_folder, "in/d", 0 } }, .expect = "appeared:1:d/ " },
	{ .before = { { make_folder, "in/d", 0 } },
	  .during = { { remove_folder, "in/d", 0 } },
	  .expect = "gone:1:d/ " },
	{ .before = { { make_folder, "out/d", 0 } },
	  .during = { { rename_file, "out/d", "in/d" } },
	  .expect = "appeared:1:d/ " },
	{ .before = { { make_folder, "in/d", 0 } },
	  .during = { { rename_file, "in/d", "in/e" } },
	  .expect = "gone:1:d/ appeared:1:e/ " },
	/* the folder itself */
	{ .during = { { remove_folder, "in", 0 } }, .expect = "self:1:/ " },
	{ .during = { { rename_file, "in", "moved" }, { write_file, "moved/a", "x" } },
	  .expect = "self:1:/ " },
	{ .during = { { change_mode, "in", 0 } }, .expect = "" },
	/* elsewhere */
	{ .during = { { write_file, "out/a", "x" } }, .expect = "" },
};

static void check_row(const struct row *row)
{
	struct place *place;
	void *state = NULL;

	setup(&state);
	place = state;
	for (size_t i = 0; i < ARRAY_LENGTH(row->before) && row->before[i].deed; i++)
		row->before[i].deed(place->top, row->before[i].a, row->before[i].b);
	add(place, "in", 1);
	for (size_t i = 0; i < ARRAY_LENGTH(row->during) && row->during[i].deed; i++)
		row->during[i].deed(place->top, row->during[i].a, row->during[i].b);
	assert_int_equal(0, watch_dispatch(place->watch, NULL));
	if (strcmp(row->expect, place->seen.data ?: ""))
		fail_msg("row %zu: expected <%s>, told <%s>", (size_t)(row - rows), row->expect,
			 place->seen.data ?: "");
	teardown(&state);
}

static void deeds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_row(&rows[i]);
}

static const char *told(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, watch_dispatch(place->watch, NULL));
	return place->seen.data ?: "";
}

/* Nothing is said of a file while it is written, however slowly. */
static void a_slow_writer(void **state)
{
	struct place *place = *state;
	_fd_ int fd = -1;

	add(place, "in", 1);
	fd = openat(place->top, "in/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_string_equal("", told(place));
	assert_int_equal(4, write(fd, "half", 4));
	assert_string_equal("", told(place));
	assert_int_equal(4, write(fd, "full", 4));
	fd_close(&fd);
	assert_string_equal("changed:1:a ", told(place));
}

static void tags_move(void **state)
{
	struct place *place = *state;

	add(place, "in", 1);
	add(place, "in", 1);
	write_file(place->top, "in/a", "");
	assert_string_equal("changed:1:a ", told(place));
	/* a new tag for the folder: what was before is nobody's any more */
	write_file(place->top, "in/a", "");
	add(place, "in", 2);
	assert_string_equal("", told(place));
	write_file(place->top, "in/a", "");
	assert_string_equal("changed:2:a ", told(place));
	/* the tag for another folder */
	add(place, "out", 2);
	write_file(place->top, "in/a", "");
	write_file(place->top, "out/b", "");
	assert_string_equal("changed:2:b ", told(place));
	watch_remove(place->watch, 2);
	watch_remove(place->watch, 2);
	write_file(place->top, "out/b", "");
	assert_string_equal("", told(place));
}

/* A folder that moves within what is watched, and is watched anew as soon as it appears: the move
 * that is still queued for its old watch must not end the new one. */
static void a_folder_moves_and_is_watched_at_once(void **state)
{
	struct place *place = *state;

	make_folder(place->top, "in/d", NULL);
	add(place, "in", 1);
	add(place, "in/d", 2);
	rename_file(place->top, "in/d", "in/moved");
	place->retag = 3;
	assert_string_equal("gone:1:d/ appeared:1:moved/ ", told(place));
	place->retag = 0;
	write_file(place->top, "in/moved/a", "");
	assert_string_equal("changed:3:a ", told(place));
}

/* An open file that lost its name is nobody's concern. */
static void unlinked_files_are_silent(void **state)
{
	struct place *place = *state;
	_fd_ int fd = -1;

	write_file(place->top, "in/a", "x");
	add(place, "in", 1);
	fd = openat(place->top, "in/a", O_WRONLY | O_CLOEXEC);
	remove_file(place->top, "in/a", NULL);
	assert_string_equal("gone:1:a ", told(place));
	assert_int_equal(1, write(fd, "y", 1));
	fd_close(&fd);
	assert_string_equal("", told(place));
}

static void links_are_no_folders(void **state)
{
	struct place *place = *state;
	struct error error;
	_fd_ int file = -1, link = -1;

	write_file(place->top, "file", "x");
	link_symbolic(place->top, "in", "link");
	file = openat(place->top, "file", O_RDONLY | O_CLOEXEC);
	link = openat(place->top, "link", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	assert_true(watch_add(place->watch, file, 1, &error) < 0);
	assert_int_equal(ENOTDIR, error.system);
	assert_true(watch_add(place->watch, link, 1, &error) < 0);
	assert_true(watch_add(place->watch, -1, 1, &error) < 0);
	write_file(place->top, "in/a", "x");
	assert_string_equal("", told(place));
}

static void too_many_events(void **state)
{
	struct place *place = *state;
	_fd_ int file = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY | O_CLOEXEC);
	CLEANUP(buffer_clear) struct buffer text = BUFFER(64);
	long limit;

	assert_int_equal(0, fd_read_all(file, &text, NULL));
	limit = strtol(text.data, NULL, 10);
	if (limit > 200000)
		skip();
	write_file(place->top, "in/a", "x");
	write_file(place->top, "in/b", "x");
	add(place, "in", 1);
	/* the kernel joins equal events in a row, so they alternate */
	for (long i = 0; i <= limit; i++)
		change_mode(place->top, i % 2 ? "in/a" : "in/b", NULL);
	told(place);
	assert_non_null(strstr(place->seen.data, "rescan:0: "));
	write_file(place->top, "in/a", "x");
	assert_string_equal("changed:1:a ", told(place));
}

/* Runs first: the named failures are those of the first hits. */
static void limits_are_named_with_their_mend(void **state)
{
#ifdef AGENTD_FAILPOINTS
	struct watch *watch = NULL;
	struct error error;

	(void)state;
	assert_int_equal(-(int)ERROR_TOO_LARGE, watch_new(note, NULL, &watch, &error));
	assert_non_null(strstr(error.message, "sudo sysctl fs.inotify.max_user_instances="));
	assert_null(watch);
	assert_int_equal(0, watch_new(note, NULL, &watch, &error));
	assert_int_equal(-(int)ERROR_TOO_LARGE, watch_add(watch, AT_FDCWD, 1, &error));
	assert_non_null(strstr(error.message, "sudo sysctl fs.inotify.max_user_watches="));
	watch_free(watch);
#else
	(void)state;
	skip();
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_named_with_their_mend),
		cmocka_unit_test(deeds),
		cmocka_unit_test_setup_teardown(a_slow_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(tags_move, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_moves_and_is_watched_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(unlinked_files_are_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(links_are_no_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_events, setup, teardown),
	};

	setenv("AGENTD_FAILPOINTS", "watch.new=error:EMFILE@1,watch.add=error:ENOSPC@1", 1);
	return table_tests() + cmocka_run_group_tests_name("watch", tests, NULL, NULL) ? 1 : 0;
}
