/* Calls: reserved once, settled once. */
#include "suite.h"

#include <stdio.h>

static struct call_row plan_of(const char *session, int64_t seq, int64_t attempt)
{
	return (struct call_row){ .session = session,
				  .agent = "kira",
				  .cause = "heartbeat Daily",
				  .work = "beat",
				  .route = "default",
				  .provider = "claude",
				  .model = "strong",
				  .seq = seq,
				  .attempt = attempt,
				  .hour = 7200,
				  .day = 3600,
				  .reserved_at = 7300000,
				  .reserved_micro_usd = 500,
				  .reserved_tokens = 900,
				  .request_bytes = 2000,
				  .max_tokens = 400 };
}

static struct call_row end_of(const char *session, int64_t seq, int64_t attempt,
			      enum call_state state, int64_t micro_usd)
{
	return (struct call_row){ .session = session,
				  .seq = seq,
				  .attempt = attempt,
				  .settled_at = 7400000,
				  .state = state,
				  .micro_usd = micro_usd,
				  .tokens = micro_usd * 2 };
}

static int print_call(void *context, const struct call_row *c)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%lld %s#%lld.%lld %d %lld/%lld %lld/%lld;",
			     (long long)c->number, c->session, (long long)c->seq,
			     (long long)c->attempt, (int)c->state, (long long)c->micro_usd,
			     (long long)c->reserved_micro_usd, (long long)c->tokens,
			     (long long)c->reserved_tokens);
}

static const char *calls(struct place *place, const char *session, const char *agent, int64_t since)
{
	buffer_reset(&place->seen);
	assert_int_equal(0,
			 store_calls(place->store, session, agent, since, print_call, place, NULL));
	return place_text(place);
}

static void reserve(struct place *place, const struct call_row *row)
{
	assert_int_equal(0, store_call_reserve(place->store, row, NULL, NULL));
}

static int print_whole(void *context, const struct call_row *c)
{
	struct place *place = context;
	const char *const texts[] = { c->session, c->agent,   c->cause,    c->task,
				      c->work,    c->route,   c->provider, c->model,
				      c->failure, c->message, c->decision, c->request_id };
	const int64_t numbers[] = {
		c->number,
		c->seq,
		c->attempt,
		c->place,
		c->hour,
		c->day,
		c->reserved_at,
		c->settled_at,
		(int64_t)c->state,
		c->reserved_micro_usd,
		c->reserved_tokens,
		c->micro_usd,
		c->tokens,
		c->request_bytes,
		c->max_tokens,
		c->input_tokens,
		c->output_tokens,
		c->cache_read_tokens,
		c->cache_write_tokens,
		c->reasoning_tokens,
		c->first_byte_ms,
		c->total_ms,
		c->status,
	};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_LENGTH(texts); i++)
		r = buffer_printf(&place->seen, "%s,", texts[i]);
	for (size_t i = 0; !r && i < ARRAY_LENGTH(numbers); i++)
		r = buffer_printf(&place->seen, " %lld", (long long)numbers[i]);
	return r;
}

static const char *whole(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_calls(place->store, NULL, NULL, 0, print_whole, place, NULL));
	return place_text(place);
}

/* Every member has a value of its own, so that none can stand for another. */
static void every_member_comes_back(void **state)
{
	struct place *place = *state;
	struct call_row row = { .session = "s",
				.agent = "a",
				.cause = "c",
				.task = "t",
				.work = "w",
				.route = "r",
				.provider = "p",
				.model = "m",
				.seq = 2,
				.attempt = 3,
				.place = 4,
				.hour = 5,
				.day = 6,
				.reserved_at = 7,
				.settled_at = 99,
				.state = CALL_SETTLED,
				.reserved_micro_usd = 10,
				.reserved_tokens = 11,
				.micro_usd = 99,
				.tokens = 99,
				.request_bytes = 14,
				.max_tokens = 15,
				.input_tokens = 99,
				.failure = "x",
				.status = 99 };
	struct call_row end = { .session = "s",
				.seq = 2,
				.attempt = 3,
				.agent = "x",
				.settled_at = 8,
				.state = CALL_SETTLED,
				.reserved_micro_usd = 99,
				.micro_usd = 12,
				.tokens = 13,
				.input_tokens = 16,
				.output_tokens = 17,
				.cache_read_tokens = 18,
				.cache_write_tokens = 19,
				.reasoning_tokens = 20,
				.first_byte_ms = 21,
				.total_ms = 22,
				.status = 23,
				.failure = "f",
				.message = "g",
				.decision = "d",
				.request_id = "q" };
	int64_t number = 0;

	assert_int_equal(0, store_call_reserve(place->store, &row, &number, NULL));
	assert_int_equal(1, number);
	assert_string_equal("s,a,c,t,w,r,p,m,,,,, 1 2 3 4 5 6 7 0 0 10 11 10 11 14 15"
			    " 0 0 0 0 0 0 0 0",
			    whole(place));
	assert_int_equal(0, store_call_settle(place->store, &end, NULL));
	assert_string_equal("s,a,c,t,w,r,p,m,f,g,d,q, 1 2 3 4 5 6 7 8 1 10 11 12 13 14 15"
			    " 16 17 18 19 20 21 22 23",
			    whole(place));
	/* the next attempt; what was sent is told at its end */
	row.attempt = 4;
	assert_int_equal(0, store_call_reserve(place->store, &row, &number, NULL));
	assert_int_equal(2, number);
	end.attempt = 4;
	end.request_bytes = 140;
	end.max_tokens = 150;
	assert_int_equal(0, store_call_settle(place->store, &end, NULL));
	assert_non_null(strstr(whole(place), " 2 2 4 4 5 6 7 8 1 10 11 12 13 140 150 16"));
}

static void what_counts_follows_from_the_state(void **state)
{
	static const struct {
		enum call_state state;
		int64_t micro_usd;
		const char *expect;
	} table[] = {
		{ CALL_SETTLED, 120, "1 s#1.1 1 120/500 240/900;" },
		{ CALL_SETTLED, 0, "2 s#1.2 1 0/500 0/900;" },
		{ CALL_SETTLED, 7000, "3 s#1.3 1 7000/500 14000/900;" }, /* excess: whole */
		{ CALL_KEPT, 120, "4 s#1.4 2 500/500 900/900;" },
		{ CALL_KEPT, 0, "5 s#1.5 2 500/500 900/900;" },
		{ CALL_RELEASED, 120, "6 s#1.6 3 0/500 0/900;" },
	};
	CLEANUP(buffer_clear) struct buffer expect = BUFFER(1024);
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct call_row plan = plan_of("s", 1, (int64_t)i + 1);
		struct call_row end = end_of("s", 1, (int64_t)i + 1, table[i].state,
					     table[i].micro_usd);

		reserve(place, &plan);
		assert_int_equal(0, store_call_settle(place->store, &end, NULL));
		buffer_printf(&expect, "%s", table[i].expect);
		assert_string_equal(expect.data, calls(place, "s", NULL, 0));
	}
}

static void once_and_no_more(void **state)
{
	struct place *place = *state;
	struct call_row plan = plan_of("s1", 1, 1);
	struct call_row end = end_of("s1", 1, 1, CALL_SETTLED, 100);
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND, store_call_settle(place->store, &end, &error));
	assert_string_equal("there is no attempt 1 of step 1 of session s1", error.message);
	reserve(place, &plan);
	assert_int_equal(-(int)ERROR_EXISTS, store_call_reserve(place->store, &plan, NULL, &error));
	assert_string_equal("step 1 of session s1 has its attempt 1 already", error.message);
	assert_int_equal(0, store_call_settle(place->store, &end, &error));
	for (int to = CALL_RESERVED; to <= CALL_RELEASED; to++) {
		end.state = (enum call_state)to;
		end.micro_usd = 1;
		assert_int_equal(-(int)ERROR_CONFLICT,
				 store_call_settle(place->store, &end, &error));
		assert_string_equal("attempt 1 of step 1 of session s1 is settled already",
				    error.message);
	}
	plan.place = 1; /* not what it is known by */
	assert_int_equal(-(int)ERROR_EXISTS, store_call_reserve(place->store, &plan, NULL, &error));
	assert_string_equal("1 s1#1.1 1 100/500 200/900;", calls(place, NULL, NULL, 0));
}

/* No row can say what would make its sum wrong, and none that is refused leaves anything. */
static void amounts_out_of_range(void **state)
{
	struct place *place = *state;
	struct call_row plans[] = { plan_of("s", 1, 1), plan_of("s", 1, 2) };
	struct call_row good = plan_of("s", 2, 1);
	struct call_row ends[5];
	struct error error;

	plans[0].reserved_micro_usd = -1;
	plans[1].reserved_tokens = -1;
	for (size_t i = 0; i < ARRAY_LENGTH(plans); i++)
		assert_int_equal(-(int)ERROR_TOO_LARGE,
				 store_call_reserve(place->store, &plans[i], NULL, &error));
	reserve(place, &good);
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		ends[i] = end_of("s", 2, 1, CALL_SETTLED, 5);
	ends[0].micro_usd = -1;
	ends[1].tokens = -1;
	ends[2].state = (enum call_state)4;
	ends[3].state = CALL_RESERVED;
	ends[4].settled_at = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
		assert_int_equal(-(int)ERROR_TOO_LARGE,
				 store_call_settle(place->store, &ends[i], &error));
		assert_non_null(strstr(error.message, "out of its range"));
	}
	assert_string_equal("1 s#2.1 0 500/500 900/900;", calls(place, NULL, NULL, 0));
}

static void settled_after_the_session_ended(void **state)
{
	struct place *place = *state;
	struct session_row session = { .id = "s", .agent = "kira", .started = 1, .epoch = 3 };
	struct call_row plan = plan_of("s", 1, 1), end = end_of("s", 1, 1, CALL_SETTLED, 8);

	assert_int_equal(0, store_session_begin(place->store, &session, NULL));
	reserve(place, &plan);
	session.ended = 9;
	assert_int_equal(0, store_session_end(place->store, &session, NULL));
	assert_int_equal(0, store_call_settle(place->store, &end, NULL));
	assert_string_equal("1 s#1.1 1 8/500 16/900;", calls(place, "s", NULL, 0));
}

static void what_a_daemon_left_open_is_kept(void **state)
{
	struct place *place = *state;
	struct call_row row = plan_of("s", 1, 1), end = end_of("s", 1, 1, CALL_SETTLED, 20);

	reserve(place, &row);
	assert_int_equal(0, store_call_settle(place->store, &end, NULL));
	row = plan_of("s", 1, 2);
	reserve(place, &row);
	assert_int_equal(0, store_calls_keep_open(place->store, 8000000, NULL));
	assert_int_equal(0, store_calls_keep_open(place->store, 9000000, NULL));
	assert_string_equal("1 s#1.1 1 20/500 40/900;2 s#1.2 2 500/500 900/900;",
			    calls(place, NULL, NULL, 0));
	assert_non_null(strstr(
		whole(place),
		",gateway,agentd ended before it was answered,,, 2 1 2 0 7200 3600 7300000 8000000 2"));
	end.attempt = 2;
	assert_int_equal(-(int)ERROR_CONFLICT, store_call_settle(place->store, &end, NULL));
}

static void lists(void **state)
{
	static const struct {
		const char *session, *agent;
		int64_t since;
		const char *expect;
	} table[] = {
		{ NULL, NULL, 0, "s2#1.1 s1#1.2 s1#1.1 s1#2.1 " },
		{ NULL, NULL, 20, "s1#1.2 s1#1.1 s1#2.1 " },
		{ NULL, NULL, 41, "" },
		{ NULL, "max", 0, "s2#1.1 " },
		{ NULL, "kira", 30, "s1#1.1 s1#2.1 " },
		{ "s1", NULL, 0, "s1#1.1 s1#1.2 s1#2.1 " },
		{ "s1", NULL, 30, "s1#1.1 s1#2.1 " },
		{ "s1", "kira", 0, "s1#1.1 s1#1.2 s1#2.1 " },
		{ "s1", "max", 0, "" },
		{ "s3", NULL, INT64_MIN, "" },
	};
	static const struct {
		const char *session, *agent;
		int64_t seq, attempt, at;
	} rows[] = {
		{ "s1", "kira", 1, 1, 30 },
		{ "s1", "kira", 1, 2, 20 }, /* the clock was set back */
		{ "s1", "kira", 2, 1, 40 },
		{ "s2", "max", 1, 1, 10 },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct call_row row = plan_of(rows[i].session, rows[i].seq, rows[i].attempt);

		row.agent = rows[i].agent;
		row.reserved_at = rows[i].at;
		reserve(place, &row);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		CLEANUP(buffer_clear) struct buffer names = BUFFER(1024);
		const char *text = calls(place, table[i].session, table[i].agent, table[i].since);
		char name[16];

		for (; sscanf(text, "%*d %15s", name) == 1; text = strchr(text, ';') + 1)
			buffer_printf(&names, "%s ", name);
		assert_string_equal(table[i].expect, names.length ? names.data : "");
	}
}

static int stop(void *context, const struct call_row *row)
{
	(void)row;
	return ++*(int *)context;
}

static int stop_sum(void *context, const struct call_sum *sum)
{
	(void)sum;
	return ++*(int *)context;
}

static void visits_end_a_walk(void **state)
{
	struct place *place = *state;
	int count = 41;

	for (int64_t seq = 1; seq < 4; seq++) {
		struct call_row row = plan_of("s", seq, 1);

		reserve(place, &row);
	}
	assert_int_equal(42, store_calls(place->store, NULL, NULL, 0, stop, &count, NULL));
	assert_int_equal(43, store_call_sums(place->store, 3600, stop_sum, &count, NULL));
	assert_string_not_equal("", calls(place, NULL, NULL, 0));
}

static void the_windows_in_force(void **state)
{
	struct place *place = *state;
	struct call_row row = plan_of("s", 1, 1);
	int64_t hour = 0, day = 0;
	struct error error;

	reserve(place, &row);
	assert_int_equal(0, store_call_latest(place->store, &hour, &day, &error));
	assert_true(!hour && !day); /* nothing is settled yet */
}

/* What was kept counts until a call was made in another window. */
static void windows_that_are_held(void **state)
{
	struct place *place = *state;
	struct call_row row = plan_of("s", 1, 1);
	struct windows_row put = { 7200, 0, 50, 60 }, got;
	struct error error;

	assert_int_equal(0, store_windows_put(place->store, &put, &error));
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_windows(place->store, &got, &error));
	row.hour = 7200;
	row.day = 0;
	reserve(place, &row);
	assert_int_equal(0, store_windows(place->store, &got, &error));
	assert_memory_equal(&got, &put, sizeof(put)); /* it is that window still */
	put = (struct windows_row){ 7201, 0, 1, 70 };
	assert_int_equal(0, store_windows_put(place->store, &put, &error));
	assert_int_equal(0, store_windows(place->store, &got, &error));
	assert_memory_equal(&got, &put, sizeof(put)); /* another, without a call yet */
	row = plan_of("s", 1, 2);
	row.hour = 10800;
	row.day = 0;
	reserve(place, &row);
	assert_int_equal(0, store_windows(place->store, &got, &error));
	put = (struct windows_row){ 10800, 0, 0, 70 };
	assert_memory_equal(&got, &put, sizeof(put)); /* the hour is over, the day is not */
	row = plan_of("s", 1, 3);
	row.hour = row.day = 86400;
	reserve(place, &row);
	assert_int_equal(0, store_windows(place->store, &got, &error));
	put = (struct windows_row){ 86400, 86400, 0, 0 };
	assert_memory_equal(&got, &put, sizeof(put));
}

static void old_calls_leave(void **state)
{
	struct place *place = *state;
	size_t count = 99;

	assert_int_equal(0, store_calls_prune(place->store, 100, 9, &count, NULL));
	assert_int_equal(0, count);
	for (int64_t seq = 1; seq <= 6; seq++) {
		struct call_row row = plan_of("s", seq, 1);
		struct call_row end = end_of("s", seq, 1, CALL_SETTLED, 1);

		row.reserved_at = seq * 10;
		reserve(place, &row);
		if (seq != 2) /* still under way: it stays */
			assert_int_equal(0, store_call_settle(place->store, &end, NULL));
	}
	assert_int_equal(0, store_calls_prune(place->store, 10, 9, &count, NULL));
	assert_int_equal(0, count);
	assert_int_equal(0, store_calls_prune(place->store, 50, 2, &count, NULL));
	assert_int_equal(2, count);
	assert_string_equal("2 s#2.1 0 500/500 900/900;4 s#4.1 1 1/500 2/900;"
			    "5 s#5.1 1 1/500 2/900;6 s#6.1 1 1/500 2/900;",
			    calls(place, NULL, NULL, 0));
	assert_int_equal(0, store_calls_prune(place->store, 50, 2, &count, NULL));
	assert_int_equal(1, count);
	/* the newest tells the windows in force, and its number comes once */
	assert_int_equal(0, store_calls_prune(place->store, INT64_MAX, SIZE_MAX, NULL, NULL));
	assert_string_equal("2 s#2.1 0 500/500 900/900;6 s#6.1 1 1/500 2/900;",
			    calls(place, NULL, NULL, 0));
}

int ledger_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(every_member_comes_back),
		PLACE_TEST(what_counts_follows_from_the_state),
		PLACE_TEST(once_and_no_more),
		PLACE_TEST(amounts_out_of_range),
		PLACE_TEST(settled_after_the_session_ended),
		PLACE_TEST(what_a_daemon_left_open_is_kept),
		PLACE_TEST(lists),
		PLACE_TEST(visits_end_a_walk),
		PLACE_TEST(the_windows_in_force),
		PLACE_TEST(windows_that_are_held),
		PLACE_TEST(old_calls_leave),
	};

	return cmocka_run_group_tests_name("store: the ledger", tests, NULL, NULL);
}
