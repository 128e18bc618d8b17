/* TLS and HTTP/2, with real servers. */
#include "heard.h"
#include "tls_server.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void trust(const struct tls_server *server)
{
	_free_ char *path = xasprintf("%s/certificate", server->folder);

	setenv("AGENTD_TLS_AUTHORITY", path, 1);
}

/* A test without what it needs says so and passes. */
static void start_or_skip(struct tls_server *server, enum tls_server_kind kind, bool trusted)
{
#ifndef AGENTD_FAILPOINTS
	if (trusted) {
		print_message("skipped: this build trusts no certificate of a test\n");
		skip();
	}
#endif
	if (!tls_server_start(server, kind))
		skip();
	if (trusted)
		trust(server);
}

static void one_call(const char *url, struct transport_clocks clocks, struct heard *heard)
{
	struct loop loop;
	static unsigned ended;

	ended = 0;
	loop_open(&loop);
	heard_init(heard, &ended);
	heard_start(&loop, heard, url, clocks);
	loop_until(&loop, &ended, 1);
	loop_close(&loop);
}

static void a_trusted_certificate(void **state)
{
	struct tls_server server;
	struct heard heard;
	_free_ char *url = NULL;

	(void)state;
	start_or_skip(&server, TLS_HTTP1, true);
	url = xasprintf("https://127.0.0.1:%u/v1", server.port);
	one_call(url, PATIENT, &heard);
	if (heard.trouble)
		fail_msg("%d %s", heard.trouble, heard.error.message);
	assert_non_null(strstr(heard.data.data, "over TLS"));
	heard_clear(&heard);
	unsetenv("AGENTD_TLS_AUTHORITY");
	tls_server_stop(&server);
}

static void a_certificate_of_nobody(void **state)
{
	struct tls_server server;
	struct heard heard;
	_free_ char *url = NULL;

	(void)state;
	start_or_skip(&server, TLS_HTTP1, false);
	url = xasprintf("https://127.0.0.1:%u/v1", server.port);
	one_call(url, PATIENT, &heard);
	assert_int_equal(TRANSPORT_CERTIFICATE, heard.trouble);
	assert_int_equal(ERROR_DENIED, heard.error.code);
	assert_non_null(strstr(heard.error.message, "self-signed"));
	assert_int_equal(0, heard.sent);
	heard_clear(&heard);
	tls_server_stop(&server);
}

static void a_certificate_of_another_host(void **state)
{
	struct tls_server server;
	struct heard heard;
	_free_ char *url = NULL;

	(void)state;
	start_or_skip(&server, TLS_HTTP1, true);
	url = xasprintf("https://localhost:%u/v1", server.port);
	one_call(url, PATIENT, &heard);
	if (heard.trouble != TRANSPORT_CERTIFICATE)
		fail_msg("%d %s", heard.trouble, heard.error.message);
	assert_int_equal(0, heard.sent);
	heard_clear(&heard);
	unsetenv("AGENTD_TLS_AUTHORITY");
	tls_server_stop(&server);
}

/* Connections stand, and nobody answers the handshake; or it ends in the middle. */
static void a_handshake_that_never_ends(void **state)
{
	unsigned port;
	int fd = tls_take_port(&port);
	_free_ char *url = xasprintf("https://127.0.0.1:%u/v1", port);
	struct heard heard;

	(void)state;
	assert_int_equal(0, listen(fd, 4));
	one_call(url, (struct transport_clocks){ 150, 5000, 5000 }, &heard);
	assert_int_equal(TRANSPORT_CONNECT_CLOCK, heard.trouble);
	assert_int_equal(0, heard.sent);
	heard_clear(&heard);
	close(fd);
}

/* ---- HTTP/2 ---- */

enum { STREAMS = 50 };

static int cancel_from_data(void *context, struct span bytes)
{
	struct heard *heard = context;

	heard->bytes += (int64_t)bytes.length;
	transport_cancel(heard->call);
	return 0;
}

/* 50 calls that start together share one connection; one of them is cancelled, which harms no
 * other. */
static void many_streams_share_a_connection(void **state)
{
	static struct heard heard[STREAMS];
	static char body[100000];
	struct tls_server server;
	struct loop loop;
	unsigned ended = 0;
	size_t connections = 0;
	int64_t deadline = clock_monotonic_ms() + 20000;
	_free_ char *url = NULL;

	(void)state;
	start_or_skip(&server, TLS_HTTP2, true);
	url = xasprintf("https://127.0.0.1:%u/v1", server.port);
	memset(body, 'x', sizeof(body));
	loop_open(&loop);
	for (size_t i = 0; i < STREAMS; i++) {
		struct transport_request request = { .url = url,
						     .body = { body, sizeof(body) },
						     .clocks = PATIENT,
						     .data = i == 7 ? cancel_from_data : heard_data,
						     .done = heard_done,
						     .context = &heard[i] };

		heard_init(&heard[i], &ended);
		assert_int_equal(0,
				 transport_start(loop.transport, &request, &heard[i].call, NULL));
	}
	while (ended < STREAMS - 1) {
		assert_true(clock_monotonic_ms() < deadline);
		loop_turn(&loop, 100);
		connections = loop.count > connections ? loop.count : connections;
	}
	for (size_t i = 0; i < STREAMS; i++) {
		if (i != 7 && (heard[i].trouble || heard[i].bytes != sizeof(body)))
			fail_msg("%zu: %d %s, %ld bytes", i, heard[i].trouble,
				 heard[i].error.message, (long)heard[i].bytes);
		heard_clear(&heard[i]);
	}
	assert_int_equal(1, connections);
	loop_close(&loop);
	unsetenv("AGENTD_TLS_AUTHORITY");
	tls_server_stop(&server);
}

int tls_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trusted_certificate),
		cmocka_unit_test(a_certificate_of_nobody),
		cmocka_unit_test(a_certificate_of_another_host),
		cmocka_unit_test(a_handshake_that_never_ends),
		cmocka_unit_test(many_streams_share_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
