/* The program with a transcript that grows long: what it asks, what it sends afterwards, and how it
 * goes on in the middle of that. */
#include "peer.h"

#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#define LIST(id)                                                                             \
	"{\"text\":\"I look " id "\",\"calls\":[{\"id\":\"" id "\",\"name\":\"list_files\"," \
	"\"arguments\":{\"path\":\"\"}}],\"stop\":\"tools\",\"usage\":null}"
#define REMEMBERS(text, fact, more)                                                            \
	"{\"text\":\"" text "\",\"calls\":[{\"id\":\"f\",\"name\":\"remember\",\"arguments\":" \
	"{\"text\":\"" fact "\"}}" more "],\"stop\":\"tools\",\"usage\":null}"
#define POSTS                                                                           \
	",{\"id\":\"g\",\"name\":\"bulletin_post\",\"arguments\":{\"text\":\"hello\"}}" \
	",{\"id\":\"h\",\"name\":\"list_files\",\"arguments\":{\"path\":\"\"}}"
#define SAYS(text) "{\"text\":\"" text "\",\"calls\":[],\"stop\":\"end\",\"usage\":null}"

static struct plan *plan_new(void)
{
	struct plan *plan = peer_plan();

	plan->compaction_turns = 4;
	return plan;
}

/* Steals the plan. */
static void serve(struct peer *peer, struct plan *plan)
{
	json_t *json = plan_to_json(plan);

	plan_free(plan);
	peer_init(peer);
	peer_serve(peer, json);
	assert_false(peer->end.signalled);
	assert_int_equal(peer->end.code, 0);
	assert_non_null(peer->done);
}

static json_t *completion(const struct peer *peer, size_t index, const char *key)
{
	return json_object_get(json_array_get(peer->completions, index), key);
}

static const json_t *messages(const struct peer *peer, size_t index)
{
	return json_object_get(completion(peer, index, "request"), "messages");
}

static const char *text_at(const json_t *list, size_t index)
{
	const char *text = json_string_value(json_object_get(json_array_get(list, index), "text"));

	return text ? text : "";
}

/* The same system part and first user turn in every request but a compression's own turn. */
static void assert_first_is_same(const struct peer *peer)
{
	const json_t *system = json_object_get(completion(peer, 0, "request"), "system");

	for (size_t i = 1; i < json_array_size(peer->completions); i++) {
		assert_true(json_equal(system,
				       json_object_get(completion(peer, i, "request"), "system")));
		if (!completion(peer, i, "compaction"))
			assert_true(json_equal(json_array_get(messages(peer, 0), 0),
					       json_array_get(messages(peer, i), 0)));
		else
			assert_non_null(
				strstr(text_at(messages(peer, i), 0), "How much is two plus two?"));
	}
}

static void assert_attempt(const json_t *attempt, json_int_t replies, json_int_t covers)
{
	assert_int_equal(json_integer_value(json_object_get(attempt, "replies")), replies);
	assert_int_equal(json_integer_value(json_object_get(attempt, "covers")), covers);
	assert_true(json_is_false(json_object_get(attempt, "again")));
}

static void older_turns_become_a_summary(void **state)
{
	static const char *const replies[] = {
		LIST("a"),     LIST("b"), LIST("c"), LIST("d"), SAYS("I looked once."),
		SAYS("Four."), NULL
	};
	struct peer peer = { .replies = replies };

	(void)state;
	serve(&peer, plan_new());
	assert_int_equal(json_array_size(peer.completions), 6);
	assert_null(completion(&peer, 3, "compaction"));
	assert_attempt(completion(&peer, 4, "compaction"), 4, 2);
	assert_int_equal(json_array_size(completion(&peer, 4, "results")), 1);
	assert_int_equal(json_array_size(json_object_get(completion(&peer, 4, "request"), "tools")),
			 1);
	assert_int_equal(json_array_size(messages(&peer, 4)), 1);
	assert_non_null(strstr(text_at(messages(&peer, 4), 0), "you said: I look a\n"));
	assert_null(strstr(text_at(messages(&peer, 4), 0), "I look b"));
	/* first turn, summary, three turns with their results, reminder */
	assert_int_equal(json_array_size(messages(&peer, 5)), 9);
	assert_non_null(strstr(text_at(messages(&peer, 5), 1), "I looked once."));
	assert_string_equal(text_at(messages(&peer, 5), 2), "I look b");
	assert_non_null(strstr(text_at(messages(&peer, 5), 8), "1. Never lie."));
	assert_int_equal(json_integer_value(completion(&peer, 5, "turn")), 5);
	assert_int_equal(json_integer_value(json_object_get(peer.done, "turns")), 5);
	assert_first_is_same(&peer);
	peer_clear(&peer);
}

static void facts_are_remembered_and_nothing_else_is_done(void **state)
{
	static const char *const replies[] = { LIST("a"),
					       LIST("b"),
					       LIST("c"),
					       LIST("d"),
					       REMEMBERS("", "Two and two.", POSTS),
					       SAYS("I looked."),
					       SAYS("Four."),
					       NULL };
	struct peer peer = { .replies = replies };
	const json_t *results;

	(void)state;
	serve(&peer, plan_new());
	assert_int_equal(json_array_size(peer.completions), 7);
	assert_int_equal(json_array_size(peer.tools), 1);
	results = completion(&peer, 5, "results"); /* of the two that were refused */
	assert_int_equal(json_array_size(results), 2);
	assert_true(json_is_true(json_object_get(json_array_get(results, 0), "error")));
	assert_true(json_is_true(json_object_get(json_array_get(results, 1), "error")));
	assert_true(json_is_true(json_object_get(completion(&peer, 5, "compaction"), "again")));
	assert_int_equal(json_array_size(messages(&peer, 5)), 3);
	assert_non_null(strstr(text_at(messages(&peer, 6), 1), "I looked."));
	assert_first_is_same(&peer);
	peer_clear(&peer);
}

static void a_compression_that_fails_changes_nothing(void **state)
{
	static const char *const failures[] = { "{\"failed\":\"the model is on strike\"}",
						SAYS("") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
		const char *const replies[] = { LIST("a"),   LIST("b"), LIST("c"),     LIST("d"),
						failures[i], LIST("e"), SAYS("Four."), NULL };
		struct peer peer = { .replies = replies };

		serve(&peer, plan_new());
		assert_int_equal(json_array_size(peer.completions), 7);
		assert_int_equal(json_array_size(messages(&peer, 5)), 9);
		assert_string_equal(text_at(messages(&peer, 5), 1), "I look a");
		assert_null(completion(&peer, 6, "compaction"));
		assert_first_is_same(&peer);
		peer_clear(&peer);
	}
}

static void what_does_not_fit_is_compressed_and_asked_again(void **state)
{
	static const char *const replies[] = {
		LIST("a"),         LIST("b"),     LIST("c"), LIST("d"), "{\"overflow\":true}",
		SAYS("I looked."), SAYS("Four."), NULL
	};
	struct peer peer = { .replies = replies };
	struct plan *plan = plan_new();

	(void)state;
	plan->compaction_turns = 100;
	serve(&peer, plan);
	assert_int_equal(json_array_size(peer.completions), 7);
	assert_true(json_is_false(completion(&peer, 2, "may_compress")));
	assert_true(json_is_true(completion(&peer, 4, "may_compress")));
	assert_non_null(completion(&peer, 5, "compaction"));
	assert_true(json_is_false(completion(&peer, 6, "may_compress")));
	assert_non_null(strstr(text_at(messages(&peer, 6), 1), "I looked."));
	assert_int_equal(json_integer_value(completion(&peer, 6, "turn")), 5);
	assert_int_equal(json_integer_value(json_object_get(peer.done, "turns")), 5);
	peer_clear(&peer);
}

static void a_large_request_is_compressed_before_it_is_sent(void **state)
{
	static const char *const replies[] = { LIST("a"), LIST("b"), SAYS("I looked."),
					       SAYS("Four."), NULL };
	struct peer peer = { .replies = replies };
	struct plan *plan = plan_new();

	(void)state;
	plan->compaction_turns = 100;
	plan->most_bytes = 1000; /* which the system part alone has */
	serve(&peer, plan);
	assert_int_equal(json_array_size(peer.completions), 4);
	assert_non_null(completion(&peer, 2, "compaction"));
	assert_non_null(strstr(text_at(messages(&peer, 3), 1), "I looked."));
	assert_string_equal(text_at(messages(&peer, 3), 2), "I look b");
	peer_clear(&peer);
}

/* ---- going on ---- */

/* The plan of a session that died after the first reply of its compression, whose fact is kept. */
static struct plan *plan_in_the_middle(const struct peer *until, size_t turns)
{
	struct plan *plan = plan_new();
	json_t *request = model_request_new(0);
	json_t *first = json_loads(until->replies[turns], 0, NULL);

	for (size_t i = 0; i < turns; i++) {
		json_t *json = json_loads(until->replies[i], 0, NULL);
		struct model_reply *reply = NULL;

		assert_int_equal(model_reply_from_json(json, &reply, NULL), 0);
		model_request_add_reply(request, reply);
		model_request_add_result(request, &reply->calls[0], SPAN("knowledge/\nwork/\n"),
					 false);
		model_reply_free(reply);
		json_decref(json);
	}
	plan->history = json_incref(json_object_get(request, "messages"));
	plan->turns_made = (uint32_t)turns;
	plan->compactions = json_pack("[{s:i,s:i,s:b,s:o,s:[{s:s,s:s}]}]", "replies", 4, "covers",
				      2, "again", 0, "reply", first, "results", "id", "f",
				      "content", "answer 0");
	json_decref(request);
	return plan;
}

static void it_goes_on_in_the_middle(void **state)
{
	static const char *const undisturbed[] = { LIST("a"),
						   LIST("b"),
						   LIST("c"),
						   LIST("d"),
						   REMEMBERS("", "Two and two.", ""),
						   SAYS("I looked."),
						   SAYS("Four."),
						   NULL };
	struct peer whole = { .replies = undisturbed };
	struct peer rest = { .replies = &undisturbed[5] };

	(void)state;
	serve(&whole, plan_new());
	serve(&rest, plan_in_the_middle(&whole, 4));
	assert_int_equal(json_array_size(rest.completions), 2);
	assert_int_equal(json_array_size(rest.tools), 0); /* it was kept before */
	assert_true(json_is_true(json_object_get(completion(&rest, 0, "compaction"), "again")));
	assert_string_equal(text_at(messages(&rest, 1), 1), text_at(messages(&whole, 6), 1));
	assert_true(json_equal(messages(&rest, 0), messages(&whole, 5)));
	assert_int_equal(json_array_size(messages(&rest, 1)), json_array_size(messages(&whole, 6)));
	for (size_t i = 1; i < json_array_size(messages(&rest, 1)); i++)
		assert_true(json_equal(json_array_get(messages(&rest, 1), i),
				       json_array_get(messages(&whole, 6), i)));
	peer_clear(&whole);
	peer_clear(&rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_turns_become_a_summary),
		cmocka_unit_test(facts_are_remembered_and_nothing_else_is_done),
		cmocka_unit_test(a_compression_that_fails_changes_nothing),
		cmocka_unit_test(what_does_not_fit_is_compressed_and_asked_again),
		cmocka_unit_test(a_large_request_is_compressed_before_it_is_sent),
		cmocka_unit_test(it_goes_on_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
