/* What a journal says of a session that goes on. */
#include "session_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- journals ---- */

#define CALL(id, name, arguments) \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"arguments\":" arguments "}"
#define REPLY(text, calls) \
	"{\"text\":\"" text "\",\"calls\":[" calls "],\"stop\":\"tools\",\"usage\":null}"
/* As it is printed with its keys in order. */
#define REPLY_SORTED                                                     \
	"{\"calls\":[{\"arguments\":{\"text\":\"a fact\"},\"id\":\"r\"," \
	"\"name\":\"remember\"}],\"stop\":\"tools\",\"text\":\"\",\"usage\":null}"
#define RESULT(content) "{\"content\":\"" content "\",\"error\":false}"
#define TEXT(text) "{\"text\":\"" text "\"}"
#define TELL CALL("t", "tell_person", TEXT("fire"))
#define KEEP CALL("r", "remember", TEXT("a fact"))

static struct step model(int64_t seq, const char *result)
{
	return (struct step){ .seq = seq,
			      .kind = "model",
			      .effect = "idempotent",
			      .intent = "{}",
			      .result = result };
}

static struct step tool(int64_t seq, const char *kind, const char *effect, const char *text,
			const char *result)
{
	return (struct step){
		.seq = seq, .kind = kind, .effect = effect, .intent = text, .result = result
	};
}

static struct step begun(int64_t seq, const char *result)
{
	struct step step = tool(seq, "tell_person", "once", TEXT("fire"), result);

	step.begun_at = 5;
	return step;
}

static void take(struct session_history *history, struct step step)
{
	assert_int_equal(session_history_take(history, &step), 0);
}

static void expect_past(const struct session_history *history, const char *expected)
{
	char *text = json_dumps(json_object_get(history->request, "messages"),
				JSON_COMPACT | JSON_SORT_KEYS);

	if (!strstr(text, expected))
		fail_msg("no %s in %s", expected, text);
	free(text);
}

static size_t messages(const struct session_history *history)
{
	return json_array_size(json_object_get(history->request, "messages"));
}

/* ---- one session ---- */

static void the_latest_reply_stays_apart(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("one", KEEP)));
	assert_int_equal(messages(&history), 0);
	take(&history, tool(2, "remember", "idempotent", TEXT("a fact"), RESULT("remembered")));
	assert_int_equal(json_array_size(history.results), 1);
	take(&history, model(3, REPLY("two", "")));
	expect_past(&history, "\"one\"");
	expect_past(&history, "remembered");
	assert_string_equal(json_string_value(json_object_get(history.reply, "text")), "two");
	assert_int_equal(history.turns, 2);
	assert_int_equal(history.fact_count, 1);
	assert_string_equal(history.facts[0], "a fact");
	take(&history, model(4, NULL)); /* cut off: asked again */
	assert_int_equal(history.turns, 2);
	assert_int_equal(history.seq, 4);
	assert_string_equal(json_string_value(json_object_get(history.reply, "text")), "two");
}

static void every_call_of_the_past_has_a_result(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("", KEEP "," CALL("l", "list_files", TEXT("x")))));
	take(&history, tool(2, "remember", "idempotent", TEXT("a fact"), RESULT("remembered")));
	take(&history, tool(3, "list_files", "pure", "{}", NULL));
	take(&history, model(4, REPLY("", "")));
	expect_past(&history, "no result of this is known");
}

/* A step of a tool that a model made up is not taken for one of ours. */
static void names_that_a_model_makes_up_are_no_kinds(void **state)
{
	(void)state;
	assert_string_equal(session_step_kind("remember"), "remember");
	assert_string_equal(session_step_kind("search_web"), "search_web");
	assert_string_equal(session_step_kind(STEP_MODEL), "unknown tool");
	assert_string_equal(session_step_kind(STEP_COMPACTION), "unknown tool");
	assert_string_equal(session_step_kind(STEP_AGAIN), "unknown tool");
}

/* Else it would not be found in MEMORY.md by who looks whether it was kept. */
static void a_fact_is_taken_as_it_was_kept(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("one", KEEP)));
	take(&history,
	     tool(2, "remember", "idempotent", TEXT("  two \\n  lines "), RESULT("remembered")));
	assert_int_equal(history.fact_count, 1);
	assert_string_equal(history.facts[0], "two lines");
}

static void a_refused_fact_is_none(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("", KEEP)));
	take(&history, tool(2, "remember", "idempotent", TEXT("a fact"),
			    "{\"content\":\"no\",\"error\":true}"));
	assert_int_equal(history.fact_count, 0);
}

/* Else what is wished twice could not be told from what is in doubt. */
static void what_was_posted_is_known(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("", CALL("p", "bulletin_post", TEXT("well")))));
	take(&history, tool(2, "bulletin_post", "idempotent", TEXT("well"), RESULT("posted")));
	take(&history, model(3, REPLY("", CALL("q", "bulletin_post", TEXT("well")))));
	take(&history, tool(4, "bulletin_post", "idempotent", TEXT("well"),
			    "{\"content\":\"no\",\"error\":true}"));
	take(&history, model(5, REPLY("", CALL("r", "bulletin_post", TEXT("well")))));
	take(&history, tool(6, "bulletin_post", "idempotent", TEXT("well"), NULL));
	assert_int_equal(json_array_size(history.posts), 1);
}

/* ---- compressions ---- */

static struct step compaction(int64_t seq, bool again, const char *result)
{
	struct step step = model(seq, result);

	step.kind = "compaction";
	step.intent = again ? "{\"turn\":1,\"replies\":1,\"covers\":2,\"again\":true}"
			    : "{\"turn\":1,\"replies\":1,\"covers\":2,\"again\":false}";
	return step;
}

static void expect_compactions(const struct session_history *history, const char *expected)
{
	char *text = json_dumps(history->compactions, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
}

/* A turn, then an attempt whose first reply remembers a fact. */
static void compress(struct session_history *history)
{
	session_history_begin(history);
	take(history, model(1, REPLY("one", KEEP)));
	take(history, tool(2, "remember", "idempotent", TEXT("a fact"), RESULT("remembered")));
	take(history, compaction(3, false, REPLY("", KEEP)));
	take(history, tool(4, "remember", "idempotent", TEXT("a fact"), RESULT("remembered")));
}

static void compressions_are_no_turns(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	compress(&history);
	assert_null(history.reply); /* the turn's is of the past, and nothing is over */
	assert_int_equal(messages(&history), 2);
	assert_int_equal(history.turns, 1);
	assert_int_equal(history.fact_count, 2);
	assert_int_equal(json_array_size(json_object_get(history.attempt, "results")), 1);
	take(&history, compaction(5, true, TEXT("summary")));
	take(&history, model(6, REPLY("two", "")));
	assert_null(history.attempt);
	assert_int_equal(history.turns, 2);
	assert_int_equal(messages(&history), 2);
	expect_compactions(&history, "[{\"again\":false,\"covers\":2,\"replies\":1,"
				     "\"reply\":" REPLY_SORTED
				     ",\"results\":[{\"content\":\"remembered\",\"error\":false,"
				     "\"id\":\"r\"}]},"
				     "{\"again\":true,\"covers\":2,\"replies\":1,"
				     "\"reply\":{\"text\":\"summary\"},\"results\":[]}]");
}

/* One that failed is remembered, one that was cut off is asked for again. */
static void failed_compressions_are_told(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("one", "")));
	take(&history, compaction(2, false, NULL));
	assert_non_null(history.reply);
	take(&history, compaction(3, false, "{\"failed\":\"no\"}"));
	take(&history, model(4, REPLY("two", "")));
	expect_compactions(&history, "[{\"again\":false,\"covers\":2,\"replies\":1,"
				     "\"results\":[]}]");
}

static void compressions_of_parked_work_hold(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	compress(&history);
	session_history_next(&history, false);
	assert_false(session_history_adopt(&history));
	take(&history, compaction(1, true, TEXT("summary")));
	take(&history, model(2, REPLY("two", "")));
	assert_int_equal(json_array_size(history.compactions), 2);
	assert_int_equal(messages(&history), 2);
}

/* ---- doubt ---- */

static void what_has_begun_is_in_doubt(void **state)
{
	static const struct {
		const char *kind, *effect;
		int64_t begun_at;
		const char *result;
		bool doubt;
	} rows[] = {
		{ "tell_person", "once", 0, NULL, false },
		{ "tell_person", "once", 5, NULL, true },
		{ "tell_person", "once", 5, RESULT("told"), false },
		{ "bulletin_post", "idempotent", 0, NULL, false },
		{ "list_files", "pure", 0, NULL, false },
		/* tools that there are not any more */
		{ "send_letter", "idempotent", 0, NULL, true },
		{ "send_letter", "once", 5, NULL, true },
		{ "send_letter", "once", 0, NULL, false },
		{ "look_at", "pure", 0, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(session_history_clear) struct session_history history;
		struct step step = tool(2, rows[i].kind, rows[i].effect, TEXT("x"), rows[i].result);

		step.begun_at = rows[i].begun_at;
		session_history_begin(&history);
		take(&history, model(1, REPLY("", TELL)));
		take(&history, step);
		if ((history.doubt.seq == 2) != rows[i].doubt)
			fail_msg("row %zu: doubt at %lld", i, (long long)history.doubt.seq);
		if (rows[i].doubt)
			assert_string_equal(history.doubt.tool, rows[i].kind);
	}
}

static void what_was_told_is_counted(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("", TELL)));
	take(&history, begun(2, RESULT("told")));
	take(&history, model(3, REPLY("", TELL)));
	take(&history, begun(4, RESULT("told")));
	session_history_next(&history, false);
	assert_int_equal(history.told, 2);
}

/* ---- from one session to the next ---- */

static void interrupt(struct session_history *history)
{
	session_history_begin(history);
	take(history, model(1, REPLY("now", KEEP "," TELL)));
	take(history, tool(2, "remember", "idempotent", TEXT("a fact"), RESULT("remembered")));
	take(history, begun(3, NULL));
	assert_int_equal(history->doubt.seq, 3);
	session_history_next(history, false);
}

static void open_calls_are_adopted(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	interrupt(&history);
	assert_true(session_history_adopt(&history));
	assert_int_equal(history.reply_seq, 1);
	assert_int_equal(history.seq, 3);
	assert_int_equal(history.doubt.seq, 0);
	assert_int_equal(history.fact_count, 0); /* kept when it was parked */
	assert_int_equal(history.earlier_turns, 1);
	assert_int_equal(history.turns, 0);
	assert_int_equal(json_array_size(history.results), 1);
	assert_int_equal(messages(&history), 0);
}

static void a_reply_without_open_calls_is_not_adopted(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	take(&history, model(1, REPLY("now", TELL)));
	take(&history, begun(2, RESULT("told")));
	session_history_next(&history, false);
	assert_false(session_history_adopt(&history));
	assert_null(history.reply);
	expect_past(&history, "told");
}

/* The person's word stands in the first step of the one that goes on, or it would be asked for
 * again after the next death. */
static void what_a_person_confirmed_is_adopted(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;
	char *results;

	(void)state;
	interrupt(&history);
	session_history_confirm(&history);
	assert_true(session_history_adopt(&history));
	assert_int_equal(history.doubt.seq, 0);
	assert_non_null(history.reply);
	results = json_dumps(history.results, JSON_COMPACT);
	assert_non_null(strstr(results, "a person says that this was done"));
	assert_non_null(strstr(results, "remembered"));
	free(results);
}

/* The journal of the one that took it over is read behind the first one's. */
static void adopted_calls_are_read_again(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	interrupt(&history);
	take(&history,
	     (struct step){
		     .seq = 1,
		     .kind = STEP_AGAIN,
		     .effect = "pure",
		     .intent = "{}",
		     .result = "{\"reply\":" REPLY(
			     "now", KEEP
			     "," TELL) ",\"results\":[{\"id\":\"r\",\"content\":\"remembered\"}]}" });
	assert_int_equal(messages(&history), 0);
	take(&history, begun(3, RESULT("told")));
	assert_int_equal(history.told, 1);
	assert_int_equal(json_array_size(history.results), 2);
	take(&history, model(4, REPLY("done", "")));
	assert_int_equal(messages(&history), 2); /* the reply once, and both results */
	expect_past(&history, "told");
	assert_int_equal(history.turns, 1);
	assert_int_equal(history.earlier_turns, 1);
}

/* ---- circles ---- */

static void go_round(struct session_history *history, int64_t first, int64_t times)
{
	for (int64_t i = 0; i < times; i++) {
		take(history, model(first + 2 * i, REPLY("", KEEP)));
		take(history, tool(first + 2 * i + 1, "remember", "idempotent", TEXT("a fact"),
				   RESULT("remembered")));
	}
}

static unsigned next_round(struct session_history *history)
{
	json_t *arguments = json_loads(TEXT("a fact"), 0, NULL);
	unsigned same = session_breaker_result(&history->breaker, "remember", arguments,
					       "remembered", false);

	json_decref(arguments);
	return same;
}

static void circles_count_on(void **state)
{
	CLEANUP(session_history_clear) struct session_history history;

	(void)state;
	session_history_begin(&history);
	go_round(&history, 1, 3);
	assert_int_equal(next_round(&history), 4);
	session_history_next(&history, false); /* parked for another reason */
	assert_int_equal(next_round(&history), 5);
	session_history_next(&history, true); /* a person let it go on */
	assert_int_equal(next_round(&history), 1);
	assert_int_equal(history.earlier_turns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_reply_stays_apart),
		cmocka_unit_test(every_call_of_the_past_has_a_result),
		cmocka_unit_test(names_that_a_model_makes_up_are_no_kinds),
		cmocka_unit_test(a_fact_is_taken_as_it_was_kept),
		cmocka_unit_test(what_was_posted_is_known),
		cmocka_unit_test(a_refused_fact_is_none),
		cmocka_unit_test(compressions_are_no_turns),
		cmocka_unit_test(failed_compressions_are_told),
		cmocka_unit_test(compressions_of_parked_work_hold),
		cmocka_unit_test(what_has_begun_is_in_doubt),
		cmocka_unit_test(what_was_told_is_counted),
		cmocka_unit_test(open_calls_are_adopted),
		cmocka_unit_test(a_reply_without_open_calls_is_not_adopted),
		cmocka_unit_test(what_a_person_confirmed_is_adopted),
		cmocka_unit_test(adopted_calls_are_read_again),
		cmocka_unit_test(circles_count_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
