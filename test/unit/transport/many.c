/* Cancelling, and many at once. */
#include "heard.h"

#include "base/clock.h"
#include "provider/client/started_provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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
	heard_start(&loop, &heard, url, PATIENT);
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
					     .done = heard_done,
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
		heard_start(&loop, &heard[i], url, PATIENT);
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
		heard_start(&loop, &heard[i], url, (struct transport_clocks){ 10000, 10000, 2000 });
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

int many_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cancel_closes_the_connection),
		cmocka_unit_test(cancel_from_within),
		cmocka_unit_test(free_with_open_calls),
		cmocka_unit_test(two_hundred_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
