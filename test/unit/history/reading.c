/* Log and bundle. */
#include "folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int print(void *context, const struct history_entry *entry)
{
	struct buffer *out = context;

	buffer_printf(out, "%s <%s> %lld %s\n", entry->author, entry->email, (long long)entry->at,
		      entry->subject);
	for (size_t i = 0; i < entry->file_count; i++)
		buffer_printf(out, " %s", entry->files[i]);
	buffer_printf(out, "\n%s", entry->body);
	if (entry->patch)
		buffer_printf(out, "\n%s", entry->patch);
	buffer_append_text(out, "\n");
	return 0;
}

static void the_log_is_newest_first(void **state)
{
	struct folder *f = *state;
	CLEANUP(buffer_clear) struct buffer out = BUFFER(65536);
	struct error error = { 0 };

	agent_append(f, "MEMORY.md", "- three\n");
	assert_int_equal(0, history_log(f->history, 10, false, print, &out, &error));
	assert_string_equal(
		"kira <kira@agentd.local> 1795262460 memory: 1 fact from Daily (07:00)\n"
		" MEMORY.md\n"
		"Agent: kira\nSession: 01JD6Y3V3W0000000000000000\nCause: heartbeat Daily (07:00)\n"
		"Mika Person <mika@example.org> 1795262400 begin agent kira\n"
		" MEMORY.md SOUL.md\n\n",
		out.data);
	buffer_reset(&out);
	assert_int_equal(0, history_log(f->history, 1, true, print, &out, &error));
	assert_non_null(strstr(out.data, "\n--- a/MEMORY.md\n+++ b/MEMORY.md\n@@ "));
	assert_non_null(strstr(out.data, "\n+- three\n"));
	assert_null(strstr(out.data, "begin agent"));
}

static int stop(void *context, const struct history_entry *entry)
{
	(void)entry;
	return ++*(int *)context == 2 ? 42 : 0;
}

static void a_visit_ends_the_walk(void **state)
{
	struct folder *f = *state;
	struct error error;
	int seen = 0;

	for (int i = 0; i < 5; i++)
		agent_append(f, "MEMORY.md", "- more\n");
	assert_int_equal(42, history_log(f->history, 10, false, stop, &seen, &error));
	assert_int_equal(2, seen);
}

static int write_bundle(struct folder *f, struct error *error)
{
	_fd_ int fd = openat(f->dir, "../kira.bundle", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			     0600);

	return history_bundle(f->history, fd, error);
}

static void git_clones_the_bundle(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	agent_append(f, "MEMORY.md", "- three\n");
	sh(f, "git branch topic HEAD^; git tag light; git tag -a -m annotated heavy HEAD^");
	assert_int_equal(0, write_bundle(f, &error));
	assert_int_equal(0, sh(f, "git bundle verify ../kira.bundle"));
	assert_int_equal(0, sh(f, "git clone -q ../kira.bundle ../clone"));
	assert_sh(f, "", "diff -r -x .git . ../clone");
	assert_sh(f, "heavy\nlight\n", "git -C ../clone tag");
	assert_sh(f, "", "git -C ../clone fsck --strict --no-progress 2>&1 | grep -v ^notice");
	assert_sh(f, "main\n", "git -C ../clone branch --show-current");
	assert_sh(f, "begin agent kira\n", "git -C ../clone log -1 --format=%%s origin/topic");
}

static void nothing_to_read_before_the_first_commit(void **state)
{
	struct folder *f = *state;
	CLEANUP(buffer_clear) struct buffer out = BUFFER(65536);
	struct error error = { 0 };

	assert_int_equal(0, history_log(f->history, 10, false, print, &out, &error));
	assert_int_equal(0, out.length);
	assert_int_equal(-ERROR_NOT_FOUND, write_bundle(f, &error));
}

static void blobs_by_their_id(void **state)
{
	struct folder *f = *state;
	CLEANUP(buffer_clear) struct buffer out = BUFFER(65536);
	CLEANUP(buffer_clear) struct buffer small = BUFFER(4);
	struct error error = { 0 };
	char id[HISTORY_ID_SIZE];

	history_blob_id(SPAN("I am Kira.\n"), id);
	assert_int_equal(0, history_blob_read(f->history, id, &out, &error));
	assert_string_equal("I am Kira.\n", out.data);
	assert_int_equal(-ERROR_TOO_LARGE, history_blob_read(f->history, id, &small, &error));
	assert_int_equal(-ERROR_INVALID, history_blob_read(f->history, "xyz", &out, &error));
	id[0] ^= 1;
	assert_int_equal(-ERROR_NOT_FOUND, history_blob_read(f->history, id, &out, &error));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int reading_tests(void)
{
	const struct CMUnitTest tests[] = {
		WITH(the_log_is_newest_first),
		WITH(a_visit_ends_the_walk),
		WITH(git_clones_the_bundle),
		cmocka_unit_test_setup_teardown(nothing_to_read_before_the_first_commit,
						folder_setup_empty, folder_teardown),
		WITH(blobs_by_their_id),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}
