/* What a person saves is committed as the person's. */
#include "folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void the_first_commit_is_the_persons(void **state)
{
	struct folder *f = *state;

	assert_sh(f, "Mika Person <mika@example.org> begin agent kira\n",
		  "git log --format='%%an <%%ae> %%s'");
	assert_sh(f, "main\n", "git branch --show-current");
	assert_sh(f, "MEMORY.md\nSOUL.md\n", "git ls-tree -r --name-only HEAD");
	assert_sh(f, "", "ls .git/hooks | grep -v sample");
	assert_tidy(f);
}

static void nothing_to_do_makes_no_commit(void **state)
{
	struct folder *f = *state;

	assert_string_equal("", edits_commit_id(f));
	assert_int_equal(0, sh(f, "touch SOUL.md"));
	assert_string_equal("", edits_commit_id(f));
	assert_sh(f, "1\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

struct subject_row {
	const char *command, *subject;
};

static const struct subject_row subjects[] = {
	{ "echo a >> SOUL.md", "edit SOUL.md" },
	{ "echo b >> SOUL.md; echo b >> MEMORY.md", "edit MEMORY.md and SOUL.md" },
	{ "mkdir knowledge; echo c > knowledge/billing.md", "add knowledge/billing.md" },
	{ "mv knowledge/billing.md knowledge/money.md",
	  "rename knowledge/billing.md to knowledge/money.md" },
	{ "rm knowledge/money.md", "remove knowledge/money.md" },
	{ "echo d >> SOUL.md; echo d > HEARTBEAT.md", "edit SOUL.md, add HEARTBEAT.md" },
	{ "for i in 1 2 3 4 5; do echo $i > n$i.md; done", "add 5 files" },
	{ "rm n1.md; mkdir n1.md; echo x > n1.md/y.md", "add n1.md/y.md, remove n1.md" },
	{ "rm -r n1.md; echo z > n1.md", "add n1.md, remove n1.md/y.md" },
	{ "sed -i s/one/uno/ MEMORY.md", "edit MEMORY.md" },
	{ "chmod +x n2.md", "edit n2.md" },
	{ ": > n3.md", "edit n3.md" },
};

static void subjects_say_what_was_done(void **state)
{
	struct folder *f = *state;
	char expect[128];

	for (size_t i = 0; i < ARRAY_LENGTH(subjects); i++) {
		sh(f, "%s", subjects[i].command);
		edits(f);
		snprintf(expect, sizeof(expect), "%s\n", subjects[i].subject);
		assert_sh(f, expect, "git log -1 --format=%%s");
		assert_tidy(f);
	}
	assert_sh(f, "100755\n", "git ls-tree HEAD n2.md | cut -c1-6");
}

static const char *const passed_over[] = {
	"mkdir -p work && echo x > work/report.md",
	"echo x > SOUL.md~",
	"echo x > .SOUL.md.swp",
	"echo x > '#SOUL.md#'",
	"ln -s nobody@nowhere:1 .#SOUL.md",
	"echo x > 4913",
	"echo x > .goutputstream-AB12CD",
	"echo x > sedAb12Cd",
	"head -c 1048577 /dev/zero > large.bin",
	"ln -s /etc/passwd KNOWLEDGE.md",
	"mkfifo pipe.md",
	"git init -q inner && echo x > inner/a.md",
	"mkdir -p .agentd && echo x > .agentd/state.db",
	"mkdir empty",
	"mkdir -p a/b/.GIT && echo x > a/b/.GIT/config",
};

static void what_is_nobodys_text_is_passed_over(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(passed_over); i++) {
		assert_int_equal(0, sh(f, "%s", passed_over[i]));
		if (*edits_commit_id(f))
			fail_msg("%s was committed", passed_over[i]);
	}
	assert_sh(f, "1\n", "git rev-list --count HEAD");
}

static void a_file_at_the_limit_is_committed(void **state)
{
	struct folder *f = *state;

	sh(f, "head -c 1048576 /dev/zero > large.bin");
	edits(f);
	assert_sh(f, "1048576\n", "git cat-file -s HEAD:large.bin");
	sh(f, "echo x >> large.bin"); /* too large now: HEAD's stays */
	assert_string_equal("", edits_commit_id(f));
}

static void a_symlink_over_a_file_is_left_alone(void **state)
{
	struct folder *f = *state;

	sh(f, "rm MEMORY.md; ln -s /etc/passwd MEMORY.md");
	assert_string_equal("", edits_commit_id(f));
}

static void gitignore_is_respected(void **state)
{
	struct folder *f = *state;

	put(f, ".gitignore", "*.log\nprivate/\n");
	sh(f, "mkdir private; echo x > private/a.md; echo x > b.log; echo y > c.md");
	edits(f);
	assert_sh(f, ".gitignore\nMEMORY.md\nSOUL.md\nc.md\n", "git ls-tree -r --name-only HEAD");
	/* what git has already is no longer ignored */
	sh(f, "git add -f private/a.md && git commit -qm forced; echo z >> private/a.md");
	edits(f);
	assert_sh(f, "edit private/a.md\n", "git log -1 --format=%%s");
	assert_tidy(f);
}

static void what_was_staged_elsewhere_stays_staged(void **state)
{
	struct folder *f = *state;

	sh(f, "git rm -q --cached SOUL.md; echo more >> MEMORY.md");
	edits(f);
	assert_sh(f, "D  SOUL.md\n?? SOUL.md\n", "git status --porcelain");
	assert_sh(f, "edit MEMORY.md\n", "git log -1 --format=%%s");
}

static void staged_edits_become_part_of_the_commit(void **state)
{
	struct folder *f = *state;

	sh(f, "echo a >> SOUL.md; git add SOUL.md; echo b >> SOUL.md");
	edits(f);
	assert_sh(f, "I am Kira.\na\nb\n", "git show HEAD:SOUL.md");
	assert_tidy(f);
}

struct identity_row {
	const char *setting, *expect;
};

static const struct identity_row identities[] = {
	{ "git config user.name Nora; git config user.email nora@example.org",
	  "Nora <nora@example.org>\n" },
	{ "git config user.name 'A <b> c'; git config user.email x@y", "A  b  c <x@y>\n" },
	{ "git config user.name kira; git config user.email kira@agentd.local",
	  "Mika Person <mika@example.org>\n" },
	{ "git config --unset user.name; git config user.email only@example.org",
	  "Mika Person <only@example.org>\n" },
};

static void the_author_is_the_repositorys_or_the_users(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(identities); i++) {
		sh(f, "%s; echo %zu >> SOUL.md", identities[i].setting, i);
		edits(f);
		assert_sh(f, identities[i].expect, "git log -1 --format='%%an <%%ae>'");
	}
	assert_sh(f, "", "git fsck --strict --no-progress");
}

static void bytes_are_kept_as_they_are(void **state)
{
	struct folder *f = *state;

	sh(f,
	   "git config core.autocrlf true; echo '*.md text=auto ident filter=evil' > .gitattributes;"
	   "git config filter.evil.clean 'touch filtered; tr a-z A-Z';"
	   "printf 'a\\r\\n$Id$\\r\\n' > crlf.md");
	edits(f);
	assert_sh(f, "a\r\n$Id$\r\n", "git cat-file -p HEAD:crlf.md");
	assert_int_not_equal(0, sh(f, "test -e filtered"));
}

static void autocrlf_alone_stays_clean(void **state)
{
	struct folder *f = *state;

	sh(f, "git config core.autocrlf true; printf 'a\\r\\nb\\r\\n' > crlf.md");
	edits(f);
	assert_sh(f, "a\r\nb\r\n", "git cat-file -p HEAD:crlf.md");
	assert_tidy(f);
	sh(f, "touch crlf.md");
	assert_tidy(f);
}

static const char *const traps[] = {
	("for h in pre-commit post-commit prepare-commit-msg commit-msg reference-transaction "
	 "post-index-change; do printf '#!/bin/sh\\ntouch ../trapped\\nexit 1\\n' > .git/hooks/$h; "
	 "chmod +x .git/hooks/$h; done"),
	"mkdir ../h; cp .git/hooks/pre-commit ../h/ 2>/dev/null; git config core.hooksPath ../h",
	"git config core.fsmonitor 'touch ../trapped'",
	"git config diff.external 'touch ../trapped'",
	("echo '*.md diff=x merge=x' > .gitattributes; git config diff.x.textconv 'touch ../trapped';"
	 "git config merge.x.driver 'touch ../trapped'"),
	"git config gpg.program '../trap'; git config commit.gpgsign true",
	"git config core.editor 'touch ../trapped'",
};

static void nothing_is_ever_run(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(traps); i++) {
		sh(f, "%s", traps[i]);
		sh(f, "echo %zu >> SOUL.md", i);
		assert_string_not_equal("", edits_commit_id(f));
		agent_append(f, "MEMORY.md", "- more\n");
		assert_int_not_equal(0, sh(f, "test -e ../trapped"));
	}
}

static void more_files_than_fit_take_several_commits(void **state)
{
	struct folder *f = *state;
	struct history_files files = { 0 };
	struct error error;
	char commit[HISTORY_ID_SIZE];

	sh(f, "mkdir knowledge; for i in $(seq %d); do echo $i > knowledge/$i.md; done",
	   HISTORY_FILES_MAX + 10);
	assert_int_equal(0, history_commit_edits(f->history, NOON, commit, NULL, &files, &error));
	assert_int_equal(HISTORY_FILES_MAX + 12, files.count);
	history_files_clear(&files);
	assert_sh(f, "3\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

static const struct history_file *find(const struct history_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i].path, path))
			return &files->items[i];
	return NULL;
}

static void files_come_with_their_stamps(void **state)
{
	struct folder *f = *state;
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	char commit[HISTORY_ID_SIZE], blob[HISTORY_ID_SIZE];
	struct file_stamp stamp;
	struct error error;
	struct stat st;

	sh(f, "rm SOUL.md; echo x > A.md");
	assert_int_equal(0, history_commit_edits(f->history, NOON, commit, NULL, &files, &error));
	assert_int_equal(3, files.count);
	assert_true(find(&files, "SOUL.md")->gone);
	assert_int_equal(0, fstatat(f->dir, "A.md", &st, 0));
	file_stamp_of(&st, &stamp);
	assert_true(file_stamp_equal(&stamp, &find(&files, "A.md")->stamp));
	history_blob_id(SPAN("x\n"), blob);
	assert_string_equal(blob, find(&files, "A.md")->blob);
}

/* A save of the same size within the file system's tick after ours must be seen. */
static void a_racy_save_is_seen(void **state)
{
	struct folder *f = *state;

	for (int i = 0; i < 50; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%04d\n", i);
		put(f, "SOUL.md", text);
		assert_string_not_equal("", edits_commit_id(f));
		snprintf(text, sizeof(text), "%04d\n", i + 5000);
		put(f, "SOUL.md", text);
		assert_string_not_equal("", edits_commit_id(f));
	}
	assert_tidy(f);
}

static void a_workspace_leaves_agents_to_themselves(void **state)
{
	struct folder *f = *state;

	put(f, "agentd.yaml", "timezone: UTC\n");
	sh(f, "mkdir -p agents/max shared; echo x > agents/max/SOUL.md; echo x > agents/README.md;"
	      "echo x > shared/BULLETIN.md");
	edits(f);
	assert_sh(f, "begin workspace\n", "git log --format=%%s");
	assert_sh(f, "agentd.yaml\nagents/README.md\nshared/BULLETIN.md\n", "git ls-files");
}

static void the_first_commit_may_be_an_agents(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	assert_int_equal(0, agent_write(f, "MEMORY.md", "- one\n", &error));
	assert_sh(f, "kira\n", "git log --format=%%an");
	assert_tidy(f);
}

#define IN_EMPTY(test) cmocka_unit_test_setup_teardown(test, folder_setup_empty, folder_teardown)
#define WITH(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int edits_tests(void)
{
	const struct CMUnitTest tests[] = {
		WITH(the_first_commit_is_the_persons),
		WITH(nothing_to_do_makes_no_commit),
		WITH(subjects_say_what_was_done),
		WITH(what_is_nobodys_text_is_passed_over),
		WITH(a_file_at_the_limit_is_committed),
		WITH(a_symlink_over_a_file_is_left_alone),
		WITH(gitignore_is_respected),
		WITH(what_was_staged_elsewhere_stays_staged),
		WITH(staged_edits_become_part_of_the_commit),
		WITH(the_author_is_the_repositorys_or_the_users),
		WITH(bytes_are_kept_as_they_are),
		WITH(autocrlf_alone_stays_clean),
		WITH(nothing_is_ever_run),
		WITH(more_files_than_fit_take_several_commits),
		WITH(files_come_with_their_stamps),
		WITH(a_racy_save_is_seen),
		IN_EMPTY(a_workspace_leaves_agents_to_themselves),
		IN_EMPTY(the_first_commit_may_be_an_agents),
	};

	return cmocka_run_group_tests_name("edits", tests, NULL, NULL);
}
