/* The file: made, opened again, read beside a writer, damaged, foreign, copied. */
#include "suite.h"

#include "database.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void reopen(struct place *place, bool readonly, int expect)
{
	struct error error = { .message = "" };
	int r;

	store_close(place->store);
	place->store = NULL;
	r = store_open(place->dir, readonly, &place->store, &error);
	if (r != expect)
		fail_msg("open: %d instead of %d: %s", r, expect, error.message);
	if (!r)
		return;
	assert_string_equal(".agentd/state.db", error.file);
	assert_true(strlen(error.message) > 20);
}

static void put_agent(struct store *store, const char *name)
{
	struct agent_state state = { .agent = name, .paused = true, .reason = "by a person" };

	assert_int_equal(0, store_agent_put(store, &state, NULL));
}

static int print_agent(void *context, const struct agent_state *state)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %d %s;", state->agent, state->paused, state->reason);
}

static const char *agents(struct place *place, struct store *store)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_agents(store, print_agent, place, NULL));
	return place_text(place);
}

static void made_private_and_opened_again(void **state)
{
	struct place *place = *state;
	struct stat st;

	assert_int_equal(0, fstatat(place->dir, "state.db", &st, 0));
	assert_int_equal(0600, st.st_mode & 07777);
	put_agent(place->store, "kira");
	assert_int_equal(0, fstatat(place->dir, "state.db-wal", &st, 0));
	assert_int_equal(0600, st.st_mode & 07777);
	reopen(place, false, 0);
	assert_string_equal("kira 1 by a person;", agents(place, place->store));
	/* a clean end leaves the one file */
	store_close(steal_pointer(&place->store));
	assert_int_equal(-1, fstatat(place->dir, "state.db-wal", &st, 0));
	assert_int_equal(ENOENT, errno);
}

static void readers_beside_the_writer(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *reader = NULL;
	struct error error;

	put_agent(place->store, "kira");
	assert_int_equal(0, store_open(place->dir, true, &reader, &error));
	assert_string_equal("kira 1 by a person;", agents(place, reader));
	/* what is not committed is not seen, and does not hold up the reader */
	assert_int_equal(0, database_run(place->store, "BEGIN IMMEDIATE", NULL));
	put_agent(place->store, "max");
	assert_string_equal("kira 1 by a person;", agents(place, reader));
	assert_int_equal(0, database_run(place->store, "COMMIT", NULL));
	assert_string_equal("kira 1 by a person;max 1 by a person;", agents(place, reader));
	assert_true(store_agent_put(reader, &(struct agent_state){ "x", true, "" }, &error) < 0);
}

static void reading_while_nobody_writes(void **state)
{
	struct place *place = *state;
	struct stat before, after;

	put_agent(place->store, "kira");
	reopen(place, false, 0);
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, fstatat(place->dir, "state.db", &before, 0));
	reopen(place, true, 0);
	assert_string_equal("kira 1 by a person;", agents(place, place->store));
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, fstatat(place->dir, "state.db", &after, 0));
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	assert_int_equal(before.st_size, after.st_size);
	/* where not even the index of a log may be made (as root every folder is writable) */
	assert_int_equal(0, fchmod(place->dir, 0500));
	reopen(place, true, 0);
	assert_string_equal("kira 1 by a person;", agents(place, place->store));
	assert_int_equal(0, fchmod(place->dir, 0700));
}

/* What a daemon that was killed left in its log is read too. */
static void reading_a_log_that_was_left(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *copy = NULL;
	_fd_ int dir = -1;
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(8 * 1024 * 1024);

	put_agent(place->store, "kira");
	assert_int_equal(0, directory_make(place->dir, "copy", 0700, NULL));
	assert_int_equal(0, directory_open_beneath(place->dir, "copy", &dir, NULL));
	assert_int_equal(0, file_read(place->dir, "state.db", &bytes, NULL, NULL));
	assert_int_equal(0, file_replace(dir, "state.db", buffer_span(&bytes), 0600, NULL));
	buffer_reset(&bytes);
	assert_int_equal(0, file_read(place->dir, "state.db-wal", &bytes, NULL, NULL));
	assert_int_equal(0, file_replace(dir, "state.db-wal", buffer_span(&bytes), 0600, NULL));
	assert_int_equal(0, store_open(dir, true, &copy, NULL));
	assert_string_equal("kira 1 by a person;", agents(place, copy));
}

static void write_at(int dir, const char *name, off_t at, const char *text, size_t size)
{
	_fd_ int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(size, pwrite(fd, text, size, at));
}

/* Each row harms a good file. */
static void damaged_files(void **state)
{
	static const struct {
		off_t at;
		const char *text;
		size_t size;
		off_t cut;
		int expect;
	} table[] = {
		{ 0, "This is no database at all", 26, 0, -(int)ERROR_INVALID },
		{ 100, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0, -(int)ERROR_INVALID },
		{ 0, "", 0, 4096, -(int)ERROR_INVALID },
		{ 0, "", 0, 100, -(int)ERROR_INVALID },
		{ 60, "\0\0\0\x63", 4, 0, -(int)ERROR_UNSUPPORTED }, /* user_version 99 */
		{ 68, "else", 4, 0, -(int)ERROR_INVALID },           /* application_id */
	};
	CLEANUP(buffer_clear) struct buffer good = BUFFER(8 * 1024 * 1024);
	struct place *place = *state;

	store_close(steal_pointer(&place->store));
	assert_int_equal(0, file_read(place->dir, "state.db", &good, NULL, NULL));
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		assert_int_equal(
			0, file_replace(place->dir, "state.db", buffer_span(&good), 0600, NULL));
		write_at(place->dir, "state.db", table[i].at, table[i].text, table[i].size);
		if (table[i].cut) {
			_fd_ int fd = openat(place->dir, "state.db", O_RDWR | O_CLOEXEC);

			assert_int_equal(0, ftruncate(fd, table[i].cut));
		}
		reopen(place, true, table[i].expect);
		reopen(place, false, table[i].expect);
	}
}

/* Damage behind the first pages is found by the work that meets it. */
static void damage_that_is_met_later(void **state)
{
	struct place *place = *state;
	char noise[4096];
	struct error error;
	struct stat st;

	put_agent(place->store, "kira");
	store_close(steal_pointer(&place->store));
	memset(noise, 0xa5, sizeof(noise));
	assert_int_equal(0, fstatat(place->dir, "state.db", &st, 0));
	for (off_t at = 4 * 4096; at < st.st_size; at += 4096)
		write_at(place->dir, "state.db", at, noise, sizeof(noise));
	if (store_open(place->dir, false, &place->store, &error))
		return;
	assert_int_equal(-(int)ERROR_INVALID, store_agents(place->store, print_agent, place, &error) ?:
			 store_files(place->store, NULL, NULL, &error) ?:
			 store_sections(place->store, NULL, NULL, &error));
	assert_non_null(strstr(error.message, "move state.db"));
}

static void files_that_are_none(void **state)
{
	struct place *place = *state;
	struct error error;

	store_close(steal_pointer(&place->store));
	assert_int_equal(0, unlinkat(place->dir, "state.db", 0));
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 store_open(place->dir, true, &place->store, &error));
	assert_int_equal(-1, faccessat(place->dir, "state.db", F_OK, 0));
	assert_int_equal(0, symlinkat("elsewhere", place->dir, "state.db"));
	reopen(place, false, -(int)ERROR_INVALID);
	reopen(place, true, -(int)ERROR_INVALID);
	assert_int_equal(0, unlinkat(place->dir, "state.db", 0));
	assert_int_equal(0, mkdirat(place->dir, "state.db", 0700));
	reopen(place, false, -(int)ERROR_INVALID);
	assert_int_equal(0, unlinkat(place->dir, "state.db", AT_REMOVEDIR));
	/* a crash between the name and the tables */
	write_at(place->dir, "state.db", 0, "", 0);
	reopen(place, true, -(int)ERROR_NOT_FOUND);
	reopen(place, false, 0);
}

static void backups(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *reader = NULL, *copy = NULL;
	struct error error;
	char path[128];
	_fd_ int dir = -1;
	struct stat st;

	put_agent(place->store, "kira");
	assert_int_equal(0, directory_make(place->dir, "copy", 0700, NULL));
	assert_int_equal(0, directory_open_beneath(place->dir, "copy", &dir, NULL));
	snprintf(path, sizeof(path), "%s/copy/state.db", place->path);
	assert_int_equal(0, store_open(place->dir, true, &reader, NULL));
	assert_int_equal(0, store_backup(reader, path, &error));
	assert_int_equal(0, fstatat(dir, "state.db", &st, 0));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(-1, fstatat(dir, "state.db-wal", &st, 0));
	assert_int_equal(-(int)ERROR_EXISTS, store_backup(reader, path, &error));
	put_agent(place->store, "max");
	assert_int_equal(0, store_open(dir, true, &copy, NULL));
	assert_string_equal("kira 1 by a person;", agents(place, copy));
	store_close(steal_pointer(&copy));
	assert_int_equal(0, store_open(dir, false, &copy, NULL));
	put_agent(copy, "vera");
	assert_string_equal("kira 1 by a person;vera 1 by a person;", agents(place, copy));
}

/* What passes by itself is no damage: that sets the file aside. */
static void what_passes_is_no_damage(void **state)
{
	static const int codes[] = { SQLITE_BUSY,     SQLITE_LOCKED,    SQLITE_PROTOCOL,
				     SQLITE_ABORT,    SQLITE_INTERRUPT, SQLITE_FULL,
				     SQLITE_CANTOPEN, SQLITE_IOERR,     SQLITE_ABORT_ROLLBACK };
	struct place *place = *state;
	struct error error;

	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
		database_error(place->store->db, codes[i], &error);
		assert_int_not_equal(ERROR_INVALID, error.code);
		assert_true(database_failed(&error)); /* it is tried again */
	}
	database_error(place->store->db, SQLITE_CORRUPT, &error);
	assert_int_equal(ERROR_INVALID, error.code);
}

int file_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(what_passes_is_no_damage),
		PLACE_TEST(made_private_and_opened_again),
		PLACE_TEST(readers_beside_the_writer),
		PLACE_TEST(reading_while_nobody_writes),
		PLACE_TEST(reading_a_log_that_was_left),
		PLACE_TEST(damaged_files),
		PLACE_TEST(damage_that_is_met_later),
		PLACE_TEST(files_that_are_none),
		PLACE_TEST(backups),
	};

	return cmocka_run_group_tests_name("store: the file", tests, NULL, NULL);
}
