#include "folder.h"

#include "base/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

extern char **environ;

static void run(struct folder *f, const char *command, int *ret_status)
{
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	struct process_plan plan = { .path = "/bin/sh",
				     .argv = argv,
				     .environment = (const char *const *)environ,
				     .directory = f->dir };
	struct process child;
	struct process_end end;
	struct error error;
	int ends[2];

	assert_int_equal(0, pipe2(ends, O_CLOEXEC));
	plan.fds[0] = (struct process_fd){ ends[1], 1 };
	plan.fds[1] = (struct process_fd){ ends[1], 2 };
	plan.fd_count = 2;
	assert_int_equal(0, process_spawn(&plan, &child, &error));
	close(ends[1]);
	buffer_reset(&f->output);
	assert_int_equal(0, fd_read_all(ends[0], &f->output, &error));
	close(ends[0]);
	assert_int_equal(0, process_reap(&child, true, &end, &error));
	*ret_status = end.code;
	buffer_append_text(&f->output, "");
}

int sh(struct folder *f, const char *format, ...)
{
	va_list args;
	char *command;
	int status;

	va_start(args, format);
	command = xvasprintf(format, args);
	va_end(args);
	run(f, command, &status);
	free(command);
	return status;
}

void assert_sh(struct folder *f, const char *expect, const char *format, ...)
{
	va_list args;
	char *command;
	int status;

	va_start(args, format);
	command = xvasprintf(format, args);
	va_end(args);
	run(f, command, &status);
	free(command);
	assert_string_equal(expect, f->output.data ? f->output.data : "");
}

void put(struct folder *f, const char *path, const char *text)
{
	_fd_ int fd = openat(f->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(0, fd_write_all(fd, span_of(text), NULL));
}

void assert_file(struct folder *f, const char *path, const char *expect)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(4 * 1024 * 1024);
	struct error error;

	assert_int_equal(0, file_read(f->dir, path, &bytes, NULL, &error));
	assert_string_equal(expect, bytes.length ? bytes.data : "");
}

static char last_commit[HISTORY_ID_SIZE];

size_t edits(struct folder *f)
{
	struct error error = { 0 };
	size_t merged = 0;
	int result = history_commit_edits(f->history, NOON, last_commit, &merged, NULL, &error);

	if (result)
		fail_msg("%s", error.message);
	return merged;
}

char *edits_commit_id(struct folder *f)
{
	edits(f);
	return last_commit;
}

int agent_write(struct folder *f, const char *path, const char *text, struct error *error)
{
	static const struct history_author kira = { "kira", "kira@agentd.local", NOON + 60 };
	CLEANUP(buffer_clear) struct buffer now = BUFFER(4 * 1024 * 1024);
	char commit[HISTORY_ID_SIZE];
	bool there = !file_read(f->dir, path, &now, NULL, NULL);
	struct span expected = { there ? (now.data ? now.data : "") : NULL, now.length };

	return history_write(
		f->history, path, expected, span_of(text), &kira,
		"memory: 1 fact from Daily (07:00)\n\nAgent: kira\n"
		"Session: 01JD6Y3V3W0000000000000000\nCause: heartbeat Daily (07:00)\n",
		commit, NULL, error);
}

void agent_append(struct folder *f, const char *path, const char *line)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4 * 1024 * 1024);
	struct error error = { 0 };

	assert_int_equal(0, file_read(f->dir, path, &text, NULL, &error));
	buffer_append_text(&text, line);
	if (agent_write(f, path, text.data, &error))
		fail_msg("%s", error.message);
}

void assert_tidy(struct folder *f)
{
	assert_sh(f, "", "git status --porcelain");
	assert_sh(f, "", "git fsck --strict --no-dangling --no-progress 2>&1 | grep -v ^notice");
	assert_sh(f, "", "ls .git | grep -E 'agentd|lock'; find .git -name '*.lock'");
}

static int make(void **state)
{
	struct folder *f = xcalloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/agentd-history-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->path, sizeof(f->path), "%s/kira", f->root);
	f->output = BUFFER(4 * 1024 * 1024);
	f->dir = open(f->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(0, mkdirat(f->dir, "kira", 0755));
	close(f->dir);
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return 0;
}

int folder_setup_empty(void **state)
{
	struct folder *f;
	struct error error;

	make(state);
	f = *state;
	if (history_open(f->path, true, &f->history, &error))
		fail_msg("%s", error.message);
	return 0;
}

int folder_setup(void **state)
{
	struct folder *f;

	folder_setup_empty(state);
	f = *state;
	put(f, "SOUL.md", "I am Kira.\n");
	put(f, "MEMORY.md", "# Memory\n\n## Recent (L0)\n\n- one\n- two\n");
	edits(f);
	return 0;
}

int folder_teardown(void **state)
{
	struct folder *f = *state;

	sh(f, "chmod -R u+rwX '%s'; rm -rf '%s'", f->root, f->root);
	history_free(f->history);
	close(f->dir);
	buffer_clear(&f->output);
	free(f);
	return 0;
}
