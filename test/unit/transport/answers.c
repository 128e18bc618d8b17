/* Every way an answer can end, and what is sent for it. */
#include "heard.h"

#include "base/clock.h"
#include "provider/client/started_provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct row {
	const char *name, *script;
	struct transport_clocks clocks; /* all 0: patient */
	bool progresses;
	int refuse_after; /* one more than the pieces; 0: never */
	/* expected */
	int status;
	enum error_code code;              /* 0: a whole answer */
	const char *data, *body, *message; /* contained; NULL: nothing there */
	int64_t retry_after_ms;            /* one more; 0: not given */
	enum transport_trouble trouble;
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
	  .retry_after_ms = 7001 },
	{ .name = "retry-after-ms wins",
	  .status = 529,
	  .body = "{}",
	  .retry_after_ms = 1501,
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
	  .trouble = TRANSPORT_FIRST_BYTE_CLOCK,
	  .script = "reply\n stall\n",
	  .clocks = { 5000, 100, 5000 },
	  .code = ERROR_TIMEOUT,
	  .message = "no first byte from 127.0.0.1:" },
	{ .name = "headers are no first byte",
	  .trouble = TRANSPORT_FIRST_BYTE_CLOCK,
	  .script = "reply\n headers\n stall\n",
	  .status = 200,
	  .clocks = { 5000, 100, 5000 },
	  .code = ERROR_TIMEOUT,
	  .message = "within 100 ms" },
	{ .name = "silence after some text",
	  .trouble = TRANSPORT_PROGRESS_CLOCK,
	  .script = "reply\n text some\n stall\n",
	  .status = 200,
	  .clocks = { 5000, 5000, 100 },
	  .code = ERROR_TIMEOUT,
	  .data = "some",
	  .message = "no progress in the answer of 127.0.0.1:" },
	{ .name = "bytes without progress",
	  .trouble = TRANSPORT_PROGRESS_CLOCK,
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
	  .trouble = TRANSPORT_BROKE_OFF,
	  .script = "reply\n text some\n cut\n",
	  .status = 200,
	  .data = "some",
	  .code = ERROR_CLOSED,
	  .message = "127.0.0.1:" },
	{ .name = "an error that breaks off",
	  .trouble = TRANSPORT_BROKE_OFF,
	  .script = "error 500 {\"a\":\"bcdefgh\"} cut 4\n",
	  .status = 500,
	  .body = "{\"a\"",
	  .code = ERROR_CLOSED },
	{ .name = "no answer",
	  .trouble = TRANSPORT_NO_ANSWER,
	  .script = "drop\n",
	  .code = ERROR_CLOSED },
	{ .name = "a reset",
	  .trouble = TRANSPORT_NO_ANSWER,
	  .script = "drop reset\n",
	  .code = ERROR_CLOSED },
	{ .name = "data that is not wanted",
	  .trouble = TRANSPORT_UNWANTED,
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
	  .trouble = TRANSPORT_NOT_HTTP,
	  .status = 200,
	  .code = ERROR_PROTOCOL,
	  .message = "compressed and cannot be read",
	  .script = "reply\n header content-encoding: gzip\n bytes not gzip at all\n end\n" },
	{ .name = "an unknown encoding",
	  .trouble = TRANSPORT_NOT_HTTP,
	  .status = 200,
	  .code = ERROR_PROTOCOL,
	  .script = "reply\n header content-encoding: rot13\n bytes uryyb\n end\n" },
	{ .name = "300 MiB from 658 bytes",
	  .trouble = TRANSPORT_TOO_LARGE,
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
	if (heard->status != row->status || heard->error.code != row->code ||
	    heard->trouble != row->trouble)
		fail_msg("%s: status %d, trouble %d, error %d \"%s\"", row->name, heard->status,
			 heard->trouble, heard->error.code, heard->error.message);
	assert_int_equal(row->retry_after_ms - 1, heard->retry_after_ms);
	assert_int_equal(1, heard->times_done);
	assert_int_equal(1, heard->sent);
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
		heard_start(&loop, &heard, url, row->clocks.connect_ms ? row->clocks : PATIENT);
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
	heard_start(&loop, &heard, url, PATIENT);
	loop_until(&loop, &ended, 1);
	assert_int_equal(ERROR_TOO_LARGE, heard.error.code);
	assert_int_equal(0, heard.bytes);
	heard_clear(&heard);
	loop_close(&loop);
	provider_stop(&provider);
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
	heard_start(&loop, &heard, url, PATIENT);
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
		heard_start(&loop, &heard, url, PATIENT);
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

/* libcurl alone would ask again, up to five times: a kept connection that ends without an answer
 * may have been closed while it rested, or by a server that died over this very request. */
static void no_request_goes_out_twice(void **state)
{
	static const int statuses[] = { 200, 0, 200 };
	struct started_provider provider;
	struct loop loop;
	_free_ char *url = NULL;
	json_t *log;

	(void)state;
	provider_start(&provider, "reply\n text ok\ndrop\n when m\ndefault reply\n text again\n");
	url = provider_url(&provider, "/v1/messages");
	loop_open(&loop);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		struct heard heard;
		unsigned ended = 0;

		heard_init(&heard, &ended);
		heard_start(&loop, &heard, url, PATIENT);
		loop_until(&loop, &ended, 1);
		assert_int_equal(statuses[i], heard.status);
		assert_int_equal(statuses[i] ? TRANSPORT_FINE : TRANSPORT_NO_ANSWER, heard.trouble);
		assert_int_equal(1, heard.sent);
		heard_clear(&heard);
	}
	log = provider_await(&provider, "request", 3);
	assert_int_equal(3, json_array_size(log));
	json_decref(log);
	loop_close(&loop);
	provider_stop(&provider);
}

int answers_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call),
		cmocka_unit_test(too_many_headers),
		cmocka_unit_test(the_request),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(no_request_goes_out_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
