/* The program as agentd drives it: what goes up for a plan and for replies, and how it ends. */
#include "peer.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#define CALL(id, name, arguments) \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"arguments\":" arguments "}"
#define CALLS(list) "{\"text\":\"on it\",\"calls\":[" list "],\"stop\":\"tools\",\"usage\":null}"
#define SAYS(text) "{\"text\":\"" text "\",\"calls\":[],\"stop\":\"end\",\"usage\":null}"

/* Steals the plan. */
static void serve(struct peer *peer, struct plan *plan)
{
	json_t *json = plan_to_json(plan);

	plan_free(plan);
	peer_init(peer);
	peer_serve(peer, json);
}

static const json_t *at(const json_t *list, size_t index, const char *key)
{
	return json_object_get(json_array_get(list, index), key);
}

static void assert_json(const json_t *json, const char *expect)
{
	json_t *wanted = json_loads(expect, JSON_DECODE_ANY, NULL);
	_free_ char *got = json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	_free_ char *text = json_dumps(wanted, JSON_ENCODE_ANY | JSON_SORT_KEYS);

	json_decref(wanted);
	assert_non_null(text);
	assert_string_equal(got ? got : "nothing", text);
}

static void assert_ended(const struct peer *peer, int status)
{
	assert_false(peer->end.signalled);
	assert_int_equal(peer->end.code, status);
}

static bool work_holds(const struct peer *peer, const char *name, const char *text)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(1000);

	return !file_read(peer->work, name, &found, NULL, NULL) &&
	       span_equal(buffer_span(&found), span_of(text));
}

/* ---- a conversation ---- */

static void a_reply_without_calls_is_the_end(void **state)
{
	static const char *const replies[] = { SAYS("Four."), NULL };
	struct peer peer = { .replies = replies };
	const json_t *request;

	(void)state;
	serve(&peer, peer_plan());
	assert_ended(&peer, 0);
	assert_non_null(strstr(peer.walls, "session: read fd 5, write fd 6"));
	assert_non_null(strstr(peer.walls, "landlock abi"));
	assert_int_equal(json_array_size(peer.completions), 1);
	assert_json(at(peer.completions, 0, "turn"), "1");
	assert_json(at(peer.completions, 0, "results"), "[]");
	request = at(peer.completions, 0, "request");
	assert_json(json_object_get(request, "max_tokens"), "4096");
	assert_true(json_array_size(json_object_get(request, "system")) >= 2);
	assert_int_equal(json_array_size(json_object_get(request, "messages")), 1);
	assert_json(at(json_object_get(request, "messages"), 0, "role"), "\"user\"");
	assert_int_equal(json_array_size(json_object_get(request, "tools")), 6);
	assert_json(peer.done, "{\"text\":\"Four.\",\"turns\":1}");
	peer_clear(&peer);
}

static void stable_sections_come_first(void **state)
{
	static const char *const replies[] = { SAYS("Four."), NULL };
	struct peer peer = { .replies = replies };
	const json_t *system;
	bool changing = false;

	(void)state;
	serve(&peer, peer_plan());
	system = json_object_get(at(peer.completions, 0, "request"), "system");
	for (size_t i = 0; i < json_array_size(system); i++) {
		bool stable = json_is_true(at(system, i, "stable"));

		assert_false(changing && stable);
		changing = !stable;
	}
	peer_clear(&peer);
}

static void calls_are_worked_off_in_order(void **state)
{
	static const char *const replies[] = {
		CALLS(CALL("a", "remember", "{\"text\":\"one\"}") "," CALL("b", "write_file", "{\"path\":\"work/r.md\",\"text\":\"four\"}") "," CALL(
			"c", "remember",
			"{\"text\":\"two\"}") "," CALL("d", "read_file",
						       "{\"path\":\"knowledge/facts.md\"}")),
		SAYS("Done."), NULL
	};
	struct peer peer = { .replies = replies, .hold = 2 };
	const json_t *messages;

	(void)state;
	serve(&peer, peer_plan());
	assert_ended(&peer, 0);
	assert_json(peer.tools,
		    "[{\"id\":\"a\",\"name\":\"remember\",\"arguments\":{\"text\":\"one\"}},"
		    "{\"id\":\"c\",\"name\":\"remember\",\"arguments\":{\"text\":\"two\"}}]");
	assert_json(at(peer.completions, 1, "results"),
		    "[{\"id\":\"b\",\"name\":\"write_file\",\"error\":false,"
		    "\"content\":\"wrote work/r.md (4 bytes)\"},"
		    "{\"id\":\"d\",\"name\":\"read_file\",\"error\":false,"
		    "\"content\":\"Two plus two is four.\"}]");
	messages = json_object_get(at(peer.completions, 1, "request"), "messages");
	assert_int_equal(json_array_size(messages), 3);
	assert_json(
		at(messages, 2, "results"),
		"[{\"id\":\"a\",\"name\":\"remember\",\"content\":\"answer 0\"},"
		"{\"id\":\"b\",\"name\":\"write_file\",\"content\":\"wrote work/r.md (4 bytes)\"},"
		"{\"id\":\"c\",\"name\":\"remember\",\"content\":\"answer 1\"},"
		"{\"id\":\"d\",\"name\":\"read_file\",\"content\":\"Two plus two is four.\"}]");
	assert_json(peer.done, "{\"text\":\"Done.\",\"turns\":2}");
	assert_true(work_holds(&peer, "r.md", "four"));
	peer_clear(&peer);
}

static void bad_calls_get_error_results(void **state)
{
	static const struct {
		const char *call, *says;
	} rows[] = {
		{ CALL("a", "fly", "{}"), "there is no tool \"fly\"; the tools are: read_file, " },
		{ CALL("a", "read_file", "{}"), "path" },
		{ CALL("a", "read_file", "{\"path\":7}"), "string" },
		{ CALL("a", "read_file", "{\"path\":\"a\",\"mode\":\"r\"}"), "mode" },
		{ "{\"id\":\"a\",\"name\":\"read_file\",\"malformed\":\"{\\\"path\"}",
		  "no JSON object, so nothing was done: {\"path" },
		{ CALL("a", "read_file", "{\"path\":\"../SOUL.md\"}"), "\"..\"" },
		{ CALL("a", "read_file", "{\"path\":\"/etc/passwd\"}"),
		  "there is no work/etc/passwd" },
		{ CALL("a", "write_file", "{\"path\":\"knowledge/x\",\"text\":\"\"}"),
		  "can only be read" },
		{ CALL("a", "list_files", "{\"path\":\"skills\"}"), "there is no work/skills" },
		{ CALL("a", "remember", "{}"), "text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *first = xasprintf(CALLS("%s"), rows[i].call);
		const char *const replies[] = { first, SAYS("Sorry."), NULL };
		struct peer peer = { .replies = replies };
		const json_t *results;
		const char *content;

		serve(&peer, peer_plan());
		assert_ended(&peer, 0);
		results = at(peer.completions, 1, "results");
		assert_int_equal(json_array_size(results), 1);
		assert_true(json_is_true(at(results, 0, "error")));
		content = json_string_value(at(results, 0, "content"));
		if (!strstr(content, rows[i].says))
			fail_msg("%s: %s", rows[i].call, content);
		assert_int_equal(json_array_size(peer.tools), 0);
		assert_non_null(peer.done);
		peer_clear(&peer);
	}
}

static void only_allowed_tools_are_there(void **state)
{
	static const char *const replies[] = {
		CALLS(CALL("a", "write_file", "{\"path\":\"x\",\"text\":\"\"}") "," CALL(
			"b", "remember", "{\"text\":\"x\"}")),
		SAYS("Sorry."), NULL
	};
	struct peer peer = { .replies = replies };
	struct plan *plan = peer_plan();

	(void)state;
	plan->tools = xcalloc(1, sizeof(char *));
	plan->tools[plan->tool_count++] = xstrdup("read_file");
	serve(&peer, plan);
	assert_ended(&peer, 0);
	assert_int_equal(
		json_array_size(json_object_get(at(peer.completions, 0, "request"), "tools")), 1);
	assert_int_equal(json_array_size(at(peer.completions, 1, "results")), 2);
	assert_int_equal(json_array_size(peer.tools), 0);
	assert_false(work_holds(&peer, "x", ""));
	peer_clear(&peer);
}

static void a_rehearsal_writes_nothing(void **state)
{
	static const char *const replies[] = { CALLS(CALL("a", "write_file",
							  "{\"path\":\"x\",\"text\":\"y\"}")),
					       SAYS("Done."), NULL };
	struct peer peer = { .replies = replies };
	struct plan *plan = peer_plan();
	const json_t *results;

	(void)state;
	plan->rehearse = true;
	serve(&peer, plan);
	assert_ended(&peer, 0);
	results = at(peer.completions, 1, "results");
	assert_json(at(results, 0, "content"), "\"rehearsal: work/x is not written (1 bytes)\"");
	assert_false(work_holds(&peer, "x", "y"));
	peer_clear(&peer);
}

static void output_is_cut(void **state)
{
	static const char *const replies[] = { CALLS(CALL("a", "read_file",
							  "{\"path\":\"knowledge/facts.md\"}")),
					       SAYS("Done."), NULL };
	struct peer peer = { .replies = replies };
	struct plan *plan = peer_plan();

	(void)state;
	plan->tool_output_bytes = 3;
	serve(&peer, plan);
	assert_json(at(at(peer.completions, 1, "results"), 0, "content"),
		    "\"Two\\n[cut: the first 3 of 21 bytes of knowledge/facts.md]\"");
	peer_clear(&peer);
}

static void turns_have_a_limit(void **state)
{
	static const char *const replies[] = { CALLS(CALL("a", "list_files", "{\"path\":\"\"}")),
					       CALLS(CALL("b", "list_files", "{\"path\":\"\"}")),
					       SAYS("Never."), NULL };
	struct peer peer = { .replies = replies };
	struct plan *plan = peer_plan();

	(void)state;
	plan->turns_max = 2;
	serve(&peer, plan);
	assert_ended(&peer, 0);
	assert_int_equal(json_array_size(peer.completions), 2);
	assert_json(json_object_get(peer.done, "limit"), "\"turns\"");
	assert_json(json_object_get(peer.done, "turns"), "2");
	assert_json(json_object_get(peer.done, "text"), "\"on it\"");
	assert_int_equal(json_array_size(json_object_get(peer.done, "results")), 1);
	peer_clear(&peer);
}

/* ---- ends ---- */

static void an_error_answer_ends_it(void **state)
{
	struct peer peer = { 0 };

	(void)state;
	serve(&peer, peer_plan());
	assert_ended(&peer, 1);
	assert_null(peer.done);
	peer_clear(&peer);
}

static void an_answer_that_is_no_reply_ends_it(void **state)
{
	static const char *const replies[] = { "{\"text\":7}", NULL };
	struct peer peer = { .replies = replies };

	(void)state;
	serve(&peer, peer_plan());
	assert_ended(&peer, 1);
	peer_clear(&peer);
}

static void it_leaves_with_agentd(void **state)
{
	struct peer early = { 0 }, late = { .hang_up = true };

	(void)state;
	peer_init(&early);
	peer_serve(&early, NULL);
	assert_ended(&early, 0);
	peer_clear(&early);
	serve(&late, peer_plan());
	assert_ended(&late, 0);
	peer_clear(&late);
}

static void a_plan_that_is_none_ends_it(void **state)
{
	struct peer peer = { 0 };

	(void)state;
	peer_init(&peer);
	peer_serve(&peer, json_pack("{s:i}", "session", 7));
	assert_ended(&peer, 1);
	assert_int_equal(json_array_size(peer.completions), 0);
	peer_clear(&peer);
}

static void no_walls_no_start(void **state)
{
	static const struct {
		const char *words[6];
		bool with_filter;
	} rows[] = {
		{ { "agentd-session", NULL }, true },
		{ { "agentd-session", "role=session", "read=5", NULL }, false },
		{ { "agentd-session", "role=session", "read=99", NULL }, true },
		{ { "agentd-session", "role=session", "dir=work:6", NULL }, true },
		{ { "agentd-session", "role=session", "write=6", "dir=work:6", "sandbox=off",
		    NULL },
		  true },
		{ { "agentd-session", "role=history", "read=", NULL }, true },
	};
	struct peer peer = { 0 };

	(void)state;
	peer_init(&peer);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct process_end end = peer_start(&peer, rows[i].words, rows[i].with_filter);

		assert_false(end.signalled);
		assert_int_equal(end.code, 111);
	}
	peer_clear(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_without_calls_is_the_end),
		cmocka_unit_test(stable_sections_come_first),
		cmocka_unit_test(calls_are_worked_off_in_order),
		cmocka_unit_test(bad_calls_get_error_results),
		cmocka_unit_test(only_allowed_tools_are_there),
		cmocka_unit_test(a_rehearsal_writes_nothing),
		cmocka_unit_test(output_is_cut),
		cmocka_unit_test(turns_have_a_limit),
		cmocka_unit_test(an_error_answer_ends_it),
		cmocka_unit_test(an_answer_that_is_no_reply_ends_it),
		cmocka_unit_test(it_leaves_with_agentd),
		cmocka_unit_test(a_plan_that_is_none_ends_it),
		cmocka_unit_test(no_walls_no_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
