/* A transcript in the making: when it is compressed, what comes of an attempt, what a model reads.
 */
#include "compaction/compaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#define RUNS 300

/* ---- pasts ---- */

struct tale {
	json_t *request;
	struct compaction c;
	json_t *records; /* as the journal has them */
};

static struct tale tale_new(void)
{
	return (struct tale){ .request = model_request_new(0), .records = json_array() };
}

static void tale_clear(struct tale *tale)
{
	json_decref(tale->request);
	json_decref(tale->records);
	compaction_clear(&tale->c);
}
CLEANUP_DEFINE_VALUE(struct tale, tale_clear)

static const json_t *past_of(const struct tale *tale)
{
	return json_object_get(tale->request, "messages");
}

static char *repeat(char c, size_t count)
{
	char *text = xcalloc(count + 1, 1);

	memset(text, c, count);
	return text;
}

/* A turn that says `text`, reads a file and gets `output`. */
static void add_turn(struct tale *tale, const char *text, const char *output)
{
	struct model_call call = { .name = (char *)(uintptr_t) "read_file" };
	struct model_reply reply = { .text = (char *)(uintptr_t)text, .calls = &call };

	snprintf(call.id, sizeof(call.id), "call%05zu", json_array_size(past_of(tale)) % 100000);
	call.arguments = json_pack("{s:s}", "path", "knowledge/facts.md");
	reply.call_count = 1;
	model_request_add_reply(tale->request, &reply);
	model_request_add_result(tale->request, &call, span_of(output), false);
	json_decref(call.arguments);
}

static void add_turns(struct tale *tale, size_t count, size_t bytes)
{
	for (size_t i = 0; i < count; i++) {
		_free_ char *output = repeat('o', bytes);
		_free_ char *text = xasprintf("turn %zu it is",
					      json_array_size(past_of(tale)) / 2 + 1);

		add_turn(tale, text, output);
	}
}

static int64_t size_of(const struct tale *tale)
{
	json_t *view = compaction_view(&tale->c, past_of(tale), NULL);
	int64_t size = (int64_t)json_dumpb(view, NULL, 0, JSON_COMPACT);

	json_decref(view);
	return size;
}

/* A reply of a compression; NULL: the call fails. */
static bool hear(struct tale *tale, const char *json)
{
	json_t *record = json_pack("{s:I,s:I,s:b}", "replies", (json_int_t)tale->c.asked_replies,
				   "covers", (json_int_t)tale->c.asked_covers, "again",
				   (int)(tale->c.calls > 0));
	json_t *parsed = json ? json_loads(json, 0, NULL) : NULL;
	struct model_reply *reply = NULL;
	struct error error;
	bool over;

	if (json && model_reply_from_json(parsed, &reply, &error))
		fail_msg("%s: %s", json, error.message);
	if (parsed)
		json_object_set_new(record, "reply", parsed);
	json_array_append_new(tale->records, record);
	over = compaction_hear(&tale->c, past_of(tale), reply);
	model_reply_free(reply);
	return over;
}

#define SAYS(text, stop) "{\"text\":\"" text "\",\"calls\":[],\"stop\":\"" stop "\",\"usage\":null}"
#define REMEMBERS(text, fact)                                                                  \
	"{\"text\":\"" text "\",\"calls\":[{\"id\":\"a\",\"name\":\"remember\",\"arguments\":" \
	"{\"text\":\"" fact "\"}}],\"stop\":\"tools\",\"usage\":null}"

/* ---- when ---- */

static void it_is_due_by_turns_and_by_size(void **state)
{
	static const struct {
		size_t turns;
		uint32_t every;
		int64_t most, request;
		bool due;
	} rows[] = {
		{ 9, 10, 0, 100, false },       { 10, 10, 0, 100, true },
		{ 11, 10, 0, 100, true },       { 10, 0, 0, 100, false },
		{ 50, 0, 10, 100, false },      { 4, 10, 99, 100, true },
		{ 4, 10, 100, 100, false },     { 3, 10, 99, 100, false },
		{ 3, 2, 0, 100, false },        { 4, 2, 0, 100, true },
		{ 4, 10, 50000, 60000, false }, { 0, 2, 1, 100, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(tale_clear) struct tale tale = tale_new();
		const struct compaction_policy policy = { rows[i].every, rows[i].most, 0 };

		add_turns(&tale, rows[i].turns, 50);
		if (compaction_is_due(&tale.c, past_of(&tale), &policy, rows[i].request) !=
		    rows[i].due)
			fail_msg("row %zu", i);
	}
}

static const struct compaction_policy by_turns = { .turns = 10 };

static bool is_due(const struct tale *tale)
{
	return compaction_is_due(&tale->c, past_of(tale), &by_turns, 100);
}

static void the_next_one_is_due_ten_turns_later(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();

	(void)state;
	add_turns(&tale, 10, 500);
	compaction_begin(&tale.c, past_of(&tale), &by_turns);
	assert_false(is_due(&tale)); /* while one is open */
	assert_true(hear(&tale, SAYS("all is well", "end")));
	assert_string_equal(tale.c.summary, "all is well");
	assert_int_equal(tale.c.covers, 14);
	add_turns(&tale, 9, 500);
	assert_false(is_due(&tale));
	add_turns(&tale, 1, 500);
	assert_true(is_due(&tale));
}

/* Large turns leave no room for three of them, and the next one is not due at once. */
static void large_turns_keep_fewer(void **state)
{
	static const struct {
		int64_t kept_bytes;
		size_t covers;
	} rows[] = { { 0, 14 }, { 100000, 14 }, { 2000, 16 }, { 1000, 18 }, { 1, 18 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct compaction_policy policy = { 100, 1000, rows[i].kept_bytes };
		CLEANUP(tale_clear) struct tale tale = tale_new();

		add_turns(&tale, 10, 500);
		assert_true(compaction_is_due(&tale.c, past_of(&tale), &policy, 9000));
		compaction_begin(&tale.c, past_of(&tale), &policy);
		assert_int_equal(tale.c.asked_covers, rows[i].covers);
		hear(&tale, SAYS("all is well", "end"));
		assert_false(compaction_is_due(&tale.c, past_of(&tale), &policy, 9000));
		add_turns(&tale, 1, 500);
		assert_false(compaction_is_due(&tale.c, past_of(&tale), &policy, 9000));
		add_turns(&tale, 1, 500);
		assert_true(compaction_is_due(&tale.c, past_of(&tale), &policy, 9000));
	}
}

/* ---- what comes of an attempt ---- */

static void an_attempt_that_fails_changes_nothing(void **state)
{
	_free_ char *long_text = repeat('s', 60000);
	_free_ char *longer = xasprintf(SAYS("%s", "end"), long_text);
	_free_ char *endless_text = repeat('s', COMPACTION_SUMMARY_MAX + 1);
	_free_ char *endless = xasprintf(SAYS("%s", "end"), endless_text);
	const char *const replies[] = { NULL,
					SAYS("", "end"),
					SAYS(" \\n", "end"),
					SAYS("half of it", "length"),
					SAYS("no", "refusal"),
					longer,
					endless };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(replies); i++) {
		CLEANUP(tale_clear) struct tale tale = tale_new();
		int64_t before;

		add_turns(&tale, 10, 500);
		before = size_of(&tale);
		compaction_begin(&tale.c, past_of(&tale), &by_turns);
		assert_true(hear(&tale, replies[i]));
		assert_null(tale.c.summary);
		assert_false(compaction_is_open(&tale.c));
		assert_int_equal(size_of(&tale), before);
		add_turns(&tale, COMPACTION_PATIENCE - 1, 500);
		assert_false(is_due(&tale));
		assert_false(compaction_is_possible(&tale.c, past_of(&tale), &by_turns));
		add_turns(&tale, 1, 500);
		assert_true(is_due(&tale));
	}
}

static void an_attempt_that_gains_little_waits_for_growth(void **state)
{
	_free_ char *long_text = repeat('s', 4000);
	_free_ char *reply = xasprintf(SAYS("%s", "end"), long_text);
	CLEANUP(tale_clear) struct tale tale = tale_new();

	(void)state;
	add_turns(&tale, 10, 500); /* 7 of them: some 4,400 bytes */
	compaction_begin(&tale.c, past_of(&tale), &by_turns);
	hear(&tale, reply);
	assert_null(tale.c.summary);
	assert_int_equal(tale.c.failed_at, 0);
	assert_true(tale.c.useless_at > 0);
	add_turns(&tale, 4, 500);
	assert_false(is_due(&tale));
	add_turns(&tale, 2, 500);
	assert_true(is_due(&tale));
}

static void facts_are_kept_first(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();
	_free_ char *question = NULL;

	(void)state;
	add_turns(&tale, 10, 500);
	compaction_begin(&tale.c, past_of(&tale), &by_turns);
	assert_false(hear(&tale, REMEMBERS("I keep this.", "Two refunds are open.")));
	assert_true(compaction_is_open(&tale.c));
	assert_true(hear(&tale, REMEMBERS("the summary", "One more.")));
	assert_string_equal(tale.c.summary, "I keep this.\n\nthe summary");
	add_turns(&tale, 10, 500);
	compaction_begin(&tale.c, past_of(&tale), &by_turns);
	question = compaction_question(&tale.c, past_of(&tale), "the objective", true, 0);
	assert_non_null(strstr(question, "- Two refunds are open.\n"));
	assert_null(strstr(question, "the summary\n")); /* never from an older one */
	assert_non_null(strstr(question, "turn 1 it is"));
	assert_null(strstr(question, "turn 18 it is")); /* which stays as it is */
}

/* ---- what a model reads ---- */

static bool is(const json_t *message, const char *role)
{
	return !strcmp(json_string_value(json_object_get(message, "role")), role);
}

/* Each call has its result right behind it, each result its call, and notes stand between turns. */
static void check_pairs(const json_t *view)
{
	for (size_t i = 0; i < json_array_size(view); i++) {
		const json_t *message = json_array_get(view, i),
			     *next = json_array_get(view, i + 1);

		if (is(message, "assistant")) {
			assert_true(is(next, "tool"));
			assert_true(json_equal(
				json_object_get(
					json_array_get(json_object_get(message, "calls"), 0), "id"),
				json_object_get(json_array_get(json_object_get(next, "results"), 0),
						"id")));
		}
		if (is(message, "tool"))
			assert_true(is(json_array_get(view, i - 1), "assistant"));
		if (is(message, "user"))
			assert_true(json_is_true(json_object_get(message, "runtime")));
	}
}

static void latest_turns_stay_verbatim(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();
	json_t *view;

	(void)state;
	add_turns(&tale, 10, 500);
	compaction_begin(&tale.c, past_of(&tale), &by_turns);
	hear(&tale, SAYS("all is well", "end"));
	view = compaction_view(&tale.c, past_of(&tale), "the reminder");
	assert_int_equal(json_array_size(view), 8);
	check_pairs(view);
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(view, 0), "text")),
			       "turns 1 to 7 of this session"));
	for (size_t i = 0; i < 6; i++)
		assert_true(json_equal(json_array_get(view, i + 1),
				       json_array_get(past_of(&tale), 14 + i)));
	assert_string_equal(json_string_value(json_object_get(json_array_get(view, 7), "text")),
			    "the reminder");
	json_decref(view);
}

static void reminders_stand_behind_every_fifth_turn(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();
	json_t *view;

	(void)state;
	add_turns(&tale, 11, 10);
	view = compaction_view(&tale.c, past_of(&tale), "the reminder");
	assert_int_equal(json_array_size(view), 24);
	check_pairs(view);
	assert_true(is(json_array_get(view, 10), "user")); /* behind turn 5 */
	assert_true(is(json_array_get(view, 21), "user")); /* behind turn 10 */
	json_decref(view);
}

/* ---- after a death ---- */

static uint64_t random_of(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % below;
}

static void draw_attempt(struct tale *tale, uint64_t *seed)
{
	static const char *const replies[] = { SAYS("short", "end"),   SAYS("", "end"),
					       SAYS("half", "length"), REMEMBERS("kept", "x"),
					       REMEMBERS("", "y"),     NULL };

	compaction_begin(&tale->c, past_of(tale), &by_turns);
	while (compaction_is_open(&tale->c)) {
		if (!random_of(seed, 10))
			return; /* it died here */
		hear(tale, replies[random_of(seed, ARRAY_LENGTH(replies))]);
	}
}

static void assert_same_view(const struct tale *tale, const struct compaction *recalled)
{
	json_t *before = compaction_view(&tale->c, past_of(tale), "reminder");
	json_t *after = compaction_view(recalled, past_of(tale), "reminder");

	assert_true(json_equal(before, after));
	assert_int_equal(tale->c.failed_at, recalled->failed_at);
	assert_int_equal(tale->c.useless_at, recalled->useless_at);
	check_pairs(after);
	json_decref(before);
	json_decref(after);
}

/* Whatever happened, a session that goes on reads the same bytes, and does not try sooner. */
static void the_journal_tells_all(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= RUNS; run++) {
		CLEANUP(tale_clear) struct tale tale = tale_new();
		CLEANUP(compaction_clear) struct compaction recalled = { 0 };
		uint64_t seed = run;

		for (int i = 0; i < 40; i++) {
			add_turns(&tale, 1 + random_of(&seed, 3), random_of(&seed, 900));
			if (!compaction_is_open(&tale.c) && is_due(&tale))
				draw_attempt(&tale, &seed);
			if (compaction_is_open(&tale.c))
				break;
		}
		compaction_recall(&recalled, past_of(&tale), tale.records);
		assert_int_equal(compaction_is_open(&recalled),
				 compaction_is_open(&tale.c) && tale.c.calls);
		assert_same_view(&tale, &recalled);
	}
}

/* Fifty of them in a row: each is made of all that was said from the beginning on. */
static void fifty_compressions(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();

	(void)state;
	for (int i = 0; i < 50; i++) {
		_free_ char *question = NULL;

		add_turns(&tale, 10, 2000);
		assert_true(is_due(&tale));
		compaction_begin(&tale.c, past_of(&tale), &by_turns);
		question = compaction_question(&tale.c, past_of(&tale), "the objective", true,
					       200000);
		assert_true(strlen(question) < 200000 + 8192);
		assert_non_null(strstr(question, "turn 1 it is"));
		assert_non_null(strstr(question, "the objective"));
		assert_null(strstr(question, "in a word"));
		hear(&tale, SAYS("in a word", "end"));
		assert_int_equal(json_array_size(past_of(&tale)), (i + 1) * 20);
		assert_true(size_of(&tale) < 8000);
	}
}

/* ---- the record ---- */

static void a_record_reads_well(void **state)
{
	CLEANUP(tale_clear) struct tale tale = tale_new();
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 20);

	(void)state;
	add_turn(&tale, "I look first.", "Two plus two is four.");
	model_request_add_user(tale.request, SPAN("a person says more"));
	add_turn(&tale, "", "line 1\nline 2");
	compaction_digest(past_of(&tale), json_array_size(past_of(&tale)), 10000, &out);
	assert_string_equal(out.data, "turn 1\n"
				      "you said: I look first.\n"
				      "called read_file {\"path\":\"knowledge/facts.md\"}\n"
				      "result of read_file: Two plus two is four.\n"
				      "you were told: a person says more\n"
				      "\n"
				      "turn 2\n"
				      "called read_file {\"path\":\"knowledge/facts.md\"}\n"
				      "result of read_file: line 1\nline 2\n");
}

/* Outputs go first, the agent's own words last, the oldest of them first. */
static void a_record_fits(void **state)
{
	static const struct {
		size_t turns, output, own, max;
		bool keeps_own, keeps_latest;
	} rows[] = {
		{ 10, 100, 100, 65536, true, true },     { 10, 100000, 100, 65536, true, true },
		{ 100, 100000, 100, 65536, true, true }, { 100, 100000, 100, 32768, true, true },
		{ 10, 100, 5000, 16384, false, true },   { 100, 100, 5000, 65536, false, true },
		{ 400, 100, 5000, 8192, false, false },  { 2000, 0, 100, 8192, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(tale_clear) struct tale tale = tale_new();
		CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 20);
		_free_ char *output = repeat('o', rows[i].output), *own = repeat('w', rows[i].own);
		_free_ char *latest = NULL;

		for (size_t turn = 1; turn <= rows[i].turns; turn++) {
			_free_ char *text = xasprintf("<%zu>%s</%zu>", turn, own, turn);

			add_turn(&tale, text, output);
		}
		compaction_digest(past_of(&tale), json_array_size(past_of(&tale)), rows[i].max,
				  &out);
		latest = xasprintf("</%zu>", rows[i].turns);
		assert_true(out.length > 0 && out.length <= rows[i].max);
		if (rows[i].keeps_own != (strstr(out.data, "</1>") != NULL) ||
		    (rows[i].keeps_latest && !strstr(out.data, latest)))
			fail_msg("row %zu: %zu bytes: %.300s", i, out.length, out.data);
	}
}

/* ---- the reminder ---- */

static void a_reminder_restates(void **state)
{
	struct plan plan = {
		.message = (char *)(uintptr_t) "Sort the refunds.",
		.constitution.text = (char *)(uintptr_t) "# Rules\n1. Never lie.\n2. Be brief.\n",
	};
	_free_ char *text = compaction_reminder(&plan);

	(void)state;
	assert_string_equal(text, "[agentd: a reminder by the runtime, not a person's words] The "
				  "objective of this session is unchanged:\nSort the refunds.\n\n"
				  "The rules of your constitution; a lower number wins:\n"
				  "1. Never lie.\n2. Be brief.");
}

static void a_beat_is_restated_by_its_checklist(void **state)
{
	struct plan plan = {
		.heading = (char *)(uintptr_t) "Daily (07:00)",
		.checklist = (char *)(uintptr_t) "- look\n- tell\n",
	};
	_free_ char *text = compaction_objective(&plan);

	(void)state;
	assert_string_equal(text, "Heartbeat: Daily (07:00)\n- look\n- tell");
}

static void a_reminder_is_short(void **state)
{
	CLEANUP(buffer_clear) struct buffer rules = BUFFER(1 << 20), message = BUFFER(1 << 20);
	struct plan plan = { 0 };
	_free_ char *text = NULL;

	(void)state;
	buffer_append_text(&rules, "# Rules\n");
	for (int i = 1; i <= 200; i++)
		buffer_printf(&rules, "%d. \xe4\xbd\xa0\xe5\xa5\xbd rule %0300d\n", i, i);
	for (int i = 0; i < 5000; i++)
		buffer_append_text(&message, "\xe4\xbd\xa0");
	plan.constitution.text = rules.data;
	plan.message = message.data;
	text = compaction_reminder(&plan);
	assert_true(strlen(text) <= COMPACTION_REMINDER_MAX);
	assert_true(strlen(text) > COMPACTION_REMINDER_MAX / 2);
	assert_non_null(strstr(text, "1. \xe4\xbd\xa0"));
	assert_int_equal(utf8_cut(span_of(text), strlen(text)), strlen(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_due_by_turns_and_by_size),
		cmocka_unit_test(the_next_one_is_due_ten_turns_later),
		cmocka_unit_test(large_turns_keep_fewer),
		cmocka_unit_test(an_attempt_that_fails_changes_nothing),
		cmocka_unit_test(an_attempt_that_gains_little_waits_for_growth),
		cmocka_unit_test(facts_are_kept_first),
		cmocka_unit_test(latest_turns_stay_verbatim),
		cmocka_unit_test(reminders_stand_behind_every_fifth_turn),
		cmocka_unit_test(the_journal_tells_all),
		cmocka_unit_test(fifty_compressions),
		cmocka_unit_test(a_record_reads_well),
		cmocka_unit_test(a_record_fits),
		cmocka_unit_test(a_reminder_restates),
		cmocka_unit_test(a_beat_is_restated_by_its_checklist),
		cmocka_unit_test(a_reminder_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
