/* Every growable thing has a maximum, and nothing costs more than its length. */
#include "suite.h"

#include "frames.h"
#include "open.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

static void give(struct frames *frames, const char *bytes, size_t size)
{
	memcpy(frames_reserve(frames, size), bytes, size);
	frames_advance(frames, size);
}

/* 16 MiB a byte at a time: a scan from the start for each would take days. */
static void a_large_frame_byte_by_byte(void **state)
{
	size_t size = RPC_FRAME_MAX;
	int64_t start = clock_monotonic_ms();
	struct frames frames;
	struct span line;

	(void)state;
	frames_init(&frames, size);
	for (size_t i = 0; i < size; i++) {
		give(&frames, "x", 1);
		assert_int_equal(0, frames_next(&frames, &line));
	}
	assert_true(frames_partial(&frames));
	give(&frames, "\ny\n", 3);
	assert_int_equal(1, frames_next(&frames, &line));
	assert_int_equal(size, line.length);
	assert_int_equal(1, frames_next(&frames, &line));
	assert_true(span_equal(SPAN("y"), line));
	assert_int_equal(0, frames_next(&frames, &line));
	assert_null(frames.bytes.data);
	assert_true(clock_monotonic_ms() - start < 60000);
	frames_clear(&frames);
}

/* The same lines, however the bytes are cut. */
static void any_cut_gives_the_same_lines(void **state)
{
	static const char text[] = "one\n\nthree\r\nfour";
	struct frames frames;
	struct span line;

	(void)state;
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char seen[64] = "";
		size_t used = 0;

		frames_init(&frames, 8);
		for (int half = 0; half < 2; half++) {
			if (!half)
				give(&frames, text, cut);
			else
				give(&frames, text + cut, sizeof(text) - 1 - cut);
			while (frames_next(&frames, &line) == 1)
				used += (size_t)snprintf(seen + used, sizeof(seen) - used, "<%.*s>",
							 (int)line.length, line.data);
		}
		assert_string_equal("<one><><three\r>", seen);
		assert_true(frames_partial(&frames));
		frames_clear(&frames);
	}
}

static void too_long_lines(void **state)
{
	static const struct {
		const char *text;
		int expect;
	} table[] = {
		{ "1234", 0 },
		{ "1234\n", 1 },
		{ "12345", -(int)ERROR_TOO_LARGE },
		{ "12345\n", -(int)ERROR_TOO_LARGE },
	};
	struct frames frames;
	struct span line;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		frames_init(&frames, 4);
		give(&frames, table[i].text, strlen(table[i].text));
		assert_int_equal(table[i].expect, frames_next(&frames, &line));
		frames_clear(&frames);
	}
}

static void numbers_are_never_used_again(void **state)
{
	struct open_table table = { 0 };
	struct open_request request = { 0 };
	uint64_t numbers[3], again;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(0, open_add(&table, &request, &numbers[i]));
	assert_int_equal(1, numbers[0]);
	assert_true(open_take(&table, numbers[1], &request));
	assert_false(open_take(&table, numbers[1], &request));
	assert_int_equal(0, open_add(&table, &request, &again));
	assert_int_not_equal(numbers[1], again);
	assert_false(open_take(&table, numbers[1], &request));
	assert_true(open_take(&table, again, &request));
	assert_false(open_take(&table, 0, &request));
	assert_false(open_take(&table, 4, &request));
	assert_false(open_take(&table, UINT64_MAX, &request));
	open_clear(&table);
}

static void the_table_of_open_requests_is_bounded(void **state)
{
	struct open_table table = { 0 };
	struct open_request request = { 0 };
	uint64_t number = 0;

	(void)state;
	for (size_t i = 0; i < OPEN_MAX; i++)
		assert_int_equal(0, open_add(&table, &request, &number));
	assert_int_equal(-(int)ERROR_TOO_LARGE, open_add(&table, &request, &number));
	assert_true(open_take(&table, number, &request));
	assert_int_equal(0, open_add(&table, &request, &number));
	open_clear(&table);
}

static json_t *text_of(size_t size)
{
	char *text = xmalloc(size);
	json_t *list;

	memset(text, 'x', size);
	list = json_pack("[s#]", text, (int)size);
	free(text);
	return list;
}

static void large_reply(struct rpc *rpc, void *context, const char *method, const json_t *params,
			uint64_t id)
{
	(void)context, (void)method, (void)params;
	assert_int_equal(0, rpc_reply(rpc, id, text_of(2000)));
}

static const struct rpc_permit permits[] = { { "large", ~0u, false, large_reply } };

static void take_error(void *context, const json_t *result, const struct error *error)
{
	assert_null(result);
	*(struct error *)context = *error;
}

/* A message that is too large harms itself alone. */
static void oversized_messages(void **state)
{
	struct rpc *a, *b;
	struct error error = { 0 };
	json_t *result;
	int fds[2];

	(void)state;
	pair_open(fds);
	a = rpc_new(fds[0], 1000, NULL, 0, NULL);
	b = rpc_new(fds[1], 1000, permits, ARRAY_LENGTH(permits), NULL);
	assert_int_equal(-(int)ERROR_TOO_LARGE,
			 rpc_request(a, "large", text_of(1000), take_error, &error));
	assert_int_equal(-(int)ERROR_TOO_LARGE,
			 rpc_call(a, "large", text_of(1000), 0, &result, &error));
	assert_string_equal("a request of more than 1000 bytes", error.message);
	assert_int_equal(0, rpc_request(a, "large", text_of(100), take_error, &error));
	assert_int_equal(0, rpc_readable(b, NULL));
	assert_int_equal(0, rpc_readable(a, NULL));
	assert_int_equal(ERROR_TOO_LARGE, error.code);
	rpc_free(a);
	rpc_free(b);
}

static void a_peer_that_sends_too_much_in_a_line(void **state)
{
	struct rpc *rpc;
	struct error error;
	char line[2000], answer[512] = "";
	int fds[2];

	(void)state;
	pair_open(fds);
	rpc = rpc_new(fds[0], 1000, permits, ARRAY_LENGTH(permits), NULL);
	memset(line, ' ', sizeof(line));
	fd_write_all(fds[1], (struct span){ line, sizeof(line) }, NULL);
	assert_int_equal(-(int)ERROR_PROTOCOL, rpc_readable(rpc, &error));
	assert_true(read(fds[1], answer, sizeof(answer) - 1) > 0);
	assert_non_null(strstr(answer, "a message of more than 1000 bytes"));
	rpc_free(rpc);
	close(fds[1]);
}

/* A peer that does not read is not waited for without end, and is cut off. */
static void a_peer_that_does_not_read(void **state)
{
	struct rpc *rpc;
	size_t sent = 0;
	int fds[2], r = 0;

	(void)state;
	pair_open(fds);
	rpc = rpc_new(fds[0], RPC_FRAME_MAX, NULL, 0, NULL);
	for (; !r && sent < 1000; sent++)
		r = rpc_notify(rpc, "n", text_of(1024 * 1024));
	assert_int_equal(-(int)ERROR_TOO_LARGE, r);
	assert_in_range(sent, 62, 66);
	assert_false(rpc_wants_write(rpc));
	assert_int_equal(-(int)ERROR_CLOSED, rpc_notify(rpc, "n", NULL));
	assert_int_equal(-(int)ERROR_CLOSED, rpc_wait(rpc, -1, NULL));
	rpc_free(rpc);
	close(fds[1]);
}

/* What does not fit into the socket goes out as the other side reads. */
static void writing_goes_on_when_it_can(void **state)
{
	struct rpc *rpc;
	char chunk[64 * 1024];
	size_t got = 0, ends = 0;
	ssize_t n;
	int fds[2];

	(void)state;
	pair_open(fds);
	rpc = rpc_new(fds[0], RPC_FRAME_MAX, NULL, 0, NULL);
	for (int i = 0; i < 20; i++)
		assert_int_equal(0, rpc_notify(rpc, "n", text_of(100000)));
	assert_true(rpc_wants_write(rpc));
	while (ends < 20) {
		n = read(fds[1], chunk, sizeof(chunk));
		assert_true(n > 0);
		got += (size_t)n;
		for (ssize_t i = 0; i < n; i++)
			ends += chunk[i] == '\n';
		assert_int_equal(0, rpc_writable(rpc, NULL));
	}
	assert_int_equal(20 * (100000 + strlen("{'jsonrpc':'2.0','method':'n','params':['']}\n")),
			 got);
	assert_false(rpc_wants_write(rpc));
	assert_int_equal(0, rpc_flush(rpc, NULL));
	rpc_free(rpc);
	close(fds[1]);
}

int limits_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cut_gives_the_same_lines),
		cmocka_unit_test(too_long_lines),
		cmocka_unit_test(a_large_frame_byte_by_byte),
		cmocka_unit_test(numbers_are_never_used_again),
		cmocka_unit_test(the_table_of_open_requests_is_bounded),
		cmocka_unit_test(oversized_messages),
		cmocka_unit_test(a_peer_that_sends_too_much_in_a_line),
		cmocka_unit_test(a_peer_that_does_not_read),
		cmocka_unit_test(writing_goes_on_when_it_can),
	};

	return cmocka_run_group_tests_name("rpc: limits", tests, NULL, NULL);
}
