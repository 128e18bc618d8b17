/* Where a workspace may be served. */
#include "base/filesystem.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

/* exchanges, locks, maps, has sockets, folds case */
#define FS(kind, e, l, m, s, c)                       \
	{                                             \
		"x", FILESYSTEM_##kind, e, l, m, s, c \
	}

static void judged(void **state)
{
	static const struct {
		struct filesystem fs;
		size_t refusals, warnings;
		const char *first; /* in the first text */
	} rows[] = {
		{ FS(DISK, 1, 1, 1, 1, 0), 0, 0, NULL },
		{ FS(NETWORK, 1, 1, 1, 1, 0), 1, 0, "network" },
		{ FS(DISK, 0, 1, 1, 1, 0), 1, 0, "exchange" },
		{ FS(DISK, 1, 0, 1, 1, 0), 1, 0, "locks" },
		{ FS(DISK, 1, 1, 0, 1, 0), 1, 0, "map" },
		{ FS(DISK, 1, 1, 1, 0, 0), 1, 0, "sockets" },
		{ FS(FUSE, 1, 1, 1, 1, 0), 0, 1, "program" },
		{ FS(OVERLAY, 1, 1, 1, 1, 0), 0, 1, "container" },
		{ FS(MEMORY, 1, 1, 1, 1, 0), 0, 1, "memory" },
		{ FS(DISK, 1, 1, 1, 1, 1), 0, 1, "soul.md" },
		{ FS(FUSE, 1, 1, 0, 1, 1), 1, 2, "map" },
		{ FS(NETWORK, 0, 0, 0, 0, 1), 5, 1, "network" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filesystem_finding found[FILESYSTEM_FINDINGS];
		size_t count = filesystem_judge(&rows[i].fs, found), refusals = 0;

		for (size_t j = 0; j < count; j++) {
			assert_true(!found[j].is_refusal || j == refusals); /* they come first */
			refusals += found[j].is_refusal;
			assert_non_null(found[j].mend);
		}
		assert_int_equal(rows[i].refusals, refusals);
		assert_int_equal(rows[i].warnings, count - refusals);
		if (count)
			assert_non_null(strstr(found[0].what, rows[i].first));
	}
}

/* What can be done here, and nothing stays behind; also not of a look that was cut short. */
static void looked_at(void **state)
{
	char path[] = "/tmp/agentd-filesystem-XXXXXX";
	struct filesystem fs;
	_fd_ int dir = -1;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(0, directory_open(path, &dir, NULL));
	assert_int_equal(0, file_replace(dir, "look.a", SPAN("left"), 0600, NULL));
	filesystem_look(dir, "look", &fs);
	assert_non_null(fs.name);
	assert_true(fs.exchanges && fs.locks && fs.maps && fs.has_sockets);
	assert_false(fs.folds_case);
	assert_int_equal(0, rmdir(path)); /* it is empty */
}

static void kinds(void **state)
{
	struct filesystem fs;
	_fd_ int dir = -1;

	(void)state;
	assert_int_equal(0, directory_open("/proc", &dir, NULL));
	filesystem_look(dir, "look", &fs); /* where nothing can be made all is taken to be well */
	assert_true(fs.exchanges && fs.locks && fs.maps && fs.has_sockets);
	assert_int_equal(FILESYSTEM_DISK, fs.kind);
	fd_close(&dir);
	if (directory_open("/dev/shm", &dir, NULL))
		return;
	filesystem_look_at_kind(dir, &fs);
	assert_string_equal("tmpfs", fs.name);
	assert_int_equal(FILESYSTEM_MEMORY, fs.kind);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged),
		cmocka_unit_test(looked_at),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
