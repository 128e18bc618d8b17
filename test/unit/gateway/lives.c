/* Calls that are cancelled, that run together, that rehearse; and how a gateway starts and ends. */
#include "order.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void cancel_closes_and_refuses(void **state)
{
	struct started_provider provider;
	struct child child;
	struct outcome cancelled, other;

	(void)state;
	provider_start(&provider,
		       "reply\n when Go on\n text Some\n stall\ndefault reply\n text ok\n");
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &cancelled);
	json_decref(provider_await(&provider, "request", 1));
	assert_int_equal(0, rpc_notify(child.rpc, "cancel", json_pack("{s:s}", "call", "c1")));
	json_decref(provider_await(&provider, "closed", 1));
	assert_int_equal(0, rpc_notify(child.rpc, "cancel", json_pack("{s:s}", "call", "c1")));
	assert_int_equal(0, rpc_notify(child.rpc, "cancel", json_pack("{}")));
	/* the id is free again, and the gateway still works */
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &other);
	child_wait(&child, &other);
	assert_non_null(other.result);
	assert_true(cancelled.here);
	assert_null(cancelled.result);
	assert_int_equal(cancelled.error.code, ERROR_CLOSED);
	json_decref(other.result);
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

static void one_id_is_one_call(void **state)
{
	struct started_provider provider;
	struct child child;
	struct outcome first, second;

	(void)state;
	provider_start(&provider, "default reply\n text Some\n delay 50\n text more\n");
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &first);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &second);
	child_wait(&child, &first);
	assert_true(second.here);
	assert_int_equal(ERROR_EXISTS, second.error.code);
	assert_non_null(first.result);
	json_decref(first.result);
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* agentd dies in the middle: the gateway goes, and its connections with it. */
static void the_end_of_agentd(void **state)
{
	struct started_provider provider;
	struct child child;
	struct outcome outcome;

	(void)state;
	provider_start(&provider, "reply\n text Some\n stall\n");
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &outcome);
	json_decref(provider_await(&provider, "request", 1));
	assert_int_equal(0, child_end(&child, KEY).code);
	json_decref(provider_await(&provider, "closed", 1));
	provider_stop(&provider);
}

static void the_end_of_the_provider(void **state)
{
	struct started_provider provider;
	struct child child;
	struct outcome outcome;

	(void)state;
	provider_start(&provider, "reply\n text Some\n stall\n");
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &outcome);
	json_decref(provider_await(&provider, "request", 1));
	provider_stop(&provider);
	child_wait(&child, &outcome);
	assert_int_equal(ERROR_CLOSED, outcome.error.code);
	assert_int_equal(0, child_end(&child, KEY).code);
}

static void many_at_once(void **state)
{
	enum { COUNT = 500 };
	static struct outcome outcomes[COUNT];
	struct started_provider provider;
	struct child child;

	(void)state;
	provider_start(&provider, "default reply\n text Half\n delay 50\n text way.\n");
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < COUNT; i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%zu", i);
		child_complete(&child,
			       order_json(&provider, id, i % 2 ? "openai" : "anthropic", ENV_KEY),
			       &outcomes[i]);
	}
	for (size_t i = 0; i < COUNT; i++) {
		child_wait(&child, &outcomes[i]);
		if (!outcomes[i].result)
			fail_msg("%zu: %s", i, outcomes[i].error.message);
		json_decref(outcomes[i].result);
	}
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* ---- deltas ---- */

/* 60 pieces over 300 ms: each 20 ms one notification, not one a piece. */
static void deltas_are_joined(void **state)
{
	CLEANUP(buffer_clear) struct buffer script = BUFFER(64 * 1024);
	struct started_provider provider;
	struct child child;
	struct outcome outcome;
	_free_ char *text = NULL;
	int64_t start = clock_monotonic_ms(), took;
	size_t texts = 0, i;
	const json_t *delta;

	(void)state;
	buffer_append_text(&script, "reply\n");
	for (int piece = 0; piece < 60; piece++)
		buffer_printf(&script, " text \"%02d \"\n delay 5\n", piece);
	provider_start(&provider, script.data);
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &outcome);
	child_wait(&child, &outcome);
	took = clock_monotonic_ms() - start;
	assert_non_null(outcome.result);
	json_array_foreach(child.deltas, i, delta)
		texts += json_object_get(delta, "text") != NULL;
	text = child_text(&child, "c1");
	assert_int_equal(180, strlen(text));
	assert_true(texts >= 3 && (int64_t)texts <= took / 20 + 2);
	json_decref(outcome.result);
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* ---- rehearsal ---- */

static void a_rehearsal_calls_nothing(void **state)
{
	json_t *params = json_pack("{s:s, s:{s:s, s:s}, s:s, s:o, s:s}", "call", "c1", "provider",
				   "name", "rehearsal", "kind", "rehearsal", "model", "rehearsal",
				   "request", order_request("Daily check"), "script",
				   "## When Daily\n- say: On it.\n- call remember: All quiet.\n");
	struct child child;
	struct outcome outcome;
	_free_ char *text = NULL;
	const json_t *reply;

	(void)state;
	child_start(&child, SECRETS, NULL);
	child_complete(&child, params, &outcome);
	child_wait(&child, &outcome);
	if (!outcome.result)
		fail_msg("%s", outcome.error.message);
	text = child_text(&child, "c1");
	reply = json_object_get(outcome.result, "reply");
	assert_string_equal("On it.", text);
	assert_string_equal("On it.", json_string_value(json_object_get(reply, "text")));
	assert_int_equal(1, json_array_size(json_object_get(reply, "calls")));
	assert_string_equal("remember", json_string_value(json_object_get(
						json_array_get(child.deltas, 1), "tool")));
	json_decref(outcome.result);
	assert_int_equal(0, child_end(&child, KEY).code);
}

/* ---- no walls, no start ---- */

static void no_start_without_walls(void **state)
{
	static const char *const bad_words[][2] = { { "role=session", NULL },
						    { "nonsense", NULL },
						    { "role=gateway", NULL } /* but no filter */ };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad_words); i++) {
		struct child child;
		struct outcome outcome;
		struct process_end end;

		child_start_as(&child, SECRETS, bad_words[i], -1);
		child_complete(&child, order_json(NULL, "c1", "openai", ENV_KEY), &outcome);
		end = child_end(&child, KEY);
		assert_int_equal(ERROR_CLOSED, outcome.error.code);
		assert_false(end.signalled);
		assert_int_equal(111, end.code);
	}
}

static void no_start_without_secrets(void **state)
{
	static const char *const words[] = { "role=gateway", NULL };
	struct child child;

	(void)state;
	child_start_as(&child, "[\"" KEY "\"]", words, -1);
	assert_int_equal(1, child_end(&child, KEY).code);
}

int lives_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cancel_closes_and_refuses),
		cmocka_unit_test(one_id_is_one_call),
		cmocka_unit_test(the_end_of_agentd),
		cmocka_unit_test(the_end_of_the_provider),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(deltas_are_joined),
		cmocka_unit_test(a_rehearsal_calls_nothing),
		cmocka_unit_test(no_start_without_walls),
		cmocka_unit_test(no_start_without_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
