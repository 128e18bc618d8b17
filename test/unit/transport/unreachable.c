/* No server, or not one that we may talk to. */
#include "heard.h"

#include "base/clock.h"
#include "provider/client/started_provider.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A port that was free a moment ago; `listening`: with a backlog that is full, so that a connection
 * is never made. */
static int take_port(unsigned *ret_port)
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

static void check_unreachable(const char *url, struct transport_clocks clocks,
			      enum transport_trouble trouble, enum error_code code,
			      const char *message)
{
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;

	loop_open(&loop);
	heard_init(&heard, &ended);
	heard_start(&loop, &heard, url, clocks);
	loop_until(&loop, &ended, 1);
	if (heard.trouble != trouble || heard.error.code != code ||
	    !strstr(heard.error.message, message))
		fail_msg("%s: error %d \"%s\"", url, heard.error.code, heard.error.message);
	assert_int_equal(0, heard.status);
	assert_int_equal(0, heard.sent);
	heard_clear(&heard);
	loop_close(&loop);
}

static void connection_refused(void **state)
{
	unsigned port;
	int fd = take_port(&port);
	_free_ char *url = xasprintf("http://127.0.0.1:%u/v1", port);

	(void)state;
	check_unreachable(url, PATIENT, TRANSPORT_NO_CONNECTION, ERROR_SYSTEM,
			  "Connection refused");
	close(fd);
}

static void connection_never_made(void **state)
{
	unsigned port;
	int fd = take_port(&port), fillers[4];
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_free_ char *url = xasprintf("http://127.0.0.1:%u/v1", port);

	(void)state;
	/* a backlog of 0 has room for one; further SYNs get no answer */
	assert_int_equal(0, listen(fd, 0));
	address.sin_port = htons((uint16_t)port);
	for (size_t i = 0; i < ARRAY_LENGTH(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	check_unreachable(url, (struct transport_clocks){ 150, 5000, 5000 },
			  TRANSPORT_CONNECT_CLOCK, ERROR_TIMEOUT, "no connection to 127.0.0.1:");
	for (size_t i = 0; i < ARRAY_LENGTH(fillers); i++)
		close(fillers[i]);
	close(fd);
}

static void tls_needs_a_tls_server(void **state)
{
	struct started_provider provider;
	_free_ char *url = NULL;

	(void)state;
	provider_start(&provider, "reply\n text plain\n");
	url = xasprintf("https://127.0.0.1:%u/v1", provider.port);
	check_unreachable(url, PATIENT, TRANSPORT_TLS, ERROR_SYSTEM, "TLS handshake failed");
	provider_stop(&provider);
}

static void no_such_host(void **state)
{
	(void)state;
	check_unreachable("http://no..such.host/v1", PATIENT, TRANSPORT_NO_HOST, ERROR_SYSTEM,
			  "cannot be resolved");
}

static void *greet(void *context)
{
	int fd = accept(*(int *)context, NULL, NULL);

	assert_int_equal(23, send(fd, "SSH-2.0-OpenSSH_9.2p1\r\n", 23, 0));
	close(fd);
	return NULL;
}

static void not_http(void **state)
{
	unsigned port;
	int fd = take_port(&port);
	_free_ char *url = xasprintf("http://127.0.0.1:%u/v1", port);
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;
	pthread_t server;

	(void)state;
	assert_int_equal(0, listen(fd, 1));
	assert_int_equal(0, pthread_create(&server, NULL, greet, &fd));
	loop_open(&loop);
	heard_init(&heard, &ended);
	heard_start(&loop, &heard, url, PATIENT);
	loop_until(&loop, &ended, 1);
	pthread_join(server, NULL);
	assert_int_equal(TRANSPORT_NOT_HTTP, heard.trouble);
	assert_non_null(strstr(heard.error.message, "not HTTP"));
	heard_clear(&heard);
	loop_close(&loop);
	close(fd);
}

static void addresses_that_are_none(void **state)
{
	static const char *const urls[] = {
		"",        "nonsense",    "ftp://127.0.0.1/x",  "file:///etc/passwd",
		"http://", "http://a b/", "gopher://127.0.0.1/"
	};
	struct loop loop;

	(void)state;
	loop_open(&loop);
	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
		struct transport_request request = { .url = urls[i],
						     .data = heard_data,
						     .done = heard_done };
		struct transport_call *call;
		struct error error;

		if (transport_start(loop.transport, &request, &call, &error) != -ERROR_INVALID)
			fail_msg("%s was taken", urls[i]);
		assert_non_null(strstr(error.message, "base_url"));
	}
	loop_close(&loop);
}

int unreachable_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_refused),
		cmocka_unit_test(connection_never_made),
		cmocka_unit_test(tls_needs_a_tls_server),
		cmocka_unit_test(no_such_host),
		cmocka_unit_test(not_http),
		cmocka_unit_test(addresses_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
