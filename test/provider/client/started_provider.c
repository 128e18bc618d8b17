#include "started_provider.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define AWAIT_MS 10000

static _Noreturn void give_up(const char *what, const struct error *error)
{
	fprintf(stderr, "provider: %s%s%s\n", what, error ? ": " : "", error ? error->message : "");
	exit(1);
}

static void write_script(const char *folder, const char *script)
{
	struct error error;
	_fd_ int dir = -1;

	if (directory_open(folder, &dir, &error) ||
	    file_replace(dir, "script", span_of(script), 0600, &error))
		give_up("writing the script", &error);
}

static unsigned read_port(int fd)
{
	char line[16] = "";
	size_t length = 0;
	ssize_t size;

	while (length < sizeof(line) - 1 && !strchr(line, '\n')) {
		size = read(fd, line + length, sizeof(line) - 1 - length);
		if (size <= 0)
			give_up("it ended before it listened", NULL);
		length += (size_t)size;
	}
	return (unsigned)strtoul(line, NULL, 10);
}

void provider_start(struct started_provider *p, const char *script)
{
	struct error error;
	int pipe_fds[2];
	_free_ char *script_path = NULL, *log_path = NULL;

	*p = (struct started_provider){ .process = PROCESS_NONE, .folder = "/tmp/provider.XXXXXX" };
	if (!mkdtemp(p->folder) || pipe2(pipe_fds, O_CLOEXEC))
		give_up("no folder or no pipe", NULL);
	script_path = xasprintf("%s/script", p->folder);
	log_path = xasprintf("%s/log", p->folder);
	if (script)
		write_script(p->folder, script);
	const char *const argv[] = { "provider",
				     "--with-parent",
				     "--log",
				     log_path,
				     script ? "--script" : "--instant",
				     script ? script_path : NULL,
				     NULL };
	char here[4096];
	_fd_ int dir = open(getcwd(here, sizeof(here)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct process_plan plan = {
		.path = PROVIDER_PATH,
		.argv = argv,
		.fds = { { pipe_fds[1], 1 }, { 2, 2 } },
		.fd_count = 2,
		.directory = dir,
	};
	if (process_spawn(&plan, &p->process, &error))
		give_up("cannot start " PROVIDER_PATH, &error);
	close(pipe_fds[1]);
	p->port = read_port(pipe_fds[0]);
	close(pipe_fds[0]);
}

void provider_stop(struct started_provider *p)
{
	struct process_end end;
	_free_ char *script_path = xasprintf("%s/script", p->folder);
	_free_ char *log_path = xasprintf("%s/log", p->folder);

	process_signal(&p->process, SIGTERM);
	process_reap(&p->process, true, &end, NULL);
	unlink(script_path);
	unlink(log_path);
	rmdir(p->folder);
}

char *provider_url(const struct started_provider *p, const char *path)
{
	return xasprintf("http://127.0.0.1:%u%s", p->port, path);
}

static json_t *read_log(const struct started_provider *p, const char *event)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(256 * 1024 * 1024);
	json_t *lines = json_array();
	struct span rest, line;
	_fd_ int dir = -1;

	if (directory_open(p->folder, &dir, NULL) || file_read(dir, "log", &text, NULL, NULL))
		return lines;
	rest = buffer_span(&text);
	while (span_next_line(&rest, &line)) {
		json_t *json = json_loadb(line.data, line.length, 0, NULL);
		const char *name = json_string_value(json_object_get(json, "event"));

		if (name && (!event || !strcmp(name, event)))
			json_array_append(lines, json);
		json_decref(json);
	}
	return lines;
}

json_t *provider_await(const struct started_provider *p, const char *event, size_t count)
{
	int64_t deadline = clock_monotonic_ms() + AWAIT_MS;

	for (;;) {
		json_t *lines = read_log(p, event);

		if (json_array_size(lines) >= count)
			return lines;
		json_decref(lines);
		if (clock_monotonic_ms() > deadline)
			give_up("what the test waits for did not happen", NULL);
		poll(NULL, 0, 2);
	}
}
