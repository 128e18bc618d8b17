/* Killed at every point, then called again: the same commits by the same authors, the same files.
 */
#include "folder.h"

#include "crashes.h"

#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define HEAD_TEXT "# Memory\n\n## Recent (L0)\n\n- one\n- two\n"

/* What a child does; the folder is prepared by the parent. */
static int do_edits(struct history *h, int dir)
{
	char commit[HISTORY_ID_SIZE];

	(void)dir;
	return history_commit_edits(h, NOON + 120, commit, NULL, NULL, NULL);
}

static int do_write(struct history *h, int dir)
{
	static const struct history_author kira = { "kira", "kira@agentd.local", NOON + 180 };
	CLEANUP(buffer_clear) struct buffer now = BUFFER(65536);
	CLEANUP(buffer_clear) struct buffer next = BUFFER(65536);
	char commit[HISTORY_ID_SIZE];

	if (file_read(dir, "MEMORY.md", &now, NULL, NULL))
		return 1;
	if (strstr(now.data, "- three\n"))
		return do_edits(h, dir); /* what agentd finds out by reading it again */
	buffer_append(&next, buffer_span(&now));
	buffer_append_text(&next, "- three\n");
	return history_write(h, "MEMORY.md", buffer_span(&now), buffer_span(&next), &kira,
			     "memory: 1 fact\n\nSession: 01JD6Y3V3W0000000000000000\n", commit,
			     NULL, NULL);
}

struct act {
	const char *name;
	int (*run)(struct history *h, int dir);
	void (*prepare)(struct folder *f);
	const char *log, *memory;
};

static void prepare_edits(struct folder *f)
{
	sh(f, "echo more >> SOUL.md; rm HEARTBEAT.md; echo k > knowledge.md");
}

static void prepare_write(struct folder *f)
{
	sh(f, "echo more >> SOUL.md");
}

static void prepare_merge(struct folder *f)
{
	agent_append(f, "MEMORY.md", "- agent\n");
	put(f, "MEMORY.md", HEAD_TEXT "- person\n");
}

static const struct act acts[] = {
	{ "edits", do_edits, prepare_edits,
	  "Mika Person: edit SOUL.md, add knowledge.md, remove HEARTBEAT.md\n"
	  "Mika Person: begin agent kira\n",
	  HEAD_TEXT },
	{ "write", do_write, prepare_write,
	  "kira: memory: 1 fact\nMika Person: edit SOUL.md\nMika Person: begin agent kira\n",
	  HEAD_TEXT "- three\n" },
	{ "merge", do_edits, prepare_merge,
	  "agentd: merge: 1 entry of kira kept\nMika Person: edit MEMORY.md\n"
	  "kira: memory: 1 fact from Daily (07:00)\nMika Person: begin agent kira\n",
	  HEAD_TEXT "- agent\n- person\n" },
};

int crash_act(const char *name, const char *path)
{
	_fd_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct history *h = NULL;
	int result = 1;

	for (size_t i = 0; i < ARRAY_LENGTH(acts); i++)
		if (!strcmp(acts[i].name, name) && !history_open(path, true, &h, NULL))
			result = acts[i].run(h, dir);
	history_free(h);
	return result ? 1 : 0;
}

static void spawn(struct folder *f, const struct act *act, const char *points,
		  struct process_end *end)
{
	_free_ char *home = xasprintf("HOME=%s", getenv("HOME"));
	_free_ char *log = xasprintf("AGENTD_FAILPOINTS_LOG=%s/points", f->root);
	_free_ char *setting = xasprintf("AGENTD_FAILPOINTS=%s", points);
	const char *environment[] = { home, log, setting, "ASAN_OPTIONS=detect_leaks=0", NULL };
	const char *argv[] = { "/proc/self/exe", act->name, f->path, NULL };
	struct process_plan plan = { .path = "/proc/self/exe",
				     .argv = argv,
				     .environment = environment,
				     .directory = -1,
				     .fds = { { 2, 2 } },
				     .fd_count = 1 };
	struct process child;
	struct error error;

	assert_int_equal(0, process_spawn(&plan, &child, &error));
	assert_int_equal(0, process_reap(&child, true, end, &error));
}

static struct folder *prepared(const struct act *act)
{
	void *state = NULL;
	struct folder *f;

	folder_setup_empty(&state);
	f = state;
	put(f, "SOUL.md", "I am Kira.\n");
	put(f, "HEARTBEAT.md", "## Daily\n");
	put(f, "MEMORY.md", HEAD_TEXT);
	edits(f);
	act->prepare(f);
	return f;
}

/* All points that an act passes, "file.open@1" and so on. */
static size_t points_of(const struct act *act, char points[][64], size_t max)
{
	struct folder *f = prepared(act);
	struct process_end end;
	struct span rest, line;
	void *state = f;
	size_t count = 0;

	spawn(f, act, "", &end);
	assert_int_equal(0, end.code);
	sh(f, "cat ../points");
	rest = buffer_span(&f->output);
	while (count < max && span_next_line(&rest, &line)) {
		size_t nth = 1;

		snprintf(points[count], 64, "%.*s=kill@", (int)line.length, line.data);
		for (size_t i = 0; i < count; i++)
			nth += !strncmp(points[i], points[count], strlen(points[count]));
		snprintf(points[count] + strlen(points[count]), 8, "%zu", nth);
		count++;
	}
	folder_teardown(&state);
	return count;
}

static void check_after(struct folder *f, const struct act *act, const char *point)
{
	struct error error = { 0 };

	for (int i = 0; i < 2; i++) {
		history_free(f->history);
		f->history = NULL;
		if (history_open(f->path, true, &f->history, &error))
			fail_msg("%s: %s", point, error.message);
		if (act->run(f->history, f->dir))
			fail_msg("%s %s: fails afterwards", act->name, point);
		sh(f, "git log --format='%%an: %%s'");
		if (strcmp(f->output.data, act->log))
			fail_msg("%s %s:\n%s", act->name, point, f->output.data);
		sh(f,
		   "git status --porcelain; git fsck --strict --no-dangling --no-progress 2>&1 | "
		   "grep -v ^notice; ls -A . .git | grep -E 'agentd|lock'; find .git -name '*.lock'");
		if (f->output.length)
			fail_msg("%s %s: not tidy:\n%s", act->name, point, f->output.data);
		assert_file(f, "MEMORY.md", act->memory);
	}
}

static void sweep(const struct act *act)
{
	static char points[1000][64];
	size_t count = points_of(act, points, ARRAY_LENGTH(points)), killed = 0;

	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		struct folder *f;
		void *state;
		struct process_end end;

		/* Reads cannot tear anything; one of them stands for all. */
		if (i && !strncmp(points[i], "file.open", 9))
			continue;
		state = f = prepared(act);
		spawn(f, act, points[i], &end);
		killed += end.signalled;
		check_after(f, act, points[i]);
		folder_teardown(&state);
	}
	assert_true(killed > 10);
}

static void killed_at_every_point(void **state)
{
	(void)state;
#ifndef AGENTD_FAILPOINTS
	puts("skipped: built without failpoints");
	skip();
#endif
	for (size_t i = 0; i < ARRAY_LENGTH(acts); i++)
		sweep(&acts[i]);
}

/* A person saves on top of an agent's file whose commit was cut off. */
static void a_save_after_a_kill_is_still_two_authors(void **state)
{
	static const char *const points[] = { "history.ref=kill@2", "history.lock=kill@2" };

	(void)state;
#ifndef AGENTD_FAILPOINTS
	skip();
#endif
	for (size_t i = 0; i < ARRAY_LENGTH(points); i++) {
		struct folder *f = prepared(&acts[1]);
		void *context = f;
		struct process_end end;

		spawn(f, &acts[1], points[i], &end);
		assert_true(end.signalled);
		assert_file(f, "MEMORY.md", HEAD_TEXT "- three\n");
		put(f, "MEMORY.md", HEAD_TEXT "- three\n- by hand\n");
		edits(f);
		assert_sh(f, "Mika Person: edit MEMORY.md\nkira: memory: 1 fact\n",
			  "git log -2 --format='%%an: %%s'");
		assert_tidy(f);
		folder_teardown(&context);
	}
}

/* A person's save that the exchange of names took out of its place, when nobody is left to look. */
static void a_save_that_was_displaced_comes_back(void **state)
{
	static const char saved[] = "# Memory\n\n## Recent (L0)\n\n- one\n- by hand\n- two\n";
	struct folder *f;
	void *context;
	struct process_end end;

	(void)state;
#ifndef AGENTD_FAILPOINTS
	skip();
#endif
	context = f = prepared(&acts[1]);
	spawn(f, &acts[1], "file.rename=kill@1", &end);
	assert_true(end.signalled);
	put(f, "saved", saved);
	sh(f, "mv .agentd-*~ MEMORY.md; mv saved .agentd-12345-0~");
	edits(f);
	sh(f, "grep -c -e '- by hand' MEMORY.md; ls -A | grep agentd");
	assert_string_equal("1\n", f->output.data);
	do_write(f->history, f->dir);
	sh(f, "grep -c -e '- by hand' -e '- three' MEMORY.md");
	assert_string_equal("2\n", f->output.data);
	assert_sh(f, "Mika Person\n", "git log -1 --format=%%an -S'by hand'");
	assert_tidy(f);
	folder_teardown(&context);
}

/* The same, and before the next look the person has gone on from what they saw in the place. */
static void both_saves_are_kept(void **state)
{
	struct folder *f;
	void *context;
	struct process_end end;

	(void)state;
#ifndef AGENTD_FAILPOINTS
	skip();
#endif
	context = f = prepared(&acts[1]);
	spawn(f, &acts[1], "file.rename=kill@1", &end);
	assert_true(end.signalled);
	put(f, "saved", HEAD_TEXT "- by hand\n");
	sh(f, "mv .agentd-*~ MEMORY.md; mv saved .agentd-12345-0~; echo '- later' >>MEMORY.md");
	edits(f);
	sh(f, "sort -u MEMORY.md | grep -e hand -e later -e three; ls -A | grep agentd");
	assert_string_equal("- by hand\n- later\n- three\n", f->output.data);
	sh(f, "wc -l <MEMORY.md");
	assert_string_equal("9\n", f->output.data);
	assert_tidy(f);
	folder_teardown(&context);
}

/* Killed between the exchange and the look at what came out, which a person still writes to. */
static void who_writes_to_what_was_displaced_is_waited_for(void **state)
{
	struct folder *f;
	void *context;
	struct process_end end;
	char commit[HISTORY_ID_SIZE];
	struct error error;
	_fd_ int fd = -1;

	(void)state;
#ifndef AGENTD_FAILPOINTS
	skip();
#endif
	context = f = prepared(&acts[1]);
	fd = openat(f->dir, "MEMORY.md", O_WRONLY | O_APPEND | O_CLOEXEC);
	sh(f, "mv MEMORY.md displaced; cp displaced MEMORY.md"); /* it is opened by then */
	spawn(f, &acts[1], "file.rename=kill@1", &end);
	assert_true(end.signalled);
	sh(f, "mv .agentd-*~ MEMORY.md; mv displaced .agentd-12345-0~");
	assert_int_equal(-ERROR_BUSY,
			 history_commit_edits(f->history, NOON, commit, NULL, NULL, &error));
	assert_int_equal(10, write(fd, "- by hand\n", 10));
	fd_close(&fd);
	edits(f);
	do_write(f->history, f->dir);
	sh(f, "grep -e '- by hand' -e '- three' MEMORY.md | sort; ls -A | grep agentd");
	assert_string_equal("- by hand\n- three\n", f->output.data);
	assert_sh(f, "Mika Person\n", "git log -1 --format=%%an -S'by hand'");
	assert_tidy(f);
	folder_teardown(&context);
}

int crashes_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_point),
		cmocka_unit_test(a_save_after_a_kill_is_still_two_authors),
		cmocka_unit_test(a_save_that_was_displaced_comes_back),
		cmocka_unit_test(both_saves_are_kept),
		cmocka_unit_test(who_writes_to_what_was_displaced_is_waited_for),
	};

	return cmocka_run_group_tests_name("crashes", tests, NULL, NULL);
}
