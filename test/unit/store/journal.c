/* Sessions and their steps; and that no common question reads a whole table. */
#include "suite.h"

#include "database.h"

#include <stdio.h>

static int print_session(void *context, const struct session_row *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen,
			     "%s %s %s %s %s %s <%s %s %s> %s %lld-%lld %lld %lld %lld %lld "
			     "e%lld;",
			     s->id, s->agent, s->cause, s->section, s->heading, s->model,
			     s->outcome, s->reason, s->text, s->plan, (long long)s->started,
			     (long long)s->ended, (long long)s->turns, (long long)s->input_tokens,
			     (long long)s->output_tokens, (long long)s->cost_micro_usd,
			     (long long)s->epoch);
}

static const char *sessions(struct place *place, const char *agent, bool open_only, size_t max)
{
	buffer_reset(&place->seen);
	assert_int_equal(
		0, store_sessions(place->store, agent, open_only, max, print_session, place, NULL));
	return place_text(place);
}

static void begin(struct place *place, const char *id, const char *agent, int64_t started)
{
	struct session_row row = { .id = id,
				   .agent = agent,
				   .cause = "message",
				   .plan = "{}",
				   .started = started,
				   .epoch = 1 };

	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	assert_int_equal(-(int)ERROR_EXISTS, store_session_begin(place->store, &row, NULL));
}

static void sessions_begin_and_end_once(void **state)
{
	struct place *place = *state;
	struct session_row row = { .id = "s1",
				   .agent = "a",
				   .cause = "heartbeat",
				   .section = "Daily",
				   .heading = "Daily (07:00)",
				   .model = "m",
				   .plan = "{}",
				   .started = 5,
				   .epoch = 2 };
	struct error error;

	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	assert_string_equal("s1 a heartbeat Daily Daily (07:00) m <  > {} 5-0 0 0 0 0 e2;",
			    sessions(place, NULL, true, 9));
	/* what a session is about does not change with its end */
	row = (struct session_row){ .id = "s1",
				    .outcome = "done",
				    .reason = "r",
				    .text = "t",
				    .ended = 9,
				    .turns = 2,
				    .input_tokens = 30,
				    .output_tokens = 4,
				    .cost_micro_usd = 77,
				    .epoch = 1 };
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_end(place->store, &row, &error));
	row.epoch = 3;
	assert_int_equal(0, store_session_end(place->store, &row, &error));
	assert_string_equal("s1 a heartbeat Daily Daily (07:00) m <done r t> {} 5-9 2 30 4 77 e3;",
			    sessions(place, "a", false, 9));
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_end(place->store, &row, &error));
	row.id = "s2";
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_session_end(place->store, &row, &error));
	assert_string_equal("", sessions(place, NULL, true, 9));
}

/* The texts in force are read while the session begins, and its row is written before. */
static void the_plan_comes_with_the_end(void **state)
{
	struct place *place = *state;

	begin(place, "s1", "a", 1);
	assert_int_equal(0, store_session_end(place->store,
					      &(struct session_row){ .id = "s1",
								     .outcome = "done",
								     .plan = "{\"soul\":\"4f\"}",
								     .ended = 2 },
					      NULL));
	assert_string_equal("s1 a message    <done  > {\"soul\":\"4f\"} 1-2 0 0 0 0 e1;",
			    sessions(place, NULL, false, 9));
}

static int print_id(void *context, const struct session_row *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s ", s->id);
}

static void the_newest_come_first(void **state)
{
	static const struct {
		const char *agent;
		bool open_only;
		size_t max;
		const char *expect;
	} table[] = {
		{ NULL, false, 9, "s4 s3 s2 s1 " },
		{ NULL, false, 2, "s4 s3 " },
		{ "a", false, 9, "s3 s1 " },
		{ "a", false, 1, "s3 " },
		{ NULL, true, 9, "s4 s3 s1 " },
		{ "b", true, 9, "s4 " },
		{ "c", true, 9, "" },
		{ NULL, false, SIZE_MAX, "s4 s3 s2 s1 " },
	};
	struct place *place = *state;

	begin(place, "s1", "a", 1);
	begin(place, "s2", "b", 2);
	begin(place, "s3", "a", 3);
	begin(place, "s4", "b", 3);
	store_session_end(place->store, &(struct session_row){ .id = "s2", .ended = 3, .epoch = 1 },
			  NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		buffer_reset(&place->seen);
		assert_int_equal(0, store_sessions(place->store, table[i].agent, table[i].open_only,
						   table[i].max, print_id, place, NULL));
		assert_string_equal(table[i].expect, place_text(place));
	}
}

static void one_of_section(struct place *place, const char *id, const char *cause,
			   const char *outcome)
{
	struct session_row row = { .id = id, .agent = "a", .cause = cause, .epoch = 1 };

	row.section = "Daily";
	row.started = 100 - id[0]; /* a clock that runs backwards */
	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	row.outcome = outcome;
	row.ended = row.started + 1;
	if (*outcome)
		assert_int_equal(0, store_session_end(place->store, &row, NULL));
}

static int since_success(struct place *place, size_t max)
{
	int64_t count = -1;

	assert_int_equal(
		0, store_sessions_since_success(place->store, "a", "Daily", max, &count, NULL));
	return (int)count;
}

static void the_latest_moment_is_that_of_the_newest_row(void **state)
{
	struct place *place = *state;
	struct slot slot = { .agent = "a", .section = "s", .event = "", .recorded = 70 };
	struct session_row row = { .id = "A", .agent = "a", .epoch = 1, .started = 90000 };
	int64_t at = -1;

	assert_int_equal(0, store_latest(place->store, &at, NULL));
	assert_int_equal(0, at);
	assert_int_equal(0, store_slot_insert(place->store, &slot, NULL));
	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	assert_int_equal(0, store_latest(place->store, &at, NULL));
	assert_int_equal(90, at);
	row.id = "B";
	row.started = 60000; /* the clock was put right */
	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	assert_int_equal(0, store_latest(place->store, &at, NULL));
	assert_int_equal(70, at);
}

static void failures_of_a_section_are_counted(void **state)
{
	struct place *place = *state;

	assert_int_equal(0, since_success(place, 100));
	one_of_section(place, "A", "heartbeat Daily", "failed");
	one_of_section(place, "B", "heartbeat Daily", "interrupted");
	assert_int_equal(2, since_success(place, 100));
	one_of_section(place, "C", "heartbeat Daily", "done");
	assert_int_equal(0, since_success(place, 100));
	one_of_section(place, "D", "heartbeat Daily", "failed");
	one_of_section(place, "E", "run Daily", "failed"); /* by hand: it was not due */
	one_of_section(place, "F", "heartbeat Daily", "escalated");
	one_of_section(place, "G", "heartbeat Daily", ""); /* it runs */
	assert_int_equal(3, since_success(place, 100));
	assert_int_equal(2, since_success(place, 2));
	one_of_section(place, "H", "run Daily", "parked");
	assert_int_equal(0, since_success(place, 100));
}

static int print_step(void *context, const struct step *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s#%lld %s %s %s=%s e%lld %lld-%lld %lld;", s->session,
			     (long long)s->seq, s->kind, s->effect, s->intent,
			     s->result ? s->result : "?", (long long)s->epoch,
			     (long long)s->intent_at, (long long)s->result_at,
			     (long long)s->cost_micro_usd);
}

static const char *steps(struct place *place, const char *session)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_steps(place->store, session, print_step, place, NULL));
	return place_text(place);
}

static void intent_then_result(void **state)
{
	struct place *place = *state;
	struct step step = { .session = "s1",
			     .seq = 1,
			     .kind = "model",
			     .effect = "once",
			     .intent = "{\"x\":1}",
			     .epoch = 1,
			     .intent_at = 5 };
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND, store_step_intent(place->store, &step, &error));
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_step_result(place->store, &step, &error));
	begin(place, "s1", "a", 1);
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_step_result(place->store, &step, &error));
	assert_int_equal(0, store_step_intent(place->store, &step, &error));
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_intent(place->store, &step, &error));
	assert_string_equal("s1#1 model once {\"x\":1}=? e1 5-0 0;", steps(place, "s1"));
	step.result = "{}";
	step.result_at = 8;
	step.cost_micro_usd = 300;
	assert_int_equal(0, store_step_result(place->store, &step, &error));
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_result(place->store, &step, &error));
	assert_string_equal("step 1 of session s1 has its result already", error.message);
	step = (struct step){
		.session = "s1", .seq = 2, .kind = "remember", .effect = "idempotent", .epoch = 1
	};
	assert_int_equal(0, store_step_intent(place->store, &step, &error));
	assert_string_equal(
		"s1#1 model once {\"x\":1}={} e1 5-8 300;s1#2 remember idempotent =? e1 0-0 0;",
		steps(place, "s1"));
	assert_string_equal("", steps(place, "s2"));
}

/* An effect that must not be repeated begins once, before its result. */
static void effects_begin_once(void **state)
{
	struct place *place = *state;
	struct step step = { .session = "s1", .seq = 1, .kind = "tell", .epoch = 1, .begun_at = 7 };
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND, store_step_begin(place->store, &step, &error));
	begin(place, "s1", "a", 1);
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_step_begin(place->store, &step, &error));
	assert_int_equal(0, store_step_intent(place->store, &step, &error));
	assert_int_equal(0, store_step_begin(place->store, &step, &error));
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_begin(place->store, &step, &error));
	assert_string_equal("step 1 of session s1 has begun already", error.message);
	step.result = "{}";
	assert_int_equal(0, store_step_result(place->store, &step, &error));
	step.seq = 2;
	assert_int_equal(0, store_step_intent(place->store, &step, &error));
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_begin(place->store, &step, &error));
}

static int64_t again(struct place *place, int64_t epoch)
{
	int64_t count = -1;

	assert_int_equal(0, store_session_resume(place->store, "s1", epoch, 0, &count, NULL));
	return count;
}

/* Deaths count while no step is answered; a session that is let go has not died. */
static void goes_on_are_counted(void **state)
{
	struct place *place = *state;
	struct step step = { .session = "s1", .seq = 1, .kind = "model", .epoch = 4 };
	struct session_row end = { .id = "s1", .ended = 3, .epoch = 9 };

	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 store_session_resume(place->store, "s1", 2, 0, NULL, NULL));
	begin(place, "s1", "a", 1);
	assert_int_equal(1, again(place, 2));
	assert_int_equal(2, again(place, 3));
	assert_int_equal(0, store_step_intent(place->store, &step, NULL));
	assert_int_equal(3, again(place, 4));
	step.result = "{}";
	assert_int_equal(0, store_step_result(place->store, &step, NULL));
	assert_int_equal(0, store_session_suspend(place->store, "s1", 4, NULL));
	assert_int_equal(0, again(place, 5));
	assert_int_equal(1, again(place, 6));
	assert_int_equal(0, store_session_suspend(place->store, "s1", 6, NULL));
	assert_int_equal(1, again(place, 7));
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_suspend(place->store, "s1", 6, NULL));
	assert_int_equal(-(int)ERROR_CONFLICT,
			 store_session_resume(place->store, "s1", 6, 0, NULL, NULL));
	assert_int_equal(0, store_session_end(place->store, &end, NULL));
	assert_int_equal(-(int)ERROR_CONFLICT,
			 store_session_resume(place->store, "s1", 9, 0, NULL, NULL));
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_suspend(place->store, "s1", 9, NULL));
}

/* A writer that was thought dead comes back. */
static void older_epochs_are_shut_out(void **state)
{
	struct place *place = *state;
	struct step step = { .session = "s1", .seq = 1, .kind = "model", .epoch = 1 };
	struct step late = { .session = "s1", .seq = 1, .result = "{}", .epoch = 1 };
	int64_t epoch;
	struct error error;

	begin(place, "s1", "a", 1);
	begin(place, "s2", "a", 1);
	assert_int_equal(0, store_step_intent(place->store, &step, NULL));
	step.seq = 2;
	step.epoch = 5;
	assert_int_equal(0, store_step_intent(place->store, &step, NULL));
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_result(place->store, &late, &error));
	late.seq = 3;
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_intent(place->store, &late, &error));
	/* a newer daemon may settle what an older one began */
	late.seq = 1;
	late.epoch = 5;
	assert_int_equal(0, store_step_result(place->store, &late, &error));
	/* a start of the daemon counts even where it wrote nothing yet */
	assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
	assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
	late = (struct step){ .session = "s2", .seq = 1, .epoch = 1 };
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_intent(place->store, &late, &error));
	late.epoch = epoch;
	assert_int_equal(0, store_step_intent(place->store, &late, &error));
	/* a session that has ended takes no step any more */
	store_session_end(place->store, &(struct session_row){ .id = "s2", .ended = 3 }, NULL);
	late.seq = 2;
	assert_int_equal(-(int)ERROR_CONFLICT, store_step_intent(place->store, &late, &error));
	assert_string_equal("session s2 has ended", error.message);
}

static void check_plan(struct store *store, const char *sql)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(65536);
	/* the last: a day's sums fetch no row */
	static const char *const slow[] = { "SCAN slot", "SCAN session", "SCAN step", "SCAN call",
					    "SEARCH call USING INDEX call_by_day (day=?)" };
	sqlite3_stmt *statement = NULL;

	buffer_printf(&text, "EXPLAIN QUERY PLAN %s", sql);
	if (sqlite3_prepare_v2(store->db, text.data, -1, &statement, NULL))
		return; /* BEGIN and the like have no plan */
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(statement, 3);

		for (size_t i = 0; i < ARRAY_LENGTH(slow); i++)
			if (!strcmp(step, slow[i]))
				fail_msg("%s: %s", sql, step);
		if (strstr(step, "TEMP B-TREE FOR ORDER BY"))
			fail_msg("%s: %s", sql, step);
	}
	sqlite3_finalize(statement);
}

static void ask_about_steps(struct place *place)
{
	struct step step = { .session = "s1", .seq = 1, .kind = "model", .epoch = 1 };

	begin(place, "s1", "a", 1);
	store_step_intent(place->store, &step, NULL);
	step.result = "{}";
	store_step_result(place->store, &step, NULL);
	steps(place, "s1");
}

static void ask_about_calls(struct store *store)
{
	struct call_row call = { .session = "s1", .seq = 1, .attempt = 1 };
	struct windows_row windows = { 0 };
	int64_t hour, day;

	store_windows_put(store, &windows, NULL);
	store_windows(store, &windows, NULL);
	store_call_reserve(store, &call, NULL, NULL);
	store_call_settle(store, &call, NULL);
	for (int of = 0; of < 4; of++)
		store_calls(store, of & 1 ? "s2" : NULL, of & 2 ? "b" : NULL, 1, NULL, NULL, NULL);
	store_call_latest(store, &hour, &day, NULL);
	store_call_sums(store, 1, NULL, NULL, NULL);
	store_calls_keep_open(store, 1, NULL);
	store_calls_prune(store, 1, 1, NULL, NULL);
}

static void ask_about_the_rest(struct store *store)
{
	int64_t at;

	store_incidents(store, false, 1, NULL, NULL, NULL);
	store_incidents(store, true, 1, NULL, NULL, NULL);
	store_incidents_prune(store, 1, 1, NULL, NULL);
	store_breakers(store, NULL, NULL, NULL);
	store_learned(store, NULL, NULL, NULL);
	store_parked(store, NULL, NULL, NULL);
	store_parked_delete(store, "s", NULL);
	store_restarts(store, NULL, NULL, NULL);
	store_latest(store, &at, NULL);
}

static void ask_about_leaving(struct store *store)
{
	struct session_size size;
	int64_t count;

	store_sessions_named(store, "S", 1, NULL, NULL, NULL); /* "s1" comes behind "S~" */
	store_sessions_old(store, 1, 0, 1, NULL, NULL, NULL);
	store_session_size(store, "s1", &size, NULL);
	store_sessions_since_success(store, "a", "s", 1, &count, NULL);
	store_session_delete(store, "s1", NULL);
	store_slots_prune(store, 1, 1, NULL, NULL);
}

/* All that the tests ask, asked once: by an index, and in its order. */
static void no_question_reads_a_whole_table(void **state)
{
	struct place *place = *state;
	struct slot slot = { .agent = "a", .section = "s", .event = "" };
	struct store *store = place->store;

	ask_about_steps(place);
	ask_about_calls(store);
	ask_about_the_rest(store);
	ask_about_leaving(store);
	for (int agent = 0; agent < 2; agent++) {
		sessions(place, agent ? "a" : NULL, false, 1);
		sessions(place, agent ? "a" : NULL, true, 1);
		store_slots(store, agent ? "a" : NULL, 0, 1, 1, NULL, NULL, NULL);
	}
	store_slot_finish(store, &slot, NULL);
	slot.event = "e";
	store_slot_finish(store, &slot, NULL);
	store_slots_close_open(store, "", NULL);
	store_section_put(store, &(struct section){ .agent = "a", .key = "s" }, NULL);
	store_section_rename(store, "a", "s", "t", NULL);
	assert_in_range(store->cache_count, 32, STATEMENTS_MAX);
	for (size_t i = 0; i < store->cache_count; i++)
		check_plan(store, store->cache[i].sql);
}

int journal_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(sessions_begin_and_end_once),
		PLACE_TEST(the_plan_comes_with_the_end),
		PLACE_TEST(the_newest_come_first),
		PLACE_TEST(failures_of_a_section_are_counted),
		PLACE_TEST(the_latest_moment_is_that_of_the_newest_row),
		PLACE_TEST(intent_then_result),
		PLACE_TEST(effects_begin_once),
		PLACE_TEST(goes_on_are_counted),
		PLACE_TEST(older_epochs_are_shut_out),
		PLACE_TEST(no_question_reads_a_whole_table),
	};

	return cmocka_run_group_tests_name("store: the journal", tests, NULL, NULL);
}
