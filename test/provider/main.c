/* provider: a model server that does what its script says. For tests and benches only.
 *
 *     provider [--port N] [--port-file FILE] [--script FILE] [--log FILE.jsonl]
 *              [--format anthropic|openai|ollama|responses] [--instant] [--with-parent]
 *
 * It listens on 127.0.0.1 alone. --port 0 (the default) takes a free port; the number is printed as
 * one line on stdout and, with --port-file, replaces that file. The format of an answer follows
 * from the request's path (…/messages: Anthropic, …/api/chat: Ollama, …/responses: Responses, else
 * Chat Completions) unless --format says it. script.h
 * describes the script, request_log.h the log; without a script, and behind its end, every answer
 * is "ok". --instant answers at once without a script: one `remember` call to a user's message, a
 * short text to its result. --with-parent: it ends when its parent does. */
#include "server.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct options {
	unsigned port;
	const char *port_file, *script, *log;
	struct server_options server;
};

static int usage(void)
{
	fputs("usage: provider [--port N] [--port-file FILE] [--script FILE] [--log FILE]\n"
	      "                [--format anthropic|openai|ollama|responses] [--instant]\n"
	      "                [--with-parent]\n",
	      stderr);
	return 2;
}

static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "port-file", required_argument, NULL, 'P' },
		{ "script", required_argument, NULL, 's' },
		{ "log", required_argument, NULL, 'l' },
		{ "format", required_argument, NULL, 'f' },
		{ "instant", no_argument, NULL, 'i' },
		{ "with-parent", no_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (letter) {
		case 'p': options->port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'P': options->port_file = optarg; break;
		case 's': options->script = optarg; break;
		case 'l': options->log = optarg; break;
		case 'f':
			options->server.wire = wire_find(optarg);
			if (!options->server.wire)
				return usage();
			break;
		case 'i': options->server.instant = true; break;
		case 'w': prctl(PR_SET_PDEATHSIG, SIGTERM); break;
		default: return usage();
		}
	}
	return optind == argc ? 0 : usage();
}

static int read_script(const char *file, struct script *script, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(16 * 1024 * 1024);
	_fd_ int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	int result;

	if (!file)
		return 0;
	if (fd < 0)
		return error_set_system(error, errno, "cannot open %s", file);
	result = fd_read_all(fd, &text, error);
	return result ? result : script_parse(buffer_span(&text), file, script, error);
}

/* In one rename, so that a reader never sees half a number. */
static int publish_port(const char *file, unsigned port, struct error *error)
{
	_free_ char *line = xasprintf("%u\n", port);
	_free_ char *beside = file ? xasprintf("%s.new", file) : NULL;
	_fd_ int fd = -1;

	if (!file)
		return fd_write_all(STDOUT_FILENO, span_of(line), error);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || fd_write_all(fd, span_of(line), NULL) || rename(beside, file))
		return error_set_system(error, errno, "cannot write %s", file);
	fd_write_all(STDOUT_FILENO, span_of(line), NULL);
	return 0;
}

static int serve(struct options *options, struct error *error)
{
	CLEANUP(script_clear) struct script script = { 0 };
	_fd_ int log = -1;
	int listener, result = read_script(options->script, &script, error);

	options->server.script = &script;
	options->server.log = -1;
	if (!result && options->log) {
		log = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (log < 0)
			return error_set_system(error, errno, "cannot open %s", options->log);
		options->server.log = log;
	}
	if (!result)
		result = server_listen(options->port, &listener, &options->port, error);
	if (!result)
		result = publish_port(options->port_file, options->port, error);
	return result ? result : server_run(listener, &options->server, error);
}

static void allow_many_connections(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct error error;
	char text[1024];
	int result = read_options(argc, argv, &options);

	if (result)
		return result;
	allow_many_connections();
	if (serve(&options, &error)) {
		error_print(&error, text, sizeof(text));
		fprintf(stderr, "provider: %s\n", text);
		return 1;
	}
	return 0;
}
