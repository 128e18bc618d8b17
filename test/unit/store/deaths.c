/* What a session died of, and how often with one step in flight. */
#include "suite.h"

#include <stdio.h>

static void begin(struct place *place, const char *id, const char *agent, int64_t epoch)
{
	struct session_row row = { .id = id, .agent = agent, .plan = "{}", .epoch = epoch };

	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
}

static void intend(struct place *place, const char *id, int64_t seq, int64_t epoch)
{
	struct step step = { .session = id, .seq = seq, .epoch = epoch };

	step.kind = "model";
	step.effect = "idempotent";
	step.intent = "{}";
	assert_int_equal(0, store_step_intent(place->store, &step, NULL));
}

static void answer(struct place *place, const char *id, int64_t seq, int64_t epoch)
{
	struct step step = { .session = id, .seq = seq, .epoch = epoch, .result = "{}" };

	intend(place, id, seq, epoch);
	assert_int_equal(0, store_step_result(place->store, &step, NULL));
}

static void die(struct place *place, const char *id, int64_t at, int64_t until)
{
	struct death_row row = {
		.session = id, .at = at, .until = until, .own = true, .words = "exit status 7"
	};

	assert_int_equal(0, store_death_add(place->store, &row, NULL));
}

static struct death_count count(struct place *place, const char *id)
{
	struct death_count count = { -1, -1, -1, -1, -1 };

	assert_int_equal(0, store_death_count(place->store, id, &count, NULL));
	return count;
}

static int print_death(void *context, const struct death_row *row)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %s %d %d%s %s; ", row->session, row->agent,
			     (int)row->seq, (int)row->at, row->own ? " own" : "", row->words);
}

static const char *deaths(struct place *place, const char *id)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_deaths(place->store, id, print_death, place, NULL));
	return place_text(place);
}

static const char *counted(struct place *place, const char *agent, int64_t since)
{
	buffer_reset(&place->seen);
	assert_int_equal(
		0, store_deaths_counted(place->store, agent, since, print_death, place, NULL));
	return place_text(place);
}

static void want_of_memory_counts_at_every_step(void **state)
{
	struct place *place = *state;
	struct death_row row = { .session = "O", .at = 10, .own = true, .oom = true, .words = "" };

	begin(place, "O", "kira", 1);
	assert_int_equal(0, store_death_add(place->store, &row, NULL));
	answer(place, "O", 1, 1);
	answer(place, "O", 2, 1);
	assert_int_equal(0, store_death_add(place->store, &row, NULL));
	intend(place, "O", 3, 1);
	die(place, "O", 20, 0);
	assert_int_equal(count(place, "O").ooms, 2);
	assert_int_equal(count(place, "O").oom_seq, 2);
	assert_int_equal(count(place, "O").deaths, 2);
}

static void deaths_count_for_their_step(void **state)
{
	struct place *place = *state;

	begin(place, "A", "kira", 1);
	begin(place, "B", "kira", 1);
	assert_int_equal(0, count(place, "A").deaths);
	assert_int_equal(0, count(place, "A").until);
	die(place, "A", 10, 20);
	assert_int_equal(1, count(place, "A").deaths); /* before its first step */
	answer(place, "A", 1, 1);
	assert_int_equal(0, count(place, "A").deaths);
	intend(place, "A", 2, 1);
	die(place, "A", 30, 50);
	intend(place, "A", 3, 1); /* the same call once more */
	die(place, "A", 60, 100);
	die(place, "B", 70, 0);
	assert_int_equal(2, count(place, "A").deaths);
	assert_int_equal(1, count(place, "A").answered);
	assert_int_equal(100, count(place, "A").until);
	answer(place, "A", 4, 1);
	assert_int_equal(0, count(place, "A").deaths);
	assert_string_equal("A kira 0 10 own exit status 7; A kira 2 30 own exit status 7; "
			    "A kira 3 60 own exit status 7; ",
			    deaths(place, "A"));
}

static void a_death_is_of_a_session(void **state)
{
	struct place *place = *state;
	struct death_row row = { .session = "Z", .words = "" };
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND, store_death_add(place->store, &row, &error));
	assert_string_equal("there is no session Z", error.message);
}

static void a_daemon_that_is_killed_is_a_death(void **state)
{
	struct place *place = *state;

	begin(place, "A", "kira", 1);
	assert_int_equal(0, store_death_of_daemon(place->store, "A", 1, 5, NULL)); /* its own */
	assert_string_equal("", deaths(place, "A"));
	assert_int_equal(0, store_death_of_daemon(place->store, "A", 2, 5, NULL));
	assert_string_equal("A kira 0 5 the daemon ended; ", deaths(place, "A"));
	assert_string_equal("", counted(place, "kira", 0)); /* the step's, not the agent's */
}

static void a_session_that_waits_does_not_die(void **state)
{
	struct place *place = *state;

	begin(place, "A", "kira", 1);
	die(place, "A", 10, 20);
	assert_int_equal(0, store_death_of_daemon(place->store, "A", 2, 15, NULL));
	assert_int_equal(1, count(place, "A").deaths);
}

static void a_daemon_that_stops_is_none(void **state)
{
	struct place *place = *state;

	begin(place, "A", "kira", 3);
	assert_int_equal(0, store_session_suspend(place->store, "A", 3, NULL));
	assert_int_equal(0, store_death_of_daemon(place->store, "A", 4, 5, NULL));
	assert_string_equal("", deaths(place, "A"));
	assert_int_equal(0, store_session_resume(place->store, "A", 4, 0, NULL, NULL));
	assert_int_equal(0, store_death_of_daemon(place->store, "A", 5, 5, NULL));
	assert_string_equal("A kira 0 5 the daemon ended; ", deaths(place, "A"));
}

static void a_person_forgives(void **state)
{
	struct place *place = *state;

	begin(place, "A", "kira", 1);
	begin(place, "M", "max", 1);
	die(place, "A", 10, 0);
	die(place, "M", 15, 0);
	die(place, "A", 20, 0);
	assert_string_equal("A kira 0 20 own exit status 7; ", counted(place, "kira", 15));
	assert_string_equal("A kira 0 10 own exit status 7; M max 0 15 own exit status 7; "
			    "A kira 0 20 own exit status 7; ",
			    counted(place, NULL, 0));
	assert_int_equal(0, store_deaths_forgive(place->store, "kira", NULL));
	assert_string_equal("M max 0 15 own exit status 7; ", counted(place, NULL, 0));
	assert_int_equal(2, count(place, "A").deaths); /* the step is as bad as it was */
}

static void deaths_leave_with_their_session(void **state)
{
	struct place *place = *state;
	struct session_row row = { .id = "A", .ended = 9, .outcome = "failed", .plan = "{}" };

	begin(place, "A", "kira", 1);
	die(place, "A", 10, 0);
	assert_int_equal(0, store_session_end(place->store, &row, NULL));
	assert_int_equal(0, store_session_delete(place->store, "A", NULL));
	assert_string_equal("", deaths(place, "A"));
}

int deaths_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(want_of_memory_counts_at_every_step),
		PLACE_TEST(deaths_count_for_their_step),
		PLACE_TEST(a_death_is_of_a_session),
		PLACE_TEST(a_daemon_that_is_killed_is_a_death),
		PLACE_TEST(a_session_that_waits_does_not_die),
		PLACE_TEST(a_daemon_that_stops_is_none),
		PLACE_TEST(a_person_forgives),
		PLACE_TEST(deaths_leave_with_their_session),
	};

	return cmocka_run_group_tests_name("store: deaths", tests, NULL, NULL);
}
