#include "suite.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

int place_setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	struct error error = { .message = "" };

	snprintf(place->path, sizeof(place->path), "/tmp/agentd-store-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_int_equal(0, directory_open(place->path, &place->dir, NULL));
	if (store_open(place->dir, false, &place->store, &error))
		fail_msg("%s", error.message);
	place->seen = BUFFER(1024 * 1024);
	*state = place;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

int place_teardown(void **state)
{
	struct place *place = *state;

	store_close(place->store);
	buffer_clear(&place->seen);
	fd_close(&place->dir);
	nftw(place->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

const char *place_text(const struct place *place)
{
	return place->seen.length ? place->seen.data : "";
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--write"))
		return crash_child(argv[2], strtoll(argv[3], NULL, 10));
	/* the first commits of all are those of the test that wants them to fail */
	setenv("AGENTD_FAILPOINTS", "store.commit=error:ENOSPC@1,store.commit=error:EIO@1", 1);
	return writer_tests() + file_tests() + migration_tests() + rows_tests() + journal_tests() +
			       ledger_tests() + sums_tests() + gateway_tests() + leaving_tests() +
			       deaths_tests() + crash_tests() + sync_tests()
		       ? 1
		       : 0;
}
