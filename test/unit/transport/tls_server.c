#include "tls_server.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define START_MS 10000

static const char make_certificate[] =
	"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
	"-subj /CN=agentd-test -addext subjectAltName=IP:127.0.0.1 "
	"-keyout %s/key -out %s/certificate 2>/dev/null";

/* The answer goes out as soon as the handshake is done: the client has not asked yet, and reads it
 * when it has. */
static const char serve_http1[] =
	"printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nContent-Length: 122\\r\\n\\r\\n"
	"data: {\"id\":\"r1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"over TLS\"},"
	"\"finish_reason\":\"stop\"}]}\\n\\ndata: [DONE]\\n\\n%%14s' '' > %s/answer; "
	"exec openssl s_server -quiet -naccept 1 -accept 127.0.0.1:%u -key %s/key -cert "
	"%s/certificate < %s/answer >/dev/null 2>&1";

static const char serve_http2[] =
	"exec nghttpd --echo-upload -a 127.0.0.1 -d %s %u %s/key %s/certificate >/dev/null 2>&1";

int tls_take_port(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(0, bind(fd, (struct sockaddr *)&address, size));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&address, &size));
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* Is the port listened on? Asked of the kernel: the server takes one connection only. */
static bool is_listening(unsigned port)
{
	_free_ char *wanted = xasprintf(" 0100007F:%04X 00000000:0000 0A ", port);
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[256];
	bool found = false;

	while (table && !found && fgets(line, sizeof(line), table))
		found = strstr(line, wanted);
	if (table)
		fclose(table);
	return found;
}

static void shell_start(const char *command, struct process *ret_process)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct process_plan plan = { .path = "/bin/sh", .argv = argv, .directory = -1 };

	assert_int_equal(0, process_spawn(&plan, ret_process, NULL));
}

static bool shell_run(const char *command)
{
	struct process process;
	struct process_end end;

	shell_start(command, &process);
	assert_int_equal(0, process_reap(&process, true, &end, NULL));
	return !end.signalled && !end.code;
}

static bool is_there(const char *program)
{
	_free_ char *command = xasprintf("command -v %s >/dev/null", program);

	return shell_run(command);
}

bool tls_server_start(struct tls_server *server, enum tls_server_kind kind)
{
	const char *program = kind == TLS_HTTP2 ? "nghttpd" : "openssl";
	int64_t deadline = clock_monotonic_ms() + START_MS;
	_free_ char *certificate = NULL, *serve = NULL;

	*server = (struct tls_server){ .process = PROCESS_NONE, .folder = "/tmp/tls.XXXXXX" };
	if (!is_there("openssl") || !is_there(program)) {
		print_message("skipped: there is no %s here\n", program);
		return false;
	}
	assert_non_null(mkdtemp(server->folder));
	certificate = xasprintf(make_certificate, server->folder, server->folder);
	assert_true(shell_run(certificate));
	close(tls_take_port(&server->port));
	if (kind == TLS_HTTP2)
		serve = xasprintf(serve_http2, server->folder, server->port, server->folder,
				  server->folder);
	else
		serve = xasprintf(serve_http1, server->folder, server->port, server->folder,
				  server->folder, server->folder);
	shell_start(serve, &server->process);
	while (!is_listening(server->port)) {
		assert_true(clock_monotonic_ms() < deadline);
		poll(NULL, 0, 5);
	}
	return true;
}

void tls_server_stop(struct tls_server *server)
{
	static const char *const files[] = { "key", "certificate", "answer" };
	struct process_end end;

	process_signal(&server->process, SIGTERM);
	process_reap(&server->process, true, &end, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		_free_ char *path = xasprintf("%s/%s", server->folder, files[i]);

		unlink(path);
	}
	rmdir(server->folder);
}
