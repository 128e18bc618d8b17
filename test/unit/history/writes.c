/* What an agent writes is committed as the agent's, and nothing else with it. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct history_author kira = { "kira", "kira@agentd.local", NOON };

static void a_write_is_one_commit_by_the_agent(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- three\n");
	assert_sh(
		f,
		"kira <kira@agentd.local> memory: 1 fact from Daily (07:00)\n"
		"Agent: kira\nSession: 01JD6Y3V3W0000000000000000\nCause: heartbeat Daily (07:00)\n\n",
		"git log -1 --format='%%an <%%ae> %%s%%n%%(trailers)'");
	assert_sh(f, "2\n", "git rev-list --count HEAD");
	assert_sh(f, "MEMORY.md\n", "git show --format= --name-only");
	assert_tidy(f);
}

static void the_persons_edits_go_first(void **state)
{
	struct folder *f = *state;

	sh(f, "echo hello >> SOUL.md");
	agent_append(f, "MEMORY.md", "- three\n");
	assert_sh(f, "kira\nMika Person\nMika Person\n", "git log --format=%%an");
	assert_sh(f, "edit SOUL.md\n", "git log -1 --format=%%s HEAD^");
	assert_tidy(f);
}

static void a_new_file_in_a_new_folder(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	assert_int_equal(0, agent_write(f, "memory/archive/2026-11.md", "- old\n", &error));
	assert_file(f, "memory/archive/2026-11.md", "- old\n");
	assert_sh(f, "2\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

static void doing_it_twice_is_the_same(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	char first[HISTORY_ID_SIZE], second[HISTORY_ID_SIZE];
	CLEANUP(buffer_clear) struct buffer was = BUFFER(1024);

	file_read(f->dir, "MEMORY.md", &was, NULL, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(0, history_write(f->history, "MEMORY.md", buffer_span(&was),
						  SPAN("- new\n"), &kira, "memory\n",
						  i ? second : first, NULL, &error));
	assert_string_equal(first, second);
	assert_sh(f, "2\n", "git rev-list --count HEAD");
}

static void a_file_that_holds_something_else_is_a_conflict(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	char commit[HISTORY_ID_SIZE];

	assert_int_equal(-ERROR_CONFLICT,
			 history_write(f->history, "MEMORY.md", SPAN("stale\n"), SPAN("- new\n"),
				       &kira, "memory\n", commit, NULL, &error));
	assert_int_equal(-ERROR_CONFLICT,
			 history_write(f->history, "MEMORY.md", (struct span){ NULL, 0 },
				       SPAN("x\n"), &kira, "memory\n", commit, NULL, &error));
	assert_sh(f, "1\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

/* A person's `cat >>MEMORY.md`: what is typed next must not go to a file without a name. */
static void a_file_that_is_open_for_writing_is_left_alone(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	_fd_ int fd = openat(f->dir, "MEMORY.md", O_WRONLY | O_APPEND | O_CLOEXEC);
	CLEANUP(buffer_clear) struct buffer was = BUFFER(1024);
	_free_ char *mine = NULL, *both = NULL;

	file_read(f->dir, "MEMORY.md", &was, NULL, NULL);
	mine = xasprintf("%s- mine\n", was.data);
	both = xasprintf("%s- three\n", mine);
	sh(f, "echo hello >> SOUL.md");
	assert_int_equal(-ERROR_BUSY, agent_write(f, "MEMORY.md", "- lost\n", &error));
	assert_int_equal(ETXTBSY, error.system);
	assert_string_equal("MEMORY.md is open for writing by another program", error.message);
	assert_sh(f, "edit SOUL.md\n", "git log -1 --format=%%s"); /* that goes on */
	assert_int_equal(7, write(fd, "- mine\n", 7));
	assert_file(f, "MEMORY.md", mine);
	assert_int_equal(-ERROR_BUSY, agent_write(f, "MEMORY.md", "- lost\n", &error));
	fd_close(&fd);
	agent_append(f, "MEMORY.md", "- three\n");
	assert_file(f, "MEMORY.md", both);
	assert_sh(f, "kira\nMika Person\n", "git log -2 --format=%%an -- MEMORY.md");
	assert_sh(f, "", "git fsck --strict --full 2>&1");
	assert_tidy(f);
}

static const char *const bad_paths[] = {
	"",         "/etc/passwd",      "../x.md",   "a/../../x.md", ".git/config",
	"a/.git/x", ".GIT/config",      "work/x.md", "MEMORY.md~",   "a//b.md",
	"./x.md",   ".agentd/state.db",
};

static void bad_paths_are_refused(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(bad_paths); i++) {
		struct error error = { 0 };
		char commit[HISTORY_ID_SIZE];

		assert_int_equal(-ERROR_INVALID,
				 history_write(f->history, bad_paths[i], (struct span){ NULL, 0 },
					       SPAN("x\n"), &kira, "x\n", commit, NULL, &error));
	}
}

static void a_symlink_is_never_followed(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	char commit[HISTORY_ID_SIZE];

	sh(f, "rm MEMORY.md; echo secret > ../secret; ln -s ../secret MEMORY.md; ln -s .. out");
	assert_int_not_equal(0, history_write(f->history, "MEMORY.md", SPAN("secret\n"),
					      SPAN("x\n"), &kira, "x\n", commit, NULL, &error));
	assert_int_not_equal(0, history_write(f->history, "out/new.md", (struct span){ NULL, 0 },
					      SPAN("x\n"), &kira, "x\n", commit, NULL, &error));
	assert_sh(f, "secret\n", "cat ../secret; ls ../new.md 2>/dev/null");
}

static void the_executable_bit_is_kept(void **state)
{
	struct folder *f = *state;

	sh(f, "chmod 755 MEMORY.md");
	edits(f);
	agent_append(f, "MEMORY.md", "- three\n");
	assert_sh(f, "100755\n", "git ls-tree HEAD MEMORY.md | cut -c1-6");
	assert_tidy(f);
}

static void the_callers_cache_gets_the_new_file(void **state)
{
	struct folder *f = *state;
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	char commit[HISTORY_ID_SIZE];
	struct file_stamp stamp;
	struct error error;
	struct stat st;
	bool seen = false;

	assert_int_equal(0, history_write(f->history, "N.md", (struct span){ NULL, 0 }, SPAN("x\n"),
					  &kira, "x\n", commit, &files, &error));
	assert_int_equal(0, fstatat(f->dir, "N.md", &st, 0));
	file_stamp_of(&st, &stamp);
	for (size_t i = 0; i < files.count; i++)
		if (!strcmp(files.items[i].path, "N.md"))
			seen = file_stamp_equal(&stamp, &files.items[i].stamp);
	assert_true(seen);
	assert_int_equal(3, files.count);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int writes_tests(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_write_is_one_commit_by_the_agent),
		WITH(the_persons_edits_go_first),
		WITH(a_new_file_in_a_new_folder),
		WITH(doing_it_twice_is_the_same),
		WITH(a_file_that_holds_something_else_is_a_conflict),
		WITH(a_file_that_is_open_for_writing_is_left_alone),
		WITH(bad_paths_are_refused),
		WITH(a_symlink_is_never_followed),
		WITH(the_executable_bit_is_kept),
		WITH(the_callers_cache_gets_the_new_file),
	};

	return cmocka_run_group_tests_name("writes", tests, NULL, NULL);
}
