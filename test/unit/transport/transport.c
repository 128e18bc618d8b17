/* Calls against a provider that does what the row's script says. */
#include "loop.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "provider/client/started_provider.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A call and all that came of it. */
struct heard {
	unsigned *ended;
	int status;
	int64_t retry_after_s, bytes;
	unsigned sent, times_done;
	struct buffer data, body;
	struct error error;
	int refuse_after; /* pieces of data; < 0: never */
	struct transport_call *call;
	bool progresses;
};

static int on_data(void *context, struct span bytes)
{
	struct heard *heard = context;

	heard->bytes += (int64_t)bytes.length;
	buffer_append(&heard->data, bytes);
	if (heard->progresses)
		transport_progress(heard->call);
	return heard->refuse_after >= 0 && heard->refuse_after-- == 0;
}

static void on_sent(void *context)
{
	struct heard *heard = context;

	heard->sent++;
}

static void on_done(void *context, int status, struct span body, int64_t retry_after_s,
		    const struct error *error)
{
	struct heard *heard = context;

	heard->status = status;
	heard->retry_after_s = retry_after_s;
	buffer_append(&heard->body, body);
	if (error)
		heard->error = *error;
	heard->times_done++;
	++*heard->ended;
}

static void heard_init(struct heard *heard, unsigned *ended)
{
	*heard = (struct heard){ .ended = ended,
				 .data = BUFFER(16 * 1024 * 1024),
				 .body = BUFFER(TRANSPORT_ERROR_BODY_MAX),
				 .refuse_after = -1 };
}

static void heard_clear(struct heard *heard)
{
	buffer_clear(&heard->data);
	buffer_clear(&heard->body);
}

static void start(struct loop *loop, struct heard *heard, const char *url,
		  struct transport_clocks clocks)
{
	static const char *const headers[] = { "content-type: application/json",
					       "authorization: Bearer secret-key", NULL };
	struct transport_request request = { .url = url,
					     .headers = headers,
					     .body = SPAN("{\"model\":\"m\"}"),
					     .clocks = clocks,
					     .sent = on_sent,
					     .data = on_data,
					     .done = on_done,
					     .context = heard };

	assert_int_equal(0, transport_start(loop->transport, &request, &heard->call, NULL));
}

#define PATIENT ((struct transport_clocks){ 10000, 10000, 10000 })

/* ---- one call ---- */

static const struct row {
	const char *name, *script;
	struct transport_clocks clocks; /* all 0: patient */
	bool progresses;
	int refuse_after; /* one more than the pieces; 0: never */
	/* expected */
	int status;
	enum error_code code;              /* 0: a whole answer */
	const char *data, *body, *message; /* contained; NULL: nothing there */
	int64_t retry_after_s;             /* one more; 0: not given */
} rows[] = {
	{ .name = "a stream",
	  .script = "reply\n text Checked the bulletin.\n",
	  .status = 200,
	  .data = "[DONE]" },
	{ .name = "bytes as they are",
	  .script = "reply\n bytes \"a\\r\\n\\u0001b\"\n end\n",
	  .status = 200,
	  .data = "a\r\n\001b" },
	{ .name = "an error's body",
	  .script = "error 400 {\"error\":{\"message\":\"bad\"}}\n",
	  .status = 400,
	  .body = "\"bad\"" },
	{ .name = "retry-after in seconds",
	  .script = "error 429 {} retry-after 7\n",
	  .status = 429,
	  .body = "{}",
	  .retry_after_s = 8 },
	{ .name = "retry-after-ms wins",
	  .status = 529,
	  .body = "{}",
	  .retry_after_s = 3,
	  .script = "error 529 {} retry-after 9\n header retry-after-ms: 1500\n" },
	{ .name = "an empty error", .script = "error 503\n", .status = 503 },
	{ .name = "an error from a proxy",
	  .status = 502,
	  .body = "<html>",
	  .script = "error 502\n header content-type: text/html\n body <html><b>no</b></html>\n" },
	{ .name = "a redirect is not followed",
	  .status = 302,
	  .script = "error 302\n header Location: http://127.0.0.1:1/\nreply\n text followed\n" },
	{ .name = "nothing comes",
	  .script = "reply\n stall\n",
	  .clocks = { 5000, 100, 5000 },
	  .code = ERROR_TIMEOUT,
	  .message = "no first byte from 127.0.0.1:" },
	{ .name = "headers are no first byte",
	  .script = "reply\n headers\n stall\n",
	  .status = 200,
	  .clocks = { 5000, 100, 5000 },
	  .code = ERROR_TIMEOUT,
	  .message = "within 100 ms" },
	{ .name = "silence after some text",
	  .script = "reply\n text some\n stall\n",
	  .status = 200,
	  .clocks = { 5000, 5000, 100 },
	  .code = ERROR_TIMEOUT,
	  .data = "some",
	  .message = "no progress in the answer of 127.0.0.1:" },
	{ .name = "bytes without progress",
	  .status = 200,
	  .clocks = { 5000, 5000, 120 },
	  .script =
		  "reply\n ping\n delay 50\n ping\n delay 50\n ping\n delay 50\n ping\n delay 50\n"
		  " ping\n delay 50\n ping\n delay 50\n ping\n",
	  .code = ERROR_TIMEOUT,
	  .data = "keep-alive",
	  .message = "no progress" },
	{ .name = "slow progress",
	  .status = 200,
	  .clocks = { 5000, 5000, 200 },
	  .progresses = true,
	  .script =
		  "reply\n ping\n delay 80\n ping\n delay 80\n ping\n delay 80\n ping\n text end\n",
	  .data = "end" },
	{ .name = "a chunked answer that breaks off",
	  .script = "reply\n text some\n cut\n",
	  .status = 200,
	  .data = "some",
	  .code = ERROR_CLOSED,
	  .message = "127.0.0.1:" },
	{ .name = "an error that breaks off",
	  .script = "error 500 {\"a\":\"bcdefgh\"} cut 4\n",
	  .status = 500,
	  .body = "{\"a\"",
	  .code = ERROR_CLOSED },
	{ .name = "no answer", .script = "drop\n", .code = ERROR_CLOSED },
	{ .name = "a reset", .script = "drop reset\n", .code = ERROR_CLOSED },
	{ .name = "data that is not wanted",
	  .script = "reply\n text a\n",
	  .status = 200,
	  .refuse_after = 1,
	  .data = "data:",
	  .code = ERROR_INVALID },
	{ .name = "gzip that nobody asked for",
	  .status = 200,
	  .data = "data: hello\n",
	  .script = "raw test/unit/transport/hello.gz\n header content-encoding: gzip\n" },
	{ .name = "broken gzip",
	  .status = 200,
	  .code = ERROR_PROTOCOL,
	  .message = "compressed and cannot be read",
	  .script = "reply\n header content-encoding: gzip\n bytes not gzip at all\n end\n" },
	{ .name = "an unknown encoding",
	  .status = 200,
	  .code = ERROR_PROTOCOL,
	  .script = "reply\n header content-encoding: rot13\n bytes uryyb\n end\n" },
	{ .name = "300 MiB from 658 bytes",
	  .status = 200,
	  .code = ERROR_TOO_LARGE,
	  .data = "",
	  .message = "larger than 256 MiB",
	  .script = "raw test/unit/transport/bomb.gz.gz\n header content-encoding: gzip, gzip\n" },
	{ .name = "a bomb as an error",
	  .status = 500,
	  .body = "",
	  .script = "raw test/unit/transport/bomb.gz.gz status 500\n"
		    " header content-encoding: gzip, gzip\n" },
};

static void check_text(const char *name, const char *what, const struct buffer *got,
		       const char *expected)
{
	if (!expected && got->length)
		fail_msg("%s: unexpected %s: %.200s", name, what, got->data);
	if (expected &&
	    !memmem(got->data ? got->data : "", got->length, expected, strlen(expected)))
		fail_msg("%s: %s has no \"%s\": %.200s", name, what, expected,
			 got->data ? got->data : "(none)");
}

static void check_row(const struct row *row, const struct heard *heard)
{
	if (heard->status != row->status || heard->error.code != row->code)
		fail_msg("%s: status %d, error %d \"%s\"", row->name, heard->status,
			 heard->error.code, heard->error.message);
	assert_int_equal(row->retry_after_s - 1, heard->retry_after_s);
	assert_int_equal(1, heard->times_done);
	assert_true(heard->sent >= 1);
	check_text(row->name, "data", &heard->data, row->data);
	check_text(row->name, "body", &heard->body, row->body);
	if (row->message && !strstr(heard->error.message, row->message))
		fail_msg("%s: message is \"%s\"", row->name, heard->error.message);
	assert_null(strstr(heard->error.message, "secret-key"));
}

static void one_call(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ARRAY_LENGTH(rows); row++) {
		struct started_provider provider;
		struct loop loop;
		struct heard heard;
		unsigned ended = 0;
		_free_ char *url = NULL;

		provider_start(&provider, row->script);
		url = provider_url(&provider, "/v1/chat/completions");
		loop_open(&loop);
		heard_init(&heard, &ended);
		heard.progresses = row->progresses;
		heard.refuse_after = row->refuse_after - 1;
		start(&loop, &heard, url, row->clocks.connect_ms ? row->clocks : PATIENT);
		loop_until(&loop, &ended, 1);
		check_row(row, &heard);
		heard_clear(&heard);
		loop_close(&loop);
		provider_stop(&provider);
	}
}

/* 64 KiB of headers and not one more: curl's own limit is 100 KiB a line and none for all. */
static void too_many_headers(void **state)
{
	CLEANUP(buffer_clear) struct buffer script = BUFFER(1024 * 1024);
	struct started_provider provider;
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;
	_free_ char *url = NULL;

	(void)state;
	buffer_append_text(&script, "reply\n text never seen\n");
	for (int i = 0; i < 1000; i++)
		buffer_printf(&script, " header x-%d: %080d\n", i, i);
	provider_start(&provider, script.data);
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	heard_init(&heard, &ended);
	start(&loop, &heard, url, PATIENT);
	loop_until(&loop, &ended, 1);
	assert_int_equal(ERROR_TOO_LARGE, heard.error.code);
	assert_int_equal(0, heard.bytes);
	heard_clear(&heard);
	loop_close(&loop);
	provider_stop(&provider);
}

/* ---- no server ---- */

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

static void check_unreachable(const char *url, struct transport_clocks clocks, enum error_code code,
			      const char *message)
{
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;

	loop_open(&loop);
	heard_init(&heard, &ended);
	start(&loop, &heard, url, clocks);
	loop_until(&loop, &ended, 1);
	if (heard.error.code != code || !strstr(heard.error.message, message))
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
	check_unreachable(url, PATIENT, ERROR_SYSTEM, "Connection refused");
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
	check_unreachable(url, (struct transport_clocks){ 150, 5000, 5000 }, ERROR_TIMEOUT,
			  "no connection to 127.0.0.1:");
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
	check_unreachable(url, PATIENT, ERROR_SYSTEM, "TLS handshake failed");
	provider_stop(&provider);
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
						     .data = on_data,
						     .done = on_done };
		struct transport_call *call;
		struct error error;

		if (transport_start(loop.transport, &request, &call, &error) != -ERROR_INVALID)
			fail_msg("%s was taken", urls[i]);
		assert_non_null(strstr(error.message, "base_url"));
	}
	loop_close(&loop);
}

/* ---- what is sent ---- */

static void the_request(void **state)
{
	struct started_provider provider;
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;
	_free_ char *url = NULL;
	json_t *log, *headers;

	(void)state;
	/* a proxy of the environment would get the key */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	provider_start(&provider, "reply\n text ok\n");
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	heard_init(&heard, &ended);
	start(&loop, &heard, url, PATIENT);
	loop_until(&loop, &ended, 1);
	assert_int_equal(200, heard.status);
	log = provider_await(&provider, "request", 1);
	headers = json_object_get(json_array_get(log, 0), "headers");
	assert_string_equal("Bearer secret-key",
			    json_string_value(json_object_get(headers, "authorization")));
	assert_string_equal("identity",
			    json_string_value(json_object_get(headers, "accept-encoding")));
	assert_null(json_object_get(headers, "expect"));
	assert_string_equal("POST",
			    json_string_value(json_object_get(json_array_get(log, 0), "method")));
	json_decref(log);
	heard_clear(&heard);
	loop_close(&loop);
	provider_stop(&provider);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void connections_are_kept(void **state)
{
	struct started_provider provider;
	struct loop loop;
	_free_ char *url = NULL;
	json_t *log;

	(void)state;
	provider_start(&provider, "default reply\n text ok\n");
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	for (unsigned i = 0; i < 5; i++) {
		struct heard heard;
		unsigned ended = 0;

		heard_init(&heard, &ended);
		start(&loop, &heard, url, PATIENT);
		loop_until(&loop, &ended, 1);
		assert_int_equal(200, heard.status);
		heard_clear(&heard);
	}
	log = provider_await(&provider, "request", 5);
	assert_int_equal(1,
			 json_integer_value(json_object_get(json_array_get(log, 4), "connection")));
	json_decref(log);
	loop_close(&loop);
	provider_stop(&provider);
}

/* ---- cancelling, many at once ---- */

static void cancel_closes_the_connection(void **state)
{
	struct started_provider provider;
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;
	_free_ char *url = NULL;

	(void)state;
	provider_start(&provider, "reply\n text some\n stall\n");
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	heard_init(&heard, &ended);
	start(&loop, &heard, url, PATIENT);
	while (!heard.bytes)
		loop_turn(&loop, 100);
	transport_cancel(heard.call);
	json_decref(provider_await(&provider, "closed", 1));
	loop_turn(&loop, 0);
	assert_int_equal(0, ended);
	assert_int_equal(0, loop.count);
	heard_clear(&heard);
	loop_close(&loop);
	provider_stop(&provider);
}

static int cancel_from_data(void *context, struct span bytes)
{
	struct heard *heard = context;

	heard->bytes += (int64_t)bytes.length;
	transport_cancel(heard->call);
	return 0;
}

static void cancel_from_within(void **state)
{
	struct started_provider provider;
	struct loop loop;
	struct heard heard;
	unsigned ended = 0;
	_free_ char *url = NULL;
	struct transport_request request = { .data = cancel_from_data,
					     .done = on_done,
					     .context = &heard };

	(void)state;
	provider_start(&provider, "reply\n text some\n stall\n");
	url = provider_url(&provider, "/v1/messages");
	request.url = url;
	loop_open(&loop);
	heard_init(&heard, &ended);
	assert_int_equal(0, transport_start(loop.transport, &request, &heard.call, NULL));
	while (!heard.bytes)
		loop_turn(&loop, 100);
	json_decref(provider_await(&provider, "closed", 1));
	assert_int_equal(0, ended);
	heard_clear(&heard);
	loop_close(&loop);
	provider_stop(&provider);
}

static void free_with_open_calls(void **state)
{
	struct started_provider provider;
	struct loop loop;
	struct heard heard[3];
	unsigned ended = 0;
	_free_ char *url = NULL;

	(void)state;
	provider_start(&provider, "default reply\n text some\n stall\n");
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	for (size_t i = 0; i < ARRAY_LENGTH(heard); i++) {
		heard_init(&heard[i], &ended);
		start(&loop, &heard[i], url, PATIENT);
	}
	while (!heard[1].bytes)
		loop_turn(&loop, 100);
	loop_close(&loop);
	assert_int_equal(0, ended);
	for (size_t i = 0; i < ARRAY_LENGTH(heard); i++)
		heard_clear(&heard[i]);
	provider_stop(&provider);
}

/* A stalled call among them must not hold the others up, nor one that ends by its clock. */
static void two_hundred_at_once(void **state)
{
	enum { COUNT = 200 };
	static struct heard heard[COUNT];
	struct started_provider provider;
	struct loop loop;
	unsigned ended = 0, good = 0, late = 0;
	_free_ char *url = NULL;

	(void)state;
	provider_start(&provider, "reply\n times 5\n text x\n stall\n"
				  "default reply\n text Half\n delay 20\n text way.\n");
	url = provider_url(&provider, "/v1/chat/completions");
	loop_open(&loop);
	for (size_t i = 0; i < COUNT; i++) {
		heard_init(&heard[i], &ended);
		heard[i].progresses = true;
		start(&loop, &heard[i], url, (struct transport_clocks){ 10000, 10000, 2000 });
	}
	loop_until(&loop, &ended, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		good += !heard[i].error.code && strstr(heard[i].data.data, "[DONE]");
		late += heard[i].error.code == ERROR_TIMEOUT;
		assert_int_equal(1, heard[i].times_done);
		heard_clear(&heard[i]);
	}
	assert_int_equal(COUNT - 5, good);
	assert_int_equal(5, late);
	loop_close(&loop);
	provider_stop(&provider);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call),
		cmocka_unit_test(too_many_headers),
		cmocka_unit_test(connection_refused),
		cmocka_unit_test(connection_never_made),
		cmocka_unit_test(tls_needs_a_tls_server),
		cmocka_unit_test(addresses_that_are_none),
		cmocka_unit_test(the_request),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(cancel_closes_the_connection),
		cmocka_unit_test(cancel_from_within),
		cmocka_unit_test(free_with_open_calls),
		cmocka_unit_test(two_hundred_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
