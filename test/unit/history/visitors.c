/* People use git in these repositories too, at the same time, and leave things behind. */
#include "folder.h"

#include "base/clock.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int try_edits(struct folder *f, struct error *error)
{
	char commit[HISTORY_ID_SIZE];

	*error = (struct error){ 0 };
	return history_commit_edits(f->history, NOON, commit, NULL, NULL, error);
}

static void a_commit_is_made_on_whatever_head_is(void **state)
{
	struct folder *f = *state;

	sh(f, "git checkout -qb topic; echo a >> SOUL.md; git commit -qam mine");
	agent_append(f, "MEMORY.md", "- three\n");
	assert_sh(f, "memory: 1 fact from Daily (07:00)\nmine\nbegin agent kira\n",
		  "git log --format=%%s topic");
	assert_sh(f, "begin agent kira\n", "git log --format=%%s main");
	sh(f, "git checkout -q --detach HEAD^");
	agent_append(f, "MEMORY.md", "- four\n");
	assert_sh(f, "memory: 1 fact from Daily (07:00)\nmine\n", "git log -2 --format=%%s");
	assert_sh(f, "HEAD\n", "git rev-parse --abbrev-ref HEAD");
	assert_tidy(f);
}

static void history_that_was_rewritten_is_built_upon(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- three\n");
	sh(f, "git reset -q --hard HEAD^; git commit -q --amend -m rewritten");
	agent_append(f, "MEMORY.md", "- four\n");
	assert_sh(f, "memory: 1 fact from Daily (07:00)\nrewritten\n", "git log --format=%%s");
	assert_tidy(f);
}

static void packed_references_and_objects(void **state)
{
	struct folder *f = *state;

	agent_append(f, "MEMORY.md", "- three\n");
	sh(f, "git gc -q; git pack-refs --all; git repack -adq");
	agent_append(f, "MEMORY.md", "- four\n");
	assert_sh(f, "3\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

struct state_row {
	const char *begin, *end, *word;
};

static const struct state_row unfinished[] = {
	{ "git checkout -qb a; echo a > SOUL.md; git commit -qam a; git checkout -q main;"
	  "echo b > SOUL.md; git commit -qam b; git merge a",
	  "git merge --abort", "merge" },
	{ "git rebase a", "git rebase --abort", "rebase" },
	{ "git cherry-pick a", "git cherry-pick --abort", "cherry-pick" },
	{ "git revert --no-commit HEAD~1; git status", "git revert --abort", "revert" },
	{ "git bisect start HEAD HEAD~1", "git bisect reset", "bisect" },
};

static void unfinished_work_is_left_alone(void **state)
{
	struct folder *f = *state;
	struct error error;

	for (size_t i = 0; i < ARRAY_LENGTH(unfinished); i++) {
		sh(f, "%s", unfinished[i].begin);
		if (try_edits(f, &error) != -ERROR_BUSY)
			fail_msg("%s was not noticed", unfinished[i].word);
		assert_non_null(strstr(error.message, unfinished[i].word));
		sh(f, "%s", unfinished[i].end);
		assert_int_equal(0, try_edits(f, &error));
	}
	assert_tidy(f);
}

static void unresolved_conflicts_of_a_stash(void **state)
{
	struct folder *f = *state;
	struct error error;

	sh(f, "echo a > SOUL.md; git stash -q; echo b > SOUL.md; git commit -qam b; git stash pop");
	assert_int_equal(-ERROR_BUSY, try_edits(f, &error));
}

static void a_missing_or_broken_index_is_made_again(void **state)
{
	static const char *const breaks[] = {
		"rm .git/index", ": > .git/index", "head -c 40 .git/index > i; mv i .git/index",
		"printf x | dd of=.git/index bs=1 seek=20 conv=notrunc"
	};
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(breaks); i++) {
		sh(f, "%s", breaks[i]);
		edits(f);
		assert_tidy(f);
		sh(f, "%s", breaks[i]);
		agent_append(f, "MEMORY.md", "- more\n");
		assert_tidy(f);
	}
}

static void a_split_index_is_respected(void **state)
{
	struct folder *f = *state;
	struct error error;

	sh(f, "git update-index --split-index; git update-index --force-write-index");
	sh(f, "echo a >> SOUL.md");
	if (try_edits(f, &error))
		assert_non_null(strstr(error.message, "unsupported"));
	sh(f, "git update-index --no-split-index");
	assert_int_equal(0, try_edits(f, &error));
	assert_tidy(f);
}

static int reopen(struct folder *f, bool create, struct error *error)
{
	history_free(f->history);
	f->history = NULL;
	*error = (struct error){ 0 };
	return history_open(f->path, create, &f->history, error);
}

static void make_lock(struct folder *f, const char *name, int64_t age_s)
{
	sh(f, "touch -d @%lld .git/%s", (long long)(clock_wall_s() - age_s), name);
}

static void a_lock_that_nobody_holds_is_removed(void **state)
{
	static const char *const names[] = { "index.lock", "refs/heads/main.lock" };
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		make_lock(f, names[i], 3600);
		agent_append(f, "MEMORY.md", "- more\n");
		assert_tidy(f);
	}
	sh(f, "printf 'agentd\\n' > .git/index.lock"); /* ours, of a process that died just now */
	agent_append(f, "MEMORY.md", "- more\n");
	assert_tidy(f);
}

/* Of all that git takes; whether or not it is in our way, nothing of ours waits for it. */
static void locks_of_every_kind(void **state)
{
	static const char *const names[] = {
		"index.lock",           "HEAD.lock",
		"config.lock",          "packed-refs.lock",
		"refs/heads/main.lock", "COMMIT_EDITMSG.lock",
		"refs/heads/x.lock",    "shallow.lock",
		"info/exclude.lock",
	};
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		make_lock(f, names[i], 3600);
		agent_append(f, "MEMORY.md", "- more\n");
		sh(f, "rm -f .git/%s", names[i]);
		assert_tidy(f);
	}
}

/* The result of a write to a damaged repository must be one that is tried again later: what an
 * agent writes is not given up for it. */
static bool is_kept(int result)
{
	return !result ||
	       (result != -ERROR_INVALID && result != -ERROR_DENIED && result != -ERROR_TOO_LARGE);
}

/* libgit2 1.5 loses some bytes where it reads rubbish. */
static void leaks_of_libgit2(bool are_expected)
{
#ifdef __SANITIZE_ADDRESS__
	if (are_expected)
		__lsan_disable();
	else
		__lsan_enable();
#else
	(void)are_expected;
#endif
}

static void an_abandoned_lock_is_removed_though_it_is_young(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	char removed[64];

	make_lock(f, "index.lock", -3600); /* younger than we are, and closed */
	assert_int_equal(-ERROR_BUSY, agent_write(f, "MEMORY.md", "- new\n", &error));
	make_lock(f, "index.lock", 10);
	history_set_abandoned(f->history, true);
	agent_append(f, "MEMORY.md", "- more\n");
	history_lock_removed(f->history, removed);
	assert_string_equal("index.lock", removed);
	history_lock_removed(f->history, removed);
	assert_string_equal("", removed);
	assert_tidy(f);
}

static void a_branch_that_is_lost_is_no_new_beginning(void **state)
{
	static const char *const losses[] = { "rm .git/refs/heads/main", ": > .git/refs/heads/main",
					      "git pack-refs --all; rm .git/packed-refs" };
	struct folder *f = *state;
	struct error error = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(losses); i++) {
		int result;

		agent_append(f, "MEMORY.md", "- more\n");
		assert_sh(f, "", "git rev-parse HEAD > ../head; %s", losses[i]);
		result = agent_write(f, "MEMORY.md", "- hard times\n", &error);
		if (!result || !is_kept(result))
			fail_msg("%s: %d %s", losses[i], result, error.message);
		sh(f, "rm -f .git/refs/heads/main; git update-ref refs/heads/main $(cat ../head)");
		if (agent_write(f, "MEMORY.md", "- hard times\n", &error))
			fail_msg("%s: mended: %s", losses[i], error.message);
		assert_tidy(f);
	}
	/* one that somebody begins has no log so far */
	sh(f, "git checkout -q --orphan fresh");
	agent_append(f, "MEMORY.md", "- more\n");
	assert_tidy(f);
}

/* Puts the repository back as it was, and on disk what it holds. */
static void put_back_whole(struct folder *f)
{
	struct error error;

	history_free(f->history);
	f->history = NULL;
	sh(f, "rm -rf .git; cp -a ../whole .git; git checkout -q HEAD -- .");
	if (history_open(f->path, true, &f->history, &error))
		fail_msg("%s", error.message);
}

static void damage_and_write(struct folder *f, const char *damage)
{
	struct error error = { 0 };
	int result;

	put_back_whole(f);
	history_free(f->history);
	f->history = NULL;
	sh(f, "%s", damage);
	result = history_open(f->path, true, &f->history, &error);
	if (!result)
		result = agent_write(f, "MEMORY.md", "- hard times\n", &error);
	if (!is_kept(result) || (result && !*error.message))
		fail_msg("%s: %d %s", damage, result, error.message);
	put_back_whole(f);
	if (agent_write(f, "MEMORY.md", "- hard times\n", &error))
		fail_msg("%s: mended: %s", damage, error.message);
}

static void each_file_of_git_is_lost_once(void **state)
{
	static const char *const damages[] = { "rm -f", ": >",
					       "cp --remove-destination ../rubbish" };
	struct folder *f = *state;
	_free_ char *list = NULL;
	char *rest, *name;

	agent_append(f, "MEMORY.md", "- one more\n");
	sh(f, "git pack-refs --all; cp -a .git ../whole; head -c 20 /dev/urandom >../rubbish");
	sh(f, "find .git -type f ! -path '*/logs/*' | sort");
	list = xstrndup(f->output.data, f->output.length);
	rest = list;
	leaks_of_libgit2(true);
	while ((name = strsep(&rest, "\n")))
		for (size_t i = 0; *name && i < ARRAY_LENGTH(damages); i++) {
			_free_ char *damage = xasprintf("%s '%s'", damages[i], name);

			if (i < 2 || !strstr(name, "/objects/"))
				damage_and_write(f, damage);
		}
	leaks_of_libgit2(false);
	assert_tidy(f);
}

/* The person is at the message of `git commit -a`: an editor is open, the lock file is not. */
static void a_commit_that_is_being_written_is_waited_for(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };

	make_lock(f, "index.lock", 60);
	sh(f, "echo message > .git/COMMIT_EDITMSG");
	assert_int_equal(-ERROR_BUSY, agent_write(f, "MEMORY.md", "- new\n", &error));
	make_lock(f, "index.lock", 3600);
	agent_append(f, "MEMORY.md", "- more\n");
	assert_tidy(f);
}

static void *release(void *context)
{
	struct folder *f = context;
	struct timespec pause = { 0, 100 * 1000000L };

	nanosleep(&pause, NULL);
	unlinkat(f->dir, ".git/index.lock", 0);
	return NULL;
}

static void a_lock_that_is_held_is_waited_for(void **state)
{
	struct folder *f = *state;
	pthread_t thread;
	_fd_ int fd = -1;

	make_lock(f, "index.lock", 0);
	fd = openat(f->dir, ".git/index.lock", O_RDWR | O_CLOEXEC);
	assert_int_equal(0, pthread_create(&thread, NULL, release, f));
	agent_append(f, "MEMORY.md", "- more\n");
	pthread_join(thread, NULL);
	assert_tidy(f);
}

/* Old, but open: somebody lives. Takes the whole wait. */
static void a_lock_that_stays_held_is_busy(void **state)
{
	struct folder *f = *state;
	struct error error = { 0 };
	_fd_ int fd = -1;

	make_lock(f, "index.lock", 3600);
	fd = openat(f->dir, ".git/index.lock", O_RDWR | O_CLOEXEC);
	assert_int_equal(-ERROR_BUSY, agent_write(f, "MEMORY.md", "- new\n", &error));
	assert_non_null(strstr(error.message, "index.lock"));
	unlinkat(f->dir, ".git/index.lock", 0);
	/* what was begun is finished, as the agent's */
	edits(f);
	assert_file(f, "MEMORY.md", "- new\n");
	assert_sh(f, "kira\n", "git log -1 --format=%%an");
	assert_tidy(f);
}

/* A save that is under way. */
struct save {
	int fd;
	struct timespec pause; /* before the rest comes */
};

static void *save_rest(void *context)
{
	static const char rest[] = "- of two\n- parts\n";
	const struct save *save = context;

	nanosleep(&save->pause, NULL);
	assert_int_equal(sizeof(rest) - 1, write(save->fd, rest, sizeof(rest) - 1));
	close(save->fd);
	return NULL;
}

static void save_in_halves(struct folder *f, const char *first, int64_t ms)
{
	pthread_t thread;
	struct save save = { openat(f->dir, "SOUL.md", O_WRONLY | O_TRUNC | O_CLOEXEC),
			     { 0, ms * 1000000L } };

	assert_int_equal(strlen(first), write(save.fd, first, strlen(first)));
	assert_int_equal(0, pthread_create(&thread, NULL, save_rest, &save));
	edits(f);
	pthread_join(thread, NULL);
	assert_sh(f, "2\n", "git rev-list --count HEAD");
	assert_tidy(f);
}

static void half_a_save_is_no_edit(void **state)
{
	save_in_halves(*state, "- parts\n", 20);
	assert_file(*state, "SOUL.md", "- parts\n- of two\n- parts\n");
	assert_sh(*state, "- parts\n- of two\n- parts\n", "git show HEAD:SOUL.md");
}

/* A shell empties the file before the tool that writes it has begun. */
static void an_emptied_file_waits_longer(void **state)
{
	save_in_halves(*state, "", 500);
	assert_sh(*state, "- of two\n- parts\n", "git show HEAD:SOUL.md");
}

static void a_file_may_be_empty(void **state)
{
	put(*state, "SOUL.md", "");
	edits(*state);
	assert_sh(*state, "", "git show HEAD:SOUL.md");
	assert_tidy(*state);
}

static void real_git_at_the_same_time(void **state)
{
	struct folder *f = *state;

	sh(f,
	   "(for i in $(seq 40); do echo $i > p$i.md; until git add p$i.md && "
	   "git commit -qm \"person $i\" -- p$i.md || ! git status --porcelain | grep -q p$i.md; "
	   "do :; done; done; touch ../done) >/dev/null 2>&1 &");
	for (int i = 0; i < 100000 && sh(f, "test -e ../done"); i++)
		agent_append(f, "MEMORY.md", "- more\n");
	edits(f);
	assert_sh(f, "40\n", "git ls-files 'p*.md' | wc -l");
	assert_sh(f, "",
		  "n=$(grep -c more MEMORY.md); m=$(git log --author=kira --format=%%s | wc -l);"
		  "[ $n = $m ] || echo $n entries, $m commits");
	assert_tidy(f);
}

static void a_repository_that_was_replaced_is_opened_again(void **state)
{
	struct folder *f = *state;
	struct error error;

	sh(f, "rm -rf .git");
	assert_int_equal(-ERROR_NOT_FOUND, try_edits(f, &error));
	sh(f, "git init -q -b trunk");
	assert_int_equal(0, try_edits(f, &error));
	assert_sh(f, "trunk\n", "git branch --show-current");
	assert_tidy(f);
}

static void a_folder_that_was_renamed_is_gone(void **state)
{
	struct folder *f = *state;
	struct error error;

	sh(f, "mv ../kira ../max");
	assert_int_equal(-ERROR_NOT_FOUND, try_edits(f, &error));
}

struct open_row {
	const char *command;
	int result;
	const char *word;
};

static const struct open_row places[] = {
	{ "rm -rf .git; git init -q ..", -ERROR_NOT_FOUND, "no git repository" },
	{ "git init -q ../other; ln -s ../other/.git .git", -ERROR_DENIED, "symbolic link" },
	{ "rm .git; echo gitdir: ../other/.git > .git", -ERROR_DENIED, "elsewhere" },
	{ "rm .git; git init -q; git config core.worktree /tmp", -ERROR_DENIED, "core.worktree" },
	{ "rm -rf .git; git init -q; git config core.bare true", -ERROR_DENIED, "core.bare" },
	{ "rm -rf .git; git init -q --object-format=sha256", -ERROR_UNSUPPORTED, "extension" },
};

static void only_the_folders_own_repository_is_opened(void **state)
{
	struct folder *f = *state;
	struct error error;

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		int result;

		sh(f, "%s", places[i].command);
		result = reopen(f, i > 0, &error);
		if (result != places[i].result || !strstr(error.message, places[i].word))
			fail_msg("%s: %d %s", places[i].command, result, error.message);
	}
}

/* Each would have our commit written into another repository of the workspace. */
static void links_in_git_are_not_followed(void **state)
{
	static const char *const links[] = { "HEAD",       "index",        "packed-refs",
					     "objects",    "objects/pack", "refs",
					     "refs/heads", "logs",         "logs/HEAD" };
	struct folder *f = *state;
	struct error error;

	sh(f, "git init -q ../other; cp -r ../other ../before; git pack-refs --all");
	for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
		sh(f,
		   "echo %zu >> SOUL.md; mv .git/%s ../kept; ln -s $PWD/../other/.git/%s .git/%s",
		   i, links[i], links[i], links[i]);
		if (try_edits(f, &error) != -ERROR_DENIED || !strstr(error.message, links[i]))
			fail_msg("%s: %s", links[i], error.message);
		if (reopen(f, true, &error) != -ERROR_DENIED || !strstr(error.message, links[i]))
			fail_msg("%s: %s", links[i], error.message);
		sh(f, "rm .git/%s; mv ../kept .git/%s; diff -r ../other ../before", links[i],
		   links[i]);
		assert_int_equal(0, reopen(f, true, &error));
		assert_int_equal(0, try_edits(f, &error));
	}
	sh(f, "rm -rf .git/hooks; ln -s /tmp .git/hooks; echo more >> SOUL.md");
	assert_int_equal(0, try_edits(f, &error)); /* they are never run */
}

static void another_owner_is_denied(void **state)
{
	struct folder *f = *state;
	struct error error;

	if (geteuid())
		skip();
	sh(f, "chown 12345 .git");
	assert_int_equal(-ERROR_DENIED, reopen(f, true, &error));
	assert_non_null(strstr(error.message, "chown -R"));
	sh(f, "chown 0 .git; chown 12345 .");
	assert_int_equal(-ERROR_DENIED, reopen(f, true, &error));
	sh(f, "chown 0 .");
	assert_int_equal(0, reopen(f, true, &error));
}

static void a_half_made_repository_is_completed(void **state)
{
	struct folder *f = *state;
	struct error error;

	sh(f, "rm -rf .git; mkdir -p .git/info");
	assert_int_equal(0, reopen(f, true, &error));
	edits(f);
	assert_sh(f, "begin agent kira\n", "git log --format=%%s");
	assert_tidy(f);
	/* Where we were killed while its settings were written. */
	sh(f, "rm .git/HEAD; cp .git/config .git/config.lock");
	assert_int_equal(0, reopen(f, true, &error));
	assert_tidy(f);
	/* A person's git that is making one. */
	sh(f, "rm -rf .git; mkdir .git; touch .git/config.lock");
	assert_int_equal(-ERROR_BUSY, reopen(f, true, &error));
}

static void scratch_files_are_invisible_to_git(void **state)
{
	struct folder *f = *state;

	sh(f, "mkdir work; touch work/a SOUL.md~ .SOUL.md.swp '#SOUL.md#' .#SOUL.md 4913 "
	      ".goutputstream-AB12CD sedAb12Cd");
	assert_tidy(f);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int visitors_tests(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_commit_is_made_on_whatever_head_is),
		WITH(history_that_was_rewritten_is_built_upon),
		WITH(packed_references_and_objects),
		WITH(unfinished_work_is_left_alone),
		WITH(unresolved_conflicts_of_a_stash),
		WITH(a_missing_or_broken_index_is_made_again),
		WITH(a_split_index_is_respected),
		WITH(a_lock_that_nobody_holds_is_removed),
		WITH(locks_of_every_kind),
		WITH(an_abandoned_lock_is_removed_though_it_is_young),
		WITH(a_branch_that_is_lost_is_no_new_beginning),
		WITH(each_file_of_git_is_lost_once),
		WITH(a_commit_that_is_being_written_is_waited_for),
		WITH(a_lock_that_is_held_is_waited_for),
		WITH(a_lock_that_stays_held_is_busy),
		WITH(half_a_save_is_no_edit),
		WITH(an_emptied_file_waits_longer),
		WITH(a_file_may_be_empty),
		WITH(real_git_at_the_same_time),
		WITH(a_repository_that_was_replaced_is_opened_again),
		WITH(a_folder_that_was_renamed_is_gone),
		WITH(only_the_folders_own_repository_is_opened),
		WITH(links_in_git_are_not_followed),
		WITH(another_owner_is_denied),
		WITH(a_half_made_repository_is_completed),
		WITH(scratch_files_are_invisible_to_git),
	};

	return cmocka_run_group_tests_name("visitors", tests, NULL, NULL);
}
