/* Calls that are cancelled, that run together, that rehearse; and how a gateway starts and ends. */
#include "order.h"

#include "unit/transport/tls_server.h"

#include "base/clock.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static enum failure_class class_of(const struct outcome *outcome, bool *ret_charged)
{
	struct model_failure failure = { 0 };

	assert_true(outcome->here);
	if (!outcome->result)
		fail_msg("refused: %s", outcome->error.message);
	assert_int_equal(
		0, failure_from_json(json_object_get(outcome->result, "failure"), &failure, NULL));
	*ret_charged = failure.charged;
	json_decref(outcome->result);
	return failure.class;
}

static void cancel_closes_and_answers(void **state)
{
	struct started_provider provider;
	struct child child;
	struct outcome cancelled, other;
	bool charged;

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
	assert_int_equal(FAILURE_CANCELLED, class_of(&cancelled, &charged));
	assert_true(charged);
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
	bool charged;

	(void)state;
	provider_start(&provider, "reply\n text Some\n stall\n");
	child_start(&child, SECRETS, NULL);
	child_complete(&child, order_json(&provider, "c1", "openai", ENV_KEY), &outcome);
	json_decref(provider_await(&provider, "request", 1));
	provider_stop(&provider);
	child_wait(&child, &outcome);
	assert_int_equal(FAILURE_BROKEN, class_of(&outcome, &charged));
	assert_true(charged);
	assert_int_equal(0, child_end(&child, KEY).code);
}

static void many_at_once(void **state)
{
	enum { COUNT = 1000 };
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

/* Nobody follows: not a word on the way, and the same reply. */
static void no_deltas_unless_followed(void **state)
{
	static const char *const kinds[] = { "openai", "rehearsal" };
	struct started_provider provider;
	struct child child;

	(void)state;
	provider_start(&provider, "reply\n text Some words.\n call remember {\"text\":\"x\"}\n");
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		json_t *params = order_json(&provider, "c1", kinds[i], ENV_KEY);
		struct outcome outcome;

		json_object_set_new(params, "follow", json_false());
		child_complete(&child, params, &outcome);
		child_wait(&child, &outcome);
		assert_non_null(json_object_get(outcome.result, "reply"));
		json_decref(outcome.result);
	}
	assert_int_equal(0, json_array_size(child.deltas));
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* ---- webhooks ---- */

static void post(struct child *child, const char *url, struct outcome *outcome)
{
	child_ask(child, "post",
		  json_pack("{s:s, s:{s:s}, s:i}", "url", url, "body", "text", "Kira is parked",
			    "timeout_ms", 400),
		  outcome);
	child_wait(child, outcome);
}

static void posts(void **state)
{
	static const int statuses[] = { 200, 500, 302 };
	struct started_provider provider;
	struct child child;
	struct outcome outcome;
	_free_ char *url = NULL;
	json_t *log;

	(void)state;
	provider_start(&provider, "reply\n text ok\nerror 500\nerror 302\n"
				  " header location: http://127.0.0.1:1/\nreply\n stall\n");
	url = provider_url(&provider, "/v1/chat/completions");
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		post(&child, url, &outcome);
		assert_int_equal(statuses[i],
				 json_integer_value(json_object_get(outcome.result, "status")));
		json_decref(outcome.result);
	}
	log = provider_await(&provider, "request", 3);
	assert_string_equal("Kira is parked",
			    json_string_value(json_object_get(
				    json_object_get(json_array_get(log, 0), "body"), "text")));
	json_decref(log);
	post(&child, url, &outcome);
	assert_int_equal(ERROR_CLOSED, outcome.error.code); /* the server may have it */
	post(&child, "http://127.0.0.1:1/", &outcome);
	assert_int_equal(ERROR_SYSTEM, outcome.error.code);
	post(&child, "file:///etc/passwd", &outcome);
	assert_int_equal(ERROR_INVALID, outcome.error.code);
	child_ask(&child, "post", json_pack("{s:s}", "url", url), &outcome);
	child_wait(&child, &outcome);
	assert_int_equal(ERROR_INVALID, outcome.error.code);
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* ---- looks at services ---- */

static int look(struct child *child, const char *url, char message[100])
{
	struct outcome outcome;
	const char *text;
	int status;

	child_ask(child, "get", json_pack("{s:s, s:i}", "url", url, "timeout_ms", 400), &outcome);
	child_wait(child, &outcome);
	assert_non_null(outcome.result);
	status = (int)json_integer_value(json_object_get(outcome.result, "status"));
	text = json_string_value(json_object_get(outcome.result, "message"));
	assert_true(json_is_integer(json_object_get(outcome.result, "total_ms")));
	assert_true(!text == !!status);
	snprintf(message, 100, "%s", text ? text : "");
	json_decref(outcome.result);
	return status;
}

/* What a server does is an answer; only what we cannot do is refused. */
static void looks(void **state)
{
	static const int statuses[] = { 200, 503, 302 };
	struct started_provider provider;
	struct child child;
	struct outcome outcome;
	_free_ char *url = NULL;
	char message[100];
	json_t *log;

	(void)state;
	provider_start(&provider, "reply\n text ok\nerror 503\nerror 302\n"
				  " header location: http://127.0.0.1:1/\nreply\n stall\n");
	url = provider_url(&provider, "/v1/chat/completions");
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
		assert_int_equal(statuses[i], look(&child, url, message));
	log = provider_await(&provider, "request", 3);
	assert_string_equal("GET",
			    json_string_value(json_object_get(json_array_get(log, 0), "method")));
	assert_int_not_equal(/* each on a connection of its own */
			     json_integer_value(
				     json_object_get(json_array_get(log, 0), "connection")),
			     json_integer_value(
				     json_object_get(json_array_get(log, 1), "connection")));
	json_decref(log);
	assert_int_equal(0, look(&child, url, message));
	assert_non_null(strstr(message, "within 400 ms"));
	assert_int_equal(0, look(&child, "http://127.0.0.1:1/", message));
	assert_non_null(strstr(message, "127.0.0.1:1"));
	child_ask(&child, "get", json_pack("{s:s}", "url", "file:///etc/passwd"), &outcome);
	child_wait(&child, &outcome);
	assert_int_equal(ERROR_INVALID, outcome.error.code);
	child_ask(&child, "get", json_object(), &outcome);
	child_wait(&child, &outcome);
	assert_int_equal(ERROR_INVALID, outcome.error.code);
	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
}

/* ---- TLS ---- */

#ifdef AGENTD_FAILPOINTS
#define CAN_TRUST 1
#else
#define CAN_TRUST 0
#endif

/* Behind the walls: a certificate that is refused is a failure like any other, and one that is
 * trusted is no death by seccomp. */
static void tls_behind_the_walls(void **state)
{
	struct tls_server server;
	struct child child;
	struct outcome outcome;
	const char *folders[] = { NULL, NULL };
	bool charged;

	(void)state;
	for (int trusted = 0; trusted <= CAN_TRUST; trusted++) {
		json_t *params = order_json(NULL, "c1", "openai", ENV_KEY);
		_free_ char *base = NULL, *authority = NULL;

		if (!tls_server_start(&server, TLS_HTTP1))
			skip();
		base = xasprintf("https://127.0.0.1:%u/v1", server.port);
		authority = xasprintf("%s/certificate", server.folder);
		folders[0] = server.folder;
		setenv("AGENTD_TLS_AUTHORITY", trusted ? authority : "", 1);
		json_object_set_new(json_object_get(params, "provider"), "base_url",
				    json_string(base));
		child_start(&child, SECRETS, folders);
		child_complete(&child, params, &outcome);
		child_wait(&child, &outcome);
		if (trusted && !json_object_get(outcome.result, "reply"))
			fail_msg("%s", json_dumps(outcome.result, 0));
		if (trusted) {
			json_decref(outcome.result);
		} else {
			assert_int_equal(FAILURE_TLS, class_of(&outcome, &charged));
			assert_false(charged);
		}
		assert_int_equal(0, child_end(&child, KEY).code);
		tls_server_stop(&server);
	}
	unsetenv("AGENTD_TLS_AUTHORITY");
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
		cmocka_unit_test(cancel_closes_and_answers),
		cmocka_unit_test(one_id_is_one_call),
		cmocka_unit_test(the_end_of_agentd),
		cmocka_unit_test(the_end_of_the_provider),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(deltas_are_joined),
		cmocka_unit_test(no_deltas_unless_followed),
		cmocka_unit_test(posts),
		cmocka_unit_test(looks),
		cmocka_unit_test(tls_behind_the_walls),
		cmocka_unit_test(a_rehearsal_calls_nothing),
		cmocka_unit_test(no_start_without_walls),
		cmocka_unit_test(no_start_without_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
