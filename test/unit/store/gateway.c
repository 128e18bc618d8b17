/* What is known of servers, what is wrong, and what waits: small rows, found by their key. */
#include "suite.h"

#include <stdio.h>

static int print_breaker(void *context, const struct breaker_row *b)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %lld %lld %lld %s %s;", b->key,
			     (long long)b->failures, (long long)b->open_until,
			     (long long)b->wait_ms, b->why, b->message);
}

static const char *breakers(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_breakers(place->store, print_breaker, place, NULL));
	return place_text(place);
}

static void breakers_are_kept(void **state)
{
	struct place *place = *state;
	struct breaker_row row = { "provider local #2", 3, 5000, 1000, "connect", "refused" };

	assert_string_equal("", breakers(place));
	assert_int_equal(0, store_breaker_put(place->store, &row, NULL));
	assert_int_equal(0,
			 store_breaker_put(place->store,
					   &(struct breaker_row){ .key = "model fast #1" }, NULL));
	assert_string_equal("model fast #1 0 0 0  ;provider local #2 3 5000 1000 connect refused;",
			    breakers(place));
	row.failures = 4;
	row.why = "server";
	assert_int_equal(0, store_breaker_put(place->store, &row, NULL));
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	assert_string_equal("model fast #1 0 0 0  ;provider local #2 4 5000 1000 server refused;",
			    breakers(place));
}

static int print_learned(void *context, const struct learned_row *l)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %lld %lld %lld;", l->key, (long long)l->quirks,
			     (long long)l->context, (long long)l->millibytes_per_token);
}

static void what_was_learned_is_kept(void **state)
{
	struct place *place = *state;
	struct learned_row row = { "model strong #1", 5, 200000, 3100 };

	assert_int_equal(0, store_learned_put(place->store, &row, NULL));
	row.quirks = 7;
	assert_int_equal(0, store_learned_put(place->store, &row, NULL));
	row = (struct learned_row){ .key = "model fast #1" };
	assert_int_equal(0, store_learned_put(place->store, &row, NULL));
	assert_int_equal(0, store_learned(place->store, print_learned, place, NULL));
	assert_string_equal("model fast #1 0 0 0;model strong #1 7 200000 3100;",
			    place_text(place));
}

static int print_incident(void *context, const struct incident_row *i)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %s %s %lld %lld %lld %lld;", i->key, i->agent,
			     i->text, (long long)i->opened, (long long)i->told,
			     (long long)i->cleared, (long long)i->count);
}

static const char *incidents(struct place *place, bool open_only, size_t max)
{
	buffer_reset(&place->seen);
	assert_int_equal(
		0, store_incidents(place->store, open_only, max, print_incident, place, NULL));
	return place_text(place);
}

static void incident(struct place *place, const char *key, int64_t opened, int64_t cleared)
{
	struct incident_row row = { .key = key, .opened = opened, .cleared = cleared };

	assert_int_equal(0, store_incident_put(place->store, &row, NULL));
}

static void incidents_are_kept(void **state)
{
	struct place *place = *state;
	struct incident_row row = { .key = "budget",
				    .agent = "kira",
				    .text = "over its day",
				    .opened = 10,
				    .told = 11,
				    .count = 2 };

	incident(place, "older", 5, 7);
	incident(place, "same", 10, 0);
	assert_int_equal(0, store_incident_put(place->store, &row, NULL));
	assert_string_equal("same   10 0 0 0;budget kira over its day 10 11 0 2;older   5 0 7 0;",
			    incidents(place, false, SIZE_MAX));
	assert_string_equal("same   10 0 0 0;budget kira over its day 10 11 0 2;",
			    incidents(place, true, 9));
	assert_string_equal("same   10 0 0 0;", incidents(place, true, 1));
	row.cleared = 20;
	row.count = 3;
	assert_int_equal(0, store_incident_put(place->store, &row, NULL));
	assert_string_equal("same   10 0 0 0;", incidents(place, true, 9));
	assert_string_equal("same   10 0 0 0;budget kira over its day 10 11 20 3;",
			    incidents(place, false, 2));
	/* the same trouble comes back */
	row.opened = 30;
	row.cleared = 0;
	assert_int_equal(0, store_incident_put(place->store, &row, NULL));
	assert_string_equal("budget kira over its day 30 11 0 3;same   10 0 0 0;",
			    incidents(place, true, 9));
}

static void cleared_incidents_leave(void **state)
{
	struct place *place = *state;
	size_t count = 99;

	incident(place, "a", 1, 10);
	incident(place, "b", 2, 20);
	incident(place, "c", 3, 30);
	incident(place, "open", 1, 0);
	assert_int_equal(0, store_incidents_prune(place->store, 10, 9, &count, NULL));
	assert_int_equal(0, count);
	assert_int_equal(0, store_incidents_prune(place->store, 30, 1, &count, NULL));
	assert_int_equal(1, count);
	assert_string_equal("c   3 0 30 0;b   2 0 20 0;open   1 0 0 0;",
			    incidents(place, false, 9));
	assert_int_equal(0, store_incidents_prune(place->store, INT64_MAX, SIZE_MAX, NULL, NULL));
	assert_string_equal("open   1 0 0 0;", incidents(place, false, 9));
}

static int print_parked(void *context, const struct parked_row *p)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s %s %s %s %s %s %lld-%lld;", p->session, p->agent,
			     p->why, p->layer, p->reason, p->wish, (long long)p->since,
			     (long long)p->until);
}

static const char *parked(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_parked(place->store, print_parked, place, NULL));
	return place_text(place);
}

static void parked_work_waits_in_order(void **state)
{
	struct place *place = *state;
	struct parked_row row = { "s2", "kira", "budget", "agent day", "over", "{}", 20, 90 };
	struct error error;

	assert_int_equal(0, store_parked_put(place->store, &row, NULL));
	row = (struct parked_row){ .session = "s3", .agent = "max", .since = 10 };
	assert_int_equal(0, store_parked_put(place->store, &row, NULL));
	row.session = "s1"; /* in the order of their coming, not of their names */
	assert_int_equal(0, store_parked_put(place->store, &row, NULL));
	assert_string_equal("s3 max     10-0;s1 max     10-0;"
			    "s2 kira budget agent day over {} 20-90;",
			    parked(place));
	/* parked again: one row */
	row.since = 30;
	assert_int_equal(0, store_parked_put(place->store, &row, NULL));
	assert_int_equal(0, store_parked_delete(place->store, "s3", &error));
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_parked_delete(place->store, "s3", &error));
	assert_string_equal("session s3 is not parked", error.message);
	assert_string_equal("s2 kira budget agent day over {} 20-90;s1 max     30-0;",
			    parked(place));
}

/* One visitor for all four: each row's first member is its name. */
static int stop_at_once(void *context, const char *name)
{
	struct place *place = context;

	buffer_printf(&place->seen, "%s ", name);
	return 42;
}

static int stop_at_breaker(void *context, const struct breaker_row *row)
{
	return stop_at_once(context, row->key);
}

static int stop_at_learned(void *context, const struct learned_row *row)
{
	return stop_at_once(context, row->key);
}

static int stop_at_incident(void *context, const struct incident_row *row)
{
	return stop_at_once(context, row->key);
}

static int stop_at_parked(void *context, const struct parked_row *row)
{
	return stop_at_once(context, row->session);
}

static void visits_end_a_walk(void **state)
{
	struct place *place = *state;
	struct store *store = place->store;

	for (char name[] = "1"; name[0] <= '2'; name[0]++) {
		store_breaker_put(store, &(struct breaker_row){ .key = name }, NULL);
		store_learned_put(store, &(struct learned_row){ .key = name }, NULL);
		store_incident_put(store, &(struct incident_row){ .key = name }, NULL);
		store_parked_put(store, &(struct parked_row){ .session = name }, NULL);
	}
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(42, store_breakers(store, stop_at_breaker, place, NULL));
		assert_int_equal(42, store_learned(store, stop_at_learned, place, NULL));
		assert_int_equal(42,
				 store_incidents(store, false, 9, stop_at_incident, place, NULL));
		assert_int_equal(42, store_parked(store, stop_at_parked, place, NULL));
	}
	assert_string_equal("1 1 2 1 1 1 2 1 ", place_text(place));
}

int gateway_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(breakers_are_kept),          PLACE_TEST(what_was_learned_is_kept),
		PLACE_TEST(incidents_are_kept),         PLACE_TEST(cleared_incidents_leave),
		PLACE_TEST(parked_work_waits_in_order), PLACE_TEST(visits_end_a_walk),
	};

	return cmocka_run_group_tests_name("store: providers, incidents, parked work", tests, NULL,
					   NULL);
}
