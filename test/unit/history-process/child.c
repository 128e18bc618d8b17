#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

extern char **environ;

#define WAIT_MS 30000

int sh(struct child *child, const char *format, ...)
{
	struct process_plan plan = { .path = "/bin/sh",
				     .environment = (const char *const *)environ,
				     .directory = child->dir };
	struct process shell;
	struct process_end end;
	va_list args;
	char *command;
	int ends[2];

	va_start(args, format);
	command = xvasprintf(format, args);
	va_end(args);
	plan.argv = (const char *const[]){ "/bin/sh", "-c", command, NULL };
	assert_int_equal(0, pipe2(ends, O_CLOEXEC));
	plan.fds[plan.fd_count++] = (struct process_fd){ ends[1], 1 };
	plan.fds[plan.fd_count++] = (struct process_fd){ ends[1], 2 };
	assert_int_equal(0, process_spawn(&plan, &shell, NULL));
	close(ends[1]);
	buffer_reset(&child->output);
	assert_int_equal(0, fd_read_all(ends[0], &child->output, NULL));
	close(ends[0]);
	assert_int_equal(0, process_reap(&shell, true, &end, NULL));
	buffer_append_text(&child->output, "");
	free(command);
	return end.code;
}

void assert_sh(struct child *child, const char *expect, const char *command)
{
	sh(child, "%s", command);
	assert_string_equal(expect, child->output.length ? child->output.data : "");
}

void put(struct child *child, const char *path, const char *text)
{
	_fd_ int fd = openat(child->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(0, fd_write_all(fd, span_of(text), NULL));
}

char *file_text(struct child *child, const char *path)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(4 * 1024 * 1024);

	assert_int_equal(0, file_read(child->dir, path, &bytes, NULL, NULL));
	return buffer_steal(&bytes);
}

void child_start(struct child *child, const char *points)
{
	struct sandbox_policy policy = { .role = SANDBOX_HISTORY,
					 .rule_count = 2,
					 .rules = { { 5, true }, { 6, true } } };
	_free_ char *home = xasprintf("HOME=%s/home", child->root);
	_free_ char *setting = xasprintf("AGENTD_FAILPOINTS=%s", points ? points : "");
	_free_ char *own = xasprintf("workspace=%s", child->workspace);
	_free_ char *out = xasprintf("%s/out", child->root);
	const char *environment[] = { home, setting, NULL };
	char *words[SANDBOX_WORDS_MAX + 4] = { xstrdup("agentd-history") };
	size_t count = 1 + sandbox_policy_words(&policy, words + 1), kept = count;
	_fd_ int filter = -1, output = -1;
	struct error error;
	int pair[2];
	struct process_plan plan = { .path = HISTORY, .environment = environment, .directory = -1 };

	words[count++] = own;
	words[count] = (char *)(uintptr_t) "output=6";
	plan.argv = (const char *const *)words;
	assert_int_equal(0, sandbox_filter_build(SANDBOX_HISTORY, &filter, NULL));
	assert_int_equal(0, directory_open(out, &output, NULL));
	assert_int_equal(0, socket_pair(true, pair, NULL));
	plan.fds[plan.fd_count++] = (struct process_fd){ 2, 2 };
	plan.fds[plan.fd_count++] = (struct process_fd){ pair[1], 3 };
	plan.fds[plan.fd_count++] = (struct process_fd){ filter, 4 };
	plan.fds[plan.fd_count++] = (struct process_fd){ child->dir, 5 };
	plan.fds[plan.fd_count++] = (struct process_fd){ output, 6 };
	if (process_spawn(&plan, &child->process, &error))
		fail_msg("%s", error.message);
	close(pair[1]);
	child->rpc = rpc_new(pair[0], RPC_FRAME_MAX, NULL, 0, NULL);
	for (size_t i = 0; i < kept; i++)
		free(words[i]);
}

struct process_end child_stop(struct child *child)
{
	struct process_end end = { 0 };

	rpc_free(child->rpc);
	child->rpc = NULL;
	assert_int_equal(0, process_reap(&child->process, true, &end, NULL));
	return end;
}

void child_setup(struct child *child, int agents)
{
	*child = (struct child){ .output = BUFFER(4 * 1024 * 1024), .process = PROCESS_NONE };
	snprintf(child->root, sizeof(child->root), "/tmp/agentd-historyd-XXXXXX");
	assert_non_null(mkdtemp(child->root));
	snprintf(child->workspace, sizeof(child->workspace), "%s/ws", child->root);
	assert_int_equal(0, directory_open(child->root, &child->dir, NULL));
	sh(child,
	   "mkdir -p home out ws/agents ws/shared; cd home;"
	   "printf '[user]\\nname = Mika Person\\nemail = mika@example.org\\n' > .gitconfig");
	fd_close(&child->dir);
	assert_int_equal(0, directory_open(child->workspace, &child->dir, NULL));
	put(child, "agentd.yaml", "timezone: UTC\n");
	put(child, ".gitignore", "/agents/*/\n/.agentd/\n");
	sh(child,
	   "for i in $(seq 0 %d); do mkdir agents/a$i; echo I am $i. > agents/a$i/SOUL.md; "
	   "echo '# Memory' > agents/a$i/MEMORY.md; done",
	   agents - 1);
	child_start(child, NULL);
}

void child_teardown(struct child *child)
{
	struct process_end end = { 0 };

	if (child->rpc)
		end = child_stop(child);
	if (end.signalled || end.code)
		fail_msg("agentd-history ended with %d", end.code);
	sh(child, "rm -rf %s", child->root);
	fd_close(&child->dir);
	buffer_clear(&child->output);
}

json_t *call(struct child *child, const char *method, json_t *params, struct error *ret_error)
{
	json_t *result = NULL;

	assert_non_null(params);
	*ret_error = (struct error){ 0 };
	rpc_call(child->rpc, method, params, WAIT_MS, &result, ret_error);
	return result;
}

json_t *edits_params(const char *repository)
{
	return json_pack("{s:s,s:b,s:i}", "repository", repository, "create", 1, "at", NOON);
}

json_t *write_params(struct child *child, const char *repository, const char *path, size_t offset,
		     size_t remove, const char *insert)
{
	char id[64];

	sh(child, "cd %s && git hash-object --no-filters %s 2>/dev/null", repository, path);
	snprintf(id, sizeof(id), "%.40s", child->output.length ? child->output.data : "");
	return json_pack("{s:s,s:s,s:s?,s:I,s:I,s:s,s:{s:s,s:s,s:i},s:s}", "repository", repository,
			 "path", path, "expected", strlen(id) == 40 ? id : NULL, "offset",
			 (json_int_t)offset, "remove", (json_int_t)remove, "insert", insert,
			 "author", "name", "kira", "email", "kira@agentd.local", "at", NOON,
			 "message", "memory: 1 fact\n\nSession: 01JD6Y3V3W0000000000000000\n");
}
