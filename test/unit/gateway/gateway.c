/* The real agentd-gateway behind its real walls, and a provider that does what its script says. */
#include "order.h"

#include "base/file.h"
#include "model/model.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *kind, *base, *auth_header, *auth_value;
} kinds[] = {
	{ "anthropic", "", "x-api-key", KEY },
	{ "openai", "/v1", "authorization", "Bearer " KEY },
};

static json_int_t number_at(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* ---- a whole answer ---- */

static const char two_calls[] =
	"reply\n text Checked the bulletin \xE2\x80\x94 na\xC3\xAFve, and long enough for pieces.\n"
	" call remember {\"text\":\"Two refunds are open.\"}\n"
	" call bulletin_post {\"text\":\"To all.\"}\n usage 120 30\n";

static void check_deltas(const struct child *child)
{
	static const char *const tools[] = { "remember", "bulletin_post" };
	size_t tool = 0, i;
	const json_t *delta;

	json_array_foreach(child->deltas, i, delta) {
		const char *name = json_string_value(json_object_get(delta, "tool"));

		assert_string_equal("c1", json_string_value(json_object_get(delta, "call")));
		if (name)
			assert_string_equal(tools[tool++], name);
	}
	assert_int_equal(2, tool);
}

static void check_reply(const struct child *child, const json_t *result)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	_free_ char *text = child_text(child, "c1");

	assert_int_equal(0, model_reply_from_json(json_object_get(result, "reply"), &reply, NULL));
	assert_string_equal(reply->text, text);
	assert_non_null(strstr(text, "na\xC3\xAFve"));
	assert_int_equal(2, reply->call_count);
	assert_int_equal(MODEL_STOP_TOOLS, reply->stop);
	assert_string_equal("bulletin_post", reply->calls[1].name);
	assert_string_equal("To all.",
			    json_string_value(json_object_get(reply->calls[1].arguments, "text")));
	assert_true(reply->usage.known);
	assert_int_equal(120, reply->usage.input_tokens);
	assert_int_equal(30, reply->usage.output_tokens);
	assert_int_equal(200, number_at(result, "status"));
	assert_true(number_at(result, "total_ms") >= number_at(result, "first_byte_ms"));
}

static void check_request(const struct started_provider *provider, size_t kind)
{
	json_t *log = provider_await(provider, "request", 1);
	const json_t *line = json_array_get(log, 0);
	const json_t *headers = json_object_get(line, "headers");
	const char *auth = json_string_value(json_object_get(headers, kinds[kind].auth_header));

	assert_non_null(auth);
	assert_string_equal(kinds[kind].auth_value, auth);
	assert_string_equal(
		"m-1", json_string_value(json_object_get(json_object_get(line, "body"), "model")));
	json_decref(log);
}

static void both_formats(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < ARRAY_LENGTH(kinds); kind++) {
		struct started_provider provider;
		struct child child;
		struct outcome outcome;

		provider_start(&provider, two_calls);
		child_start(&child, SECRETS, NULL);
		child_complete(&child, order_json(&provider, "c1", kinds[kind].kind, ENV_KEY),
			       &outcome);
		child_wait(&child, &outcome);
		if (!outcome.result)
			fail_msg("%s: %s", kinds[kind].kind, outcome.error.message);
		check_deltas(&child);
		check_reply(&child, outcome.result);
		check_request(&provider, kind);
		json_decref(outcome.result);
		assert_int_equal(0, child_end(&child, KEY).code);
		provider_stop(&provider);
	}
}

/* ---- what goes wrong ---- */

static const struct row {
	const char *name, *script, *key; /* key NULL: the one in the environment */
	enum failure_class class;
	int status;
	bool charged;
	const char *message;
	int64_t retry_after_ms; /* one more; 0: not given */
} rows[] = {
	{ .name = "an error of the server",
	  .class = FAILURE_REQUEST,
	  .status = 400,
	  .message = "too bad",
	  .script =
		  "error 400 {\"error\":{\"type\":\"invalid_request_error\",\"message\":\"too bad\"}}\n" },
	{ .name = "a rate limit",
	  .class = FAILURE_RATE,
	  .status = 429,
	  .message = "slow down",
	  .retry_after_ms = 2001,
	  .script = "error 429 {\"error\":{\"message\":\"slow down\"}} retry-after 2\n" },
	{ .name = "a server that repeats the key",
	  .class = FAILURE_KEY,
	  .status = 401,
	  .message = "Incorrect API key",
	  .script = "error 401 {\"error\":{\"message\":\"Incorrect API key provided: " KEY
		    ".\"}}\n" },
	{ .name = "a redirect",
	  .class = FAILURE_MODEL,
	  .status = 307,
	  .message = "set base_url",
	  .script = "error 307\n header location: http://127.0.0.1:1/\n" },
	{ .name = "an error inside the stream",
	  .class = FAILURE_OVERLOADED,
	  .status = 200,
	  .charged = true,
	  .message = "Overloaded",
	  .script =
		  "reply\n text Some\n fail "
		  "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n" },
	{ .name = "the key inside the stream",
	  .class = FAILURE_SERVER,
	  .status = 200,
	  .charged = true,
	  .message = "no use for",
	  .script =
		  "reply\n text Some\n fail "
		  "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no use for x" KEY
		  "\"}}\n" },
	{ .name = "a stream cut by the network",
	  .class = FAILURE_BROKEN,
	  .status = 200,
	  .charged = true,
	  .message = "127.0.0.1",
	  .script = "reply\n text Some\n cut\n" },
	{ .name = "a stream without its end",
	  .class = FAILURE_BROKEN,
	  .status = 200,
	  .charged = true,
	  .message = "ended before",
	  .script = "reply\n text Some\n end\n" },
	{ .name = "an answer with nothing in it",
	  .class = FAILURE_EMPTY,
	  .status = 200,
	  .charged = true,
	  .message = "",
	  .script = "reply\n usage 10 0\n" },
	{ .name = "a web page",
	  .class = FAILURE_FORMAT,
	  .status = 200,
	  .charged = true,
	  .message = "web page",
	  .script = "reply\n bytes <html><body>Welcome\n end\n" },
	{ .name = "no answer",
	  .class = FAILURE_BROKEN,
	  .charged = true,
	  .message = "without an answer",
	  .script = "drop\n" },
	{ .name = "no first byte",
	  .class = FAILURE_FIRST_BYTE,
	  .charged = true,
	  .message = "no first byte",
	  .script = "reply\n stall\n" },
	{ .name = "pings only",
	  .class = FAILURE_PROGRESS,
	  .status = 200,
	  .charged = true,
	  .message = "no progress",
	  .script =
		  "reply\n ping\n delay 100\n ping\n delay 100\n ping\n delay 100\n ping\n delay 100\n"
		  " ping\n stall\n" },
	{ .name = "a stall",
	  .class = FAILURE_PROGRESS,
	  .status = 200,
	  .charged = true,
	  .message = "within 300 ms",
	  .script = "reply\n text Some\n stall\n" },
	{ .name = "no such variable",
	  .key = "{\"env\":\"NOT_SET\"}",
	  .class = FAILURE_KEY,
	  .message = "NOT_SET" },
	{ .name = "an empty variable",
	  .key = "{\"env\":\"EMPTY\"}",
	  .class = FAILURE_KEY,
	  .message = "EMPTY is empty" },
	{ .name = "a header in a key",
	  .key = "{\"env\":\"TWO\"}",
	  .class = FAILURE_KEY,
	  .message = "TWO" },
	{ .name = "no such file",
	  .key = "{\"file\":\"/nowhere/key\"}",
	  .class = FAILURE_KEY,
	  .message = "/nowhere/key" },
	{ .name = "no credentials",
	  .key = "{\"credential\":\"claude\"}",
	  .class = FAILURE_KEY,
	  .message = "LoadCredential=claude" },
};

static void check_failure(const char *name, const struct row *row, const struct outcome *outcome)
{
	struct model_failure failure;

	if (!outcome->result)
		fail_msg("%s: refused: %s", name, outcome->error.message);
	if (failure_from_json(json_object_get(outcome->result, "failure"), &failure, NULL))
		fail_msg("%s: no failure", name);
	if (failure.class != row->class || failure.status != row->status ||
	    failure.charged != row->charged || failure.retry_after_ms != row->retry_after_ms - 1 ||
	    !strstr(failure.message, row->message))
		fail_msg("%s: %s, status %d, charged %d, retry after %ld, \"%s\"", name,
			 failure_name(failure.class), failure.status, failure.charged,
			 (long)failure.retry_after_ms, failure.message);
	assert_null(strstr(failure.message, "5f1d0c"));
	assert_true(number_at(outcome->result, "total_ms") >=
		    number_at(outcome->result, "first_byte_ms"));
	json_decref(outcome->result);
}

static void what_goes_wrong(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ARRAY_LENGTH(rows); row++) {
		struct started_provider provider;
		struct child child;
		struct outcome outcome;
		json_t *params;

		provider_start(&provider, row->script ? row->script : "");
		child_start(&child, SECRETS, NULL);
		params = order_json(&provider, "c1", "anthropic", row->key ? row->key : ENV_KEY);
		if (row->class == FAILURE_FIRST_BYTE)
			json_object_set_new(json_object_get(params, "provider"), "first_byte_ms",
					    json_integer(200));
		child_complete(&child, params, &outcome);
		child_wait(&child, &outcome);
		check_failure(row->name, row, &outcome);
		assert_int_equal(0, child_end(&child, KEY).code);
		provider_stop(&provider);
	}
}

/* The same for all formats: nobody listens, or nobody could at such an address. */
static void nobody_there(void **state)
{
	static const struct {
		const char *base_url;
		struct row expect;
	} places[] = {
		{ "http://127.0.0.1:1",
		  { .class = FAILURE_CONNECT, .message = "Connection refused" } },
		{ "http://no..such.host/v1",
		  { .class = FAILURE_NAME, .message = "cannot be resolved" } },
		{ "file:///etc/passwd", { .class = FAILURE_MODEL, .message = "base_url" } },
	};
	static const char *const all_kinds[] = { "anthropic", "openai", "ollama", "responses" };
	struct child child;

	(void)state;
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(places) * ARRAY_LENGTH(all_kinds); i++) {
		size_t place = i / ARRAY_LENGTH(all_kinds);
		json_t *params = order_json(NULL, "c1", all_kinds[i % ARRAY_LENGTH(all_kinds)],
					    ENV_KEY);
		struct outcome outcome;

		json_object_set_new(json_object_get(params, "provider"), "base_url",
				    json_string(places[place].base_url));
		child_complete(&child, params, &outcome);
		child_wait(&child, &outcome);
		check_failure(places[place].base_url, &places[place].expect, &outcome);
	}
	assert_int_equal(0, child_end(&child, KEY).code);
}

static void bad_orders(void **state)
{
	static const char *const orders[] = {
		"{}",
		"{\"call\":\"c1\"}",
		"{\"call\":7,\"provider\":{\"name\":\"a\",\"kind\":\"openai\"},\"request\":{}}",
		"{\"call\":\"c1\",\"provider\":{\"name\":\"a\",\"kind\":\"openai\"},\"request\":[]}",
		"{\"call\":\"c1\",\"provider\":{\"name\":\"a\",\"kind\":\"gopher\"},\"request\":{}}",
		("{\"call\":\"c1\",\"provider\":{\"name\":\"a\",\"kind\":\"openai\"},\"context\":-1,"
		 "\"request\":{}}"),
	};
	struct child child;

	(void)state;
	child_start(&child, SECRETS, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
		struct outcome outcome;

		child_complete(&child, json_loads(orders[i], 0, NULL), &outcome);
		child_wait(&child, &outcome);
		if (outcome.result || (outcome.error.code != ERROR_INVALID &&
				       outcome.error.code != ERROR_UNSUPPORTED))
			fail_msg("%s: %s", orders[i], outcome.error.message);
	}
	assert_int_equal(0, child_end(&child, KEY).code);
}

/* ---- keys in files ---- */

static void keys_in_files(void **state)
{
	char folder[] = "/tmp/gateway.XXXXXX", other[] = "/tmp/gateway.XXXXXX";
	const char *folders[] = { folder, NULL };
	struct started_provider provider;
	struct child child;
	struct outcome outcome;
	_fd_ int dir = -1, other_dir = -1;
	_free_ char *secrets = NULL, *outside = NULL, *file = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_non_null(mkdtemp(other));
	assert_int_equal(0, directory_open(folder, &dir, NULL));
	assert_int_equal(0, directory_open(other, &other_dir, NULL));
	assert_int_equal(0, file_replace(dir, "claude", SPAN("  " KEY "\n"), 0600, NULL));
	assert_int_equal(0, file_replace(other_dir, "claude", SPAN(KEY "\n"), 0600, NULL));
	assert_int_equal(0, symlinkat("claude", dir, "link"));
	secrets = xasprintf("{\"CREDENTIALS_DIRECTORY\":\"%s\"}", folder);
	file = xasprintf("{\"file\":\"%s/link\"}", folder);
	outside = xasprintf("{\"file\":\"%s/claude\"}", other);
	provider_start(&provider, "default reply\n text ok\n");
	child_start(&child, secrets, folders);

	child_complete(&child, order_json(&provider, "c1", "openai", "{\"credential\":\"claude\"}"),
		       &outcome);
	child_wait(&child, &outcome);
	assert_non_null(outcome.result);
	json_decref(outcome.result);
	child_complete(&child, order_json(&provider, "c2", "openai", file), &outcome);
	child_wait(&child, &outcome);
	assert_non_null(outcome.result);
	json_decref(outcome.result);
	check_request(&provider, 1);
	/* the wall, not our code */
	child_complete(&child, order_json(&provider, "c3", "openai", outside), &outcome);
	child_wait(&child, &outcome);
	check_failure("outside", &(struct row){ .class = FAILURE_KEY, .message = other }, &outcome);

	assert_int_equal(0, child_end(&child, KEY).code);
	provider_stop(&provider);
	assert_int_equal(0, file_unlink(dir, "claude", NULL));
	assert_int_equal(0, unlinkat(dir, "link", 0));
	assert_int_equal(0, file_unlink(other_dir, "claude", NULL));
	rmdir(folder);
	rmdir(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_formats),  cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(nobody_there),  cmocka_unit_test(bad_orders),
		cmocka_unit_test(keys_in_files),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL) + lives_tests() ? 1 : 0;
}
