/* Two connections that speak with each other. */
#include "suite.h"

#include <pthread.h>

struct side {
	struct rpc *rpc;
	uint64_t kept[8]; /* requests that are answered later */
	size_t kept_count;
	json_int_t nested; /* what a call from inside a handler returned */
};

static void keep(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	struct side *side = context;

	(void)rpc, (void)method, (void)params;
	side->kept[side->kept_count++] = id;
}

static void twice(struct rpc *rpc, void *context, const char *method, const json_t *params,
		  uint64_t id)
{
	(void)context, (void)method;
	rpc_reply(rpc, id, json_integer(2 * json_integer_value(json_array_get(params, 0))));
}

/* Answers only after it has asked back. */
static void ask_back(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	struct side *side = context;
	json_t *result = NULL;

	(void)method, (void)params;
	assert_int_equal(0, rpc_call(rpc, "twice", json_pack("[i]", 21), 1000, &result, NULL));
	side->nested = json_integer_value(result);
	rpc_reply(rpc, id, result);
}

static const struct rpc_permit permits[] = {
	{ "keep", ~0u, false, keep },
	{ "twice", ~0u, false, twice },
	{ "ask_back", ~0u, false, ask_back },
};

static void open_sides(struct side sides[2])
{
	int fds[2];

	pair_open(fds);
	for (size_t i = 0; i < 2; i++) {
		sides[i] = (struct side){ 0 };
		sides[i].rpc = rpc_new(fds[i], RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits),
				       &sides[i]);
		assert_int_equal(fds[i], rpc_fd(sides[i].rpc));
	}
}

static void close_sides(struct side sides[2])
{
	rpc_free(sides[0].rpc);
	rpc_free(sides[1].rpc);
}

struct answer {
	size_t count;
	json_int_t value;
	enum error_code code;
};

static void answered(void *context, const json_t *result, const struct error *error)
{
	struct answer *answer = context;

	answer->count++;
	answer->value = json_integer_value(result);
	answer->code = error ? error->code : 0;
	assert_true(!result == !!error);
}

static void answers_come_in_any_order(void **state)
{
	static const size_t order[] = { 2, 0, 1 };
	struct answer answers[3] = { 0 };
	struct side s[2];
	struct error error = { .code = ERROR_CONFLICT, .message = "changed" };

	(void)state;
	open_sides(s);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(0, rpc_request(s[0].rpc, "keep", NULL, answered, &answers[i]));
	assert_int_equal(0, rpc_readable(s[1].rpc, NULL));
	assert_int_equal(3, s[1].kept_count);
	for (size_t i = 0; i < 3; i++) {
		uint64_t id = s[1].kept[order[i]];

		if (order[i] == 1)
			rpc_refuse(s[1].rpc, id, &error);
		else
			rpc_reply(s[1].rpc, id, json_integer((json_int_t)order[i] + 10));
		assert_int_equal(0, rpc_readable(s[0].rpc, NULL));
		assert_int_equal(1, answers[order[i]].count);
		/* an id is good for one answer */
		assert_int_equal(-(int)ERROR_NOT_FOUND, rpc_reply(s[1].rpc, id, NULL));
		assert_int_equal(-(int)ERROR_NOT_FOUND, rpc_refuse(s[1].rpc, id, &error));
	}
	assert_int_equal(10, answers[0].value);
	assert_int_equal(12, answers[2].value);
	assert_int_equal(ERROR_CONFLICT, answers[1].code);
	close_sides(s);
}

static void freeing_answers_what_is_open(void **state)
{
	struct answer answer = { 0 };
	struct side s[2];

	(void)state;
	open_sides(s);
	assert_int_equal(0, rpc_request(s[0].rpc, "keep", NULL, answered, &answer));
	assert_int_equal(0, rpc_readable(s[1].rpc, NULL));
	close_sides(s);
	assert_int_equal(1, answer.count);
	assert_int_equal(ERROR_CLOSED, answer.code);
}

/* The other side of a blocking call is served by a thread. */
static void *serve(void *context)
{
	struct side *side = context;

	while (!rpc_wait(side->rpc, -1, NULL)) {
	}
	rpc_free(side->rpc);
	return NULL;
}

static pthread_t serve_second(struct side s[2])
{
	pthread_t thread;

	open_sides(s);
	assert_int_equal(0, pthread_create(&thread, NULL, serve, &s[1]));
	return thread;
}

static void calls_block_until_the_answer(void **state)
{
	struct error error;
	json_t *result = NULL;
	pthread_t thread;
	struct side s[2];

	(void)state;
	thread = serve_second(s);
	assert_int_equal(0, rpc_call(s[0].rpc, "twice", json_pack("[i]", 4), -1, &result, &error));
	assert_int_equal(8, json_integer_value(result));
	json_decref(result);
	assert_int_equal(0, rpc_call(s[0].rpc, "ask_back", NULL, -1, &result, &error));
	assert_int_equal(42, json_integer_value(result));
	json_decref(result);
	assert_int_equal(-(int)ERROR_UNSUPPORTED,
			 rpc_call(s[0].rpc, "none", NULL, -1, &result, &error));
	assert_string_equal("there is no method \"none\"", error.message);
	rpc_free(s[0].rpc);
	pthread_join(thread, NULL);
}

static void a_call_from_inside_a_handler(void **state)
{
	struct answer answer = { 0 };
	pthread_t thread;
	struct side s[2];

	(void)state;
	thread = serve_second(s);
	/* the thread asks back, and is answered while its own answer is still open */
	assert_int_equal(0, rpc_request(s[0].rpc, "ask_back", NULL, answered, &answer));
	while (!answer.count)
		assert_int_equal(0, rpc_wait(s[0].rpc, -1, NULL));
	assert_int_equal(42, answer.value);
	rpc_free(s[0].rpc);
	pthread_join(thread, NULL);
}

static void a_late_answer_is_dropped(void **state)
{
	struct error error;
	json_t *result = NULL;
	struct answer answer = { 0 };
	struct side s[2];

	(void)state;
	open_sides(s);
	assert_int_equal(-(int)ERROR_TIMEOUT, rpc_call(s[0].rpc, "keep", NULL, 0, &result, &error));
	assert_null(result);
	assert_int_equal(0, rpc_readable(s[1].rpc, NULL));
	assert_int_equal(0, rpc_request(s[0].rpc, "keep", NULL, answered, &answer));
	assert_int_equal(0, rpc_readable(s[1].rpc, NULL));
	assert_false(rpc_owes(s[0].rpc));
	rpc_reply(s[1].rpc, s[1].kept[0], json_integer(1));
	assert_true(rpc_owes(s[1].rpc));
	rpc_reply(s[1].rpc, s[1].kept[1], json_integer(2));
	assert_false(rpc_owes(s[1].rpc));
	assert_int_equal(0, rpc_readable(s[0].rpc, &error));
	assert_int_equal(2, answer.value);
	close_sides(s);
}

static void the_last_words_are_heard(void **state)
{
	struct answer answer = { 0 };
	struct error error;
	struct side s[2];

	(void)state;
	open_sides(s);
	assert_int_equal(0, rpc_request(s[0].rpc, "keep", NULL, answered, &answer));
	assert_int_equal(0, rpc_wait(s[1].rpc, 0, NULL));
	rpc_reply(s[1].rpc, s[1].kept[0], json_integer(7));
	rpc_free(s[1].rpc);
	/* writing fails, what had been sent is there all the same */
	assert_int_equal(-(int)ERROR_CLOSED, rpc_notify(s[0].rpc, "x", NULL));
	assert_int_equal(-(int)ERROR_CLOSED, rpc_flush(s[0].rpc, NULL));
	assert_int_equal(0, rpc_wait(s[0].rpc, -1, &error));
	assert_int_equal(7, answer.value);
	assert_int_equal(-(int)ERROR_CLOSED, rpc_wait(s[0].rpc, -1, &error));
	assert_int_equal(-(int)ERROR_CLOSED, rpc_wait(s[0].rpc, -1, &error));
	assert_int_equal(-(int)ERROR_CLOSED,
			 rpc_request(s[0].rpc, "keep", NULL, answered, &answer));
	assert_int_equal(1, answer.count);
	rpc_free(s[0].rpc);
}

int talk_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_any_order),
		cmocka_unit_test(freeing_answers_what_is_open),
		cmocka_unit_test(calls_block_until_the_answer),
		cmocka_unit_test(a_call_from_inside_a_handler),
		cmocka_unit_test(a_late_answer_is_dropped),
		cmocka_unit_test(the_last_words_are_heard),
	};

	return cmocka_run_group_tests_name("rpc: two sides", tests, NULL, NULL);
}
