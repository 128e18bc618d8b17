/* A save that was based on an older version loses nothing that an agent appended meanwhile. */
#include "folder.h"

#include <stdio.h>

#define HEAD_TEXT "# Memory\n\n## Recent (L0)\n\n- one\n- two\n"

/* What the agent appends (each a commit), what the person saves, and what comes of it. */
struct row {
	const char *name;
	const char *appends[3];
	const char *save, *expect;
	size_t merged;
};

static const struct row rows[] = {
	{ "vim saves over an append",
	  { "- agent\n" },
	  "# Memory\n\n## Recent (L0)\n\n- one, corrected\n- two\n",
	  "# Memory\n\n## Recent (L0)\n\n- one, corrected\n- two\n- agent\n",
	  1 },
	{ "both append at the end",
	  { "- agent\n" },
	  HEAD_TEXT "- person\n",
	  HEAD_TEXT "- agent\n- person\n",
	  1 },
	{ "several appends",
	  { "- a\n", "- b\n", "- c\n" },
	  HEAD_TEXT "- person\n",
	  HEAD_TEXT "- a\n- b\n- c\n- person\n",
	  3 },
	{ "based on the one between",
	  { "- a\n", "- b\n" },
	  "# Memory\n\n## Recent (L0)\n\n- one, corrected\n- two\n- a\n",
	  "# Memory\n\n## Recent (L0)\n\n- one, corrected\n- two\n- a\n- b\n",
	  1 },
	{ "a revert is a wish", { "- agent\n" }, HEAD_TEXT, HEAD_TEXT, 0 },
	{ "based on HEAD",
	  { "- agent\n" },
	  HEAD_TEXT "- agent\n- person\n",
	  HEAD_TEXT "- agent\n- person\n",
	  0 },
	{ "an entry of the agent's deleted from HEAD",
	  { "- a\n", "- b\n" },
	  HEAD_TEXT "- b\n",
	  HEAD_TEXT "- b\n",
	  0 },
	{ "written anew",
	  { "- agent\n" },
	  "# All new\n\nquite another text\nwith lines\nof its own\n",
	  "# All new\n\nquite another text\nwith lines\nof its own\n",
	  0 },
	{ "no final newline",
	  { "- agent\n" },
	  "# Memory\n\n## Recent (L0)\n\n- one\n- two\n- person",
	  "# Memory\n\n## Recent (L0)\n\n- one\n- two\n- agent\n- person",
	  1 },
	{ "an editor that writes CRLF",
	  { "- agent\n" },
	  "# Memory\r\n\r\n## Recent (L0)\r\n\r\n- one, corrected\r\n- two\r\n",
	  "# Memory\r\n\r\n## Recent (L0)\r\n\r\n- one, corrected\r\n- two\r\n- agent\r\n",
	  1 },
	{ "emptied", { "- agent\n" }, "", "", 0 },
};

static void run_row(const struct row *row)
{
	void *state = NULL;
	struct folder *f;
	size_t merged;

	folder_setup(&state);
	f = state;
	for (size_t i = 0; i < 3 && row->appends[i]; i++)
		agent_append(f, "MEMORY.md", row->appends[i]);
	put(f, "MEMORY.md", row->save);
	merged = edits(f);
	if (merged != row->merged)
		fail_msg("%s: %zu merged, not %zu", row->name, merged, row->merged);
	assert_file(f, "MEMORY.md", row->expect);
	assert_tidy(f);
	if (merged) {
		assert_sh(f, "agentd <agentd@agentd.local>\n", "git log -1 --format='%%an <%%ae>'");
		assert_sh(f, row->save, "git show HEAD^:MEMORY.md");
	}
	assert_int_equal(0, edits(f));
	folder_teardown(&state);
}

static void saves(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		run_row(&rows[i]);
}

static void the_subject_says_so(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- a\n");
	agent_append(f, "MEMORY.md", "- b\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
	assert_int_equal(2, edits(f));
	assert_sh(f, "merge: 2 entries of kira kept\nedit MEMORY.md\n", "git log -2 --format=%%s");
}

static void a_deletion_after_the_merge_is_honoured(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- agent\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
	assert_int_equal(1, edits(f));
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
	assert_int_equal(0, edits(f));
	assert_file(f, "MEMORY.md", HEAD_TEXT "- person\n");
	assert_tidy(f);
}

/* An editor that ignores what happened on disk, twice. */
static void a_second_save_from_the_same_editor(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- a\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
	assert_int_equal(1, edits(f));
	agent_append(f, "MEMORY.md", "- b\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n- again\n");
	assert_int_equal(2, edits(f));
	assert_sh(f, "merge: 2 entries of kira kept\n", "git log -1 --format=%%s");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n- again\n- and again\n");
	assert_int_equal(2, edits(f));
	assert_sh(f, "merge: 2 entries of kira kept\n", "git log -1 --format=%%s");
	sh(f, "sed -i -e '/- a$/d' -e '/- b$/d' MEMORY.md");
	assert_int_equal(0, edits(f));
	assert_file(f, "MEMORY.md", HEAD_TEXT "- person\n- again\n- and again\n");
}

static void other_files_are_not_merged(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	assert_int_equal(0, agent_write(f, "SOUL.md", "I am Kira.\nagent\n", &error));
	put(f, "SOUL.md", "I am Kira!\n");
	assert_int_equal(0, edits(f));
	assert_file(f, "SOUL.md", "I am Kira!\n");
}

static void the_agents_next_write_comes_after_the_merge(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	agent_append(f, "MEMORY.md", "- a\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
	/* its base is the save, which the merge has changed by then */
	assert_int_equal(-ERROR_CONFLICT,
			 agent_write(f, "MEMORY.md", HEAD_TEXT "- person\n- b\n", &error));
	assert_file(f, "MEMORY.md", HEAD_TEXT "- a\n- person\n");
	agent_append(f, "MEMORY.md", "- b\n");
	assert_file(f, "MEMORY.md", HEAD_TEXT "- a\n- person\n- b\n");
	assert_tidy(f);
}

static void several_authors_of_a_bulletin(void **state)
{
	struct folder *f = *state;

	sh(f, "mkdir shared");
	put(f, "shared/BULLETIN.md", "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n\nold\n");
	edits(f);
	agent_append(f, "shared/BULLETIN.md", "\n## 2026-11-21 08:00Z [kira]\n\nnew\n");
	put(f, "shared/BULLETIN.md", "# Bulletin board\n\n## 2026-11-20 08:00Z [max]\n\nold\n");
	assert_int_equal(1, edits(f));
	assert_file(f, "shared/BULLETIN.md",
		    "# Bulletin board\n\n## 2026-11-20 08:00Z [max]\n\nold\n"
		    "\n## 2026-11-21 08:00Z [kira]\n\nnew\n");
	assert_tidy(f);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int rescues_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saves),
		WITH(the_subject_says_so),
		WITH(a_deletion_after_the_merge_is_honoured),
		WITH(a_second_save_from_the_same_editor),
		WITH(other_files_are_not_merged),
		WITH(the_agents_next_write_comes_after_the_merge),
		WITH(several_authors_of_a_bulletin),
	};

	return cmocka_run_group_tests_name("rescues", tests, NULL, NULL);
}
