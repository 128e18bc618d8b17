/* After the machine was down: what was not synced may be there in any state. */
#include "folder.h"

#include <stdio.h>

/* The next call takes this for another start of the machine. */
static void reboot(struct folder *f)
{
	struct error error = { 0 };

	assert_int_equal(0, sh(f, "rm -f .git/info/agentd-boot"));
	history_free(f->history);
	f->history = NULL;
	if (history_open(f->path, true, &f->history, &error))
		fail_msg("%s", error.message);
}

/* An object that bears its name and is empty counts as there: git would never write it again. */
static void an_empty_object_is_made_again(void **state)
{
	struct folder *f = *state;

	put(f, "SOUL.md", "I am Kira, and I sleep at night.\n");
	assert_int_equal(0, sh(f, "id=$(git hash-object SOUL.md); d=.git/objects/${id%%"
				  "${id#??}}; mkdir -p $d; : >$d/${id#??}"));
	reboot(f);
	edits(f);
	assert_sh(f, "I am Kira, and I sleep at night.\n", "git cat-file -p HEAD:SOUL.md");
	assert_tidy(f);
}

static void half_an_object_goes(void **state)
{
	struct folder *f = *state;

	assert_int_equal(0, sh(f, "id=$(echo never | git hash-object -w --stdin); "
				  "f=.git/objects/${id%%${id#??}}/${id#??}; chmod u+w $f; "
				  "truncate -s 9 $f"));
	reboot(f);
	edits(f);
	assert_tidy(f);
}

static void an_index_that_lags_is_brought_in_step(void **state)
{
	struct folder *f = *state;

	assert_int_equal(0, sh(f, "cp .git/index ../index"));
	agent_append(f, "MEMORY.md", "- three\n");
	agent_append(f, "MEMORY.md", "- four\n");
	assert_int_equal(0, sh(f, "mv ../index .git/index"));
	reboot(f);
	edits(f);
	assert_tidy(f);
	assert_sh(f, "3\n", "git rev-list --count HEAD");
}

/* The first sector of it got to the disk, and zeros or nothing behind it. */
static void a_torn_index_is_made_again(void **state)
{
	static const char *const tears[] = {
		"truncate -s 120 .git/index",
		"n=$(stat -c %s .git/index); truncate -s 120 .git/index; truncate -s $n .git/index",
	};
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(tears); i++) {
		assert_int_equal(0, sh(f, "%s", tears[i]));
		reboot(f);
		edits(f);
		assert_tidy(f);
	}
}

static void what_was_staged_stays_staged(void **state)
{
	struct folder *f = *state;

	assert_int_equal(0, sh(f, "id=$(echo staged | git hash-object -w --stdin); "
				  "git update-index --cacheinfo 100644,$id,SOUL.md"));
	reboot(f);
	edits(f);
	assert_sh(f, "staged\n", "git cat-file -p :SOUL.md");
}

static void a_temporary_file_that_is_back_goes(void **state)
{
	struct folder *f = *state;

	put(f, ".agentd-4711-0~", "# Memory\n\n## Recent (L0)\n\n- one\n- two\n");
	put(f, ".agentd-4711-1~", "- nobody knows this\n");
	reboot(f);
	edits(f);
	assert_sh(f, ".agentd-4711-1~\n", "ls -A | grep agentd");
}

static void a_repository_without_head_is_made(void **state)
{
	static const char *const damages[] = {
		": >.git/HEAD",
		"head -c 21 /dev/zero >.git/HEAD",
		": >.git/config",
		"head -c 90 /dev/zero >.git/config",
		"rm .git/HEAD; : >.git/HEAD.lock",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(damages); i++) {
		void *context = NULL;
		struct folder *f;

		folder_setup_empty(&context);
		f = context;
		assert_int_equal(0, sh(f, "%s", damages[i]));
		reboot(f);
		put(f, "SOUL.md", "I am Kira.\n");
		edits(f);
		assert_tidy(f);
		assert_sh(f, "main\n", "git symbolic-ref --short HEAD");
		folder_teardown(&context);
	}
}

/* What has a branch is somebody's: nothing of it is made anew. */
static void a_head_that_was_lost_later_is_not_guessed(void **state)
{
	struct folder *f = *state;
	struct history *h = NULL;

	assert_int_equal(0, sh(f, ": >.git/config; rm .git/info/agentd-boot"));
	history_free(f->history);
	f->history = NULL;
	assert_int_equal(0, history_open(f->path, true, &h, NULL));
	history_free(h);
	assert_sh(f, "", "cat .git/config");
}

int reboots_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_object_is_made_again, folder_setup,
						folder_teardown),
		cmocka_unit_test_setup_teardown(half_an_object_goes, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(an_index_that_lags_is_brought_in_step, folder_setup,
						folder_teardown),
		cmocka_unit_test_setup_teardown(a_torn_index_is_made_again, folder_setup,
						folder_teardown),
		cmocka_unit_test_setup_teardown(what_was_staged_stays_staged, folder_setup,
						folder_teardown),
		cmocka_unit_test_setup_teardown(a_temporary_file_that_is_back_goes, folder_setup,
						folder_teardown),
		cmocka_unit_test(a_repository_without_head_is_made),
		cmocka_unit_test_setup_teardown(a_head_that_was_lost_later_is_not_guessed,
						folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests_name("after the machine was down", tests, NULL, NULL);
}
