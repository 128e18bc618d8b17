#include "server.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

struct server {
	struct process process;
	unsigned port;
	int log; /* -1: none */
	struct buffer tail;
};

static int read_port(int fd, unsigned *ret_port, struct error *error)
{
	char line[16] = "";
	size_t length = 0;
	ssize_t size;

	while (!strchr(line, '\n') && length < sizeof(line) - 1) {
		size = read(fd, line + length, sizeof(line) - 1 - length);
		if (size <= 0)
			return error_set(error, ERROR_CLOSED,
					 "the provider ended before it listened");
		length += (size_t)size;
	}
	*ret_port = (unsigned)strtoul(line, NULL, 10);
	return 0;
}

static int spawn_provider(struct bench *bench, struct server *server, const char *script,
			  const char *log, int out, struct error *error)
{
	_free_ char *path = xasprintf("%s/test/provider/provider", bench->build);
	const char *argv[8] = { "provider", "--with-parent" };
	size_t count = 2;
	struct process_plan plan = { .path = path,
				     .argv = argv,
				     .fds = { { out, STDOUT_FILENO },
					      { STDERR_FILENO, STDERR_FILENO } },
				     .fd_count = 2,
				     .directory = bench->dir };

	argv[count++] = script ? "--script" : "--instant";
	if (script)
		argv[count++] = script;
	if (log)
		argv[count++] = "--log";
	argv[count] = log;
	return process_spawn(&plan, &server->process, error);
}

static int start(struct bench *bench, const char *script, const char *log,
		 struct server **ret_server, struct error *error)
{
	struct server *server = xcalloc(1, sizeof(*server));
	int pipe_fds[2], result;

	*server = (struct server){ PROCESS_NONE, 0, -1, BUFFER(64 * 1024 * 1024) };
	if (pipe2(pipe_fds, O_CLOEXEC))
		BUG("no pipe: %d", errno);
	result = spawn_provider(bench, server, script, log, pipe_fds[1], error);
	close(pipe_fds[1]);
	if (!result)
		result = read_port(pipe_fds[0], &server->port, error);
	close(pipe_fds[0]);
	if (!result && log)
		result = file_open_beneath(bench->dir, log, &server->log, NULL, error);
	if (result)
		server_stop(server);
	else
		*ret_server = server;
	return result;
}

int server_start(struct bench *bench, bool logged, struct server **ret_server, struct error *error)
{
	return start(bench, NULL, logged ? "requests.jsonl" : NULL, ret_server, error);
}

int server_start_scripted(struct bench *bench, const char *script, struct server **ret_server,
			  struct error *error)
{
	_fd_ int fd = -1;
	int result = file_create(bench->dir, "script.txt", 0644, &fd, error);

	if (!result)
		result = fd_write_all(fd, span_of(script), error);
	return result ? result : start(bench, "script.txt", "scripted.jsonl", ret_server, error);
}

void server_stop(struct server *server)
{
	struct process_end end;

	if (!server)
		return;
	if (server->process.pid) {
		process_signal(&server->process, SIGTERM);
		process_reap(&server->process, true, &end, NULL);
	}
	fd_close(&server->log);
	buffer_clear(&server->tail);
	free(server);
}

unsigned server_port(const struct server *server)
{
	return server->port;
}

void server_log_skip(struct server *server)
{
	lseek(server->log, 0, SEEK_END);
	buffer_reset(&server->tail);
}

static json_t *take_line(struct server *server)
{
	char *end = server->tail.length ? memchr(server->tail.data, '\n', server->tail.length)
					: NULL;
	size_t length;
	json_t *line;

	if (!end)
		return NULL;
	length = (size_t)(end - server->tail.data) + 1;
	line = json_loadb(server->tail.data, length, 0, NULL);
	buffer_consume(&server->tail, length);
	return line;
}

json_t *server_log_next(struct server *server)
{
	char *to = buffer_reserve(&server->tail, CHUNK);
	ssize_t size = to ? read(server->log, to, CHUNK) : 0;
	const char *event;
	json_t *line;

	if (size > 0)
		buffer_advance(&server->tail, (size_t)size);
	while ((line = take_line(server))) {
		event = json_string_value(json_object_get(line, "event"));
		if (event && !strcmp(event, "request"))
			return line;
		json_decref(line);
	}
	return NULL;
}
