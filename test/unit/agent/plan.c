#include "suite.h"

static struct plan *full_plan(void)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	memcpy(plan->session, "01J0000000000000000000000A", 27);
	memcpy(plan->agent, "kira", 5);
	plan->cause = CAUSE_HEARTBEAT;
	plan->heading = xstrdup("Daily (07:00)");
	plan->constitution = (struct plan_text){ xstrdup("1. x \"q\" \xE2\x82\xAC\n"),
						 "0123456789" };
	plan->soul = (struct plan_text){ xstrdup(""), "" };
	plan->memory = (struct plan_text){ xstrdup("# M\n"), "abc" };
	plan->standing = xstrdup("");
	plan->session_start = xstrdup("- a");
	plan->checklist = xstrdup("- b\n\tc\x01");
	plan->knowledge = xstrdup("- knowledge/x.md: X\n");
	plan->moment = xstrdup("now");
	plan->budget = xstrdup("$1 left");
	plan->rehearse = true;
	plan->tools = xcalloc(2, sizeof(char *));
	plan->tools[0] = xstrdup("remember");
	plan->tool_count = 1;
	plan->turns_max = 40;
	plan->max_output_tokens = 4096;
	plan->tool_output_bytes = 262144;
	plan->compaction_turns = 10;
	plan->most_bytes = 420000;
	plan->compactions = json_pack("[{s:i}]", "replies", 10);
	return plan;
}

static void test_round_trip(void **state)
{
	CLEANUP(plan_free) struct plan *plan = full_plan();
	CLEANUP(plan_free) struct plan *back = NULL;
	json_t *json = plan_to_json(plan), *again;

	(void)state;
	assert_int_equal(plan_from_json(json, &back, NULL), 0);
	again = plan_to_json(back);
	assert_true(json_equal(json, again));
	assert_string_equal(back->checklist, "- b\n\tc\x01");
	assert_string_equal(back->budget, "$1 left");
	assert_string_equal(back->constitution.id, "0123456789");
	assert_null(back->bulletin.text);
	assert_null(back->message);
	assert_string_equal(back->standing, "");
	assert_true(back->rehearse);
	assert_int_equal(back->compaction_turns, 10);
	assert_int_equal(back->most_bytes, 420000);
	json_decref(json);
	json_decref(again);
}

/* Each row replaces one member of a good plan. */
static void test_rejected(void **state)
{
	static const struct {
		const char *key, *json;
	} rows[] = {
		{ "session", "1" },
		{ "session", "\"01J0000000000000000000000AB\"" },
		{ "agent", "null" },
		{ "cause", "\"whim\"" },
		{ "cause", "null" },
		{ "heading", "[]" },
		{ "checklist", "5" },
		{ "memory", "\"text\"" },
		{ "memory", "{\"text\":5,\"id\":\"\"}" },
		{ "soul", "{\"text\":\"x\"}" },
		{ "soul", "{\"text\":\"x\",\"id\":\"01234567890123456789012345678901234567890\"}" },
		{ "tools", "{}" },
		{ "tools", "[1]" },
		{ "turns_max", "-1" },
		{ "turns_max", "4294967296" },
		{ "max_output_tokens", "\"4096\"" },
		{ "tool_output_bytes", "null" },
		{ "compaction_turns", "-1" },
		{ "most_bytes", "\"all\"" },
		{ "compactions", "{}" },
	};
	CLEANUP(plan_free) struct plan *plan = full_plan();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		json_t *json = plan_to_json(plan);
		struct plan *back = NULL;
		struct error error = { 0 };

		json_object_set_new(json, rows[i].key,
				    json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
		assert_int_equal(plan_from_json(json, &back, &error), -(int)ERROR_PROTOCOL);
		assert_non_null(strstr(error.message, rows[i].key));
		assert_null(back);
		json_decref(json);
	}
	assert_int_equal(plan_from_json(NULL, &(struct plan *){ NULL }, NULL),
			 -(int)ERROR_PROTOCOL);
}

int run_plan(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests_name("agent plan", tests, NULL, NULL);
}
