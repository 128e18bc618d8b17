/* Percentiles by nearest rank, and calls counted. */
#include "suite.h"

#include "tally.h"

static void percentiles(void **state)
{
	static const struct {
		size_t count; /* items are 1 … count, added backwards */
		int64_t p50, p95, p99, p100;
	} rows[] = {
		{ 1, 1, 1, 1, 1 },
		{ 2, 1, 2, 2, 2 },
		{ 10, 5, 10, 10, 10 },
		{ 100, 50, 95, 99, 100 },
		{ 1000, 500, 950, 990, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct series series = { 0 };

		for (size_t item = rows[i].count; item; item--)
			series_add(&series, (int64_t)item);
		series_sort(&series);
		assert_int_equal(series_percentile(&series, 50), rows[i].p50);
		assert_int_equal(series_percentile(&series, 95), rows[i].p95);
		assert_int_equal(series_percentile(&series, 99), rows[i].p99);
		assert_int_equal(series_percentile(&series, 100), rows[i].p100);
		assert_int_equal(series_percentile(&series, 0), 1);
		series_clear(&series);
	}
}

static void no_measurements(void **state)
{
	struct series series = { 0 };

	(void)state;
	series_sort(&series);
	assert_int_equal(series_percentile(&series, 50), -1);
	series_clear(&series);
}

static const struct call_row reply = {
	.model = "strong",
	.failure = "",
	.state = CALL_SETTLED,
	.input_tokens = 100,
	.cache_read_tokens = 300,
	.cache_write_tokens = 50,
	.output_tokens = 40,
	.reasoning_tokens = 10,
	.micro_usd = 1200,
	.reserved_micro_usd = 5000,
	.first_byte_ms = 300,
	.total_ms = 900,
};

static void counted(void **state)
{
	struct call_row refused = { .failure = "rate", .state = CALL_RELEASED, .total_ms = 5 };
	struct call_row broken = { .failure = "broken",
				   .state = CALL_KEPT,
				   .micro_usd = 700,
				   .first_byte_ms = 1,
				   .total_ms = 2 };
	struct call_row fallback = reply,
			open = { .failure = "", .state = CALL_RESERVED, .micro_usd = 4000 };
	struct tally tally = { 0 };

	(void)state;
	fallback.place = 1;
	tally_add(&tally, &reply);
	tally_add(&tally, &broken);
	tally_add(&tally, &refused);
	tally_add(&tally, &refused);
	tally_add(&tally, &fallback);
	tally_add(&tally, &open);
	tally_close(&tally);
	assert_int_equal(tally.calls, 6);
	assert_int_equal(tally.replies, 2);
	assert_int_equal(tally.open, 1);
	assert_int_equal(tally.fallbacks, 1);
	assert_int_equal(tally.error_count, 2);
	assert_string_equal(tally.errors[0].class, "rate"); /* the most frequent first */
	assert_int_equal(tally.errors[0].count, 2);
	assert_int_equal(tally_input(&tally), 900);
	assert_int_equal(tally.output_tokens, 80);
	assert_int_equal(tally.reasoning_tokens, 20);
	assert_int_equal(tally.micro_usd, 3100); /* what is under way is not spent */
	assert_int_equal(tally.kept_micro_usd, 700);
	assert_int_equal(tally.reserved_micro_usd, 4000);
	assert_int_equal(tally.total.count, 2); /* of replies alone */
	assert_int_equal(series_percentile(&tally.total, 50), 900);
	tally_clear(&tally);
}

static void as_json(void **state)
{
	struct tally tally = { 0 };
	json_t *json;

	(void)state;
	tally_close(&tally);
	json = tally_json(&tally);
	assert_true(json_is_null(json_object_get(json, "cached_share")));
	assert_true(json_is_null(json_object_get(json_object_get(json, "total_ms"), "p50")));
	json_decref(json);
	tally_add(&tally, &reply);
	tally_close(&tally);
	json = tally_json(&tally);
	assert_int_equal(json_integer_value(json_object_get(json, "input_tokens")), 450);
	assert_float_equal(json_real_value(json_object_get(json, "cached_share")), 300.0 / 450,
			   0.0001);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "first_byte_ms"), "p99")),
		300);
	json_decref(json);
	tally_clear(&tally);
}

/* Each name has one tally, however the rows come; the dearest is shown first. */
static void by_name(void **state)
{
	static const char *const names[] = { "m", "c", "x", "a", "m", "x", "x", "b" };
	struct tallies tallies = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		tallies_add(&tallies, names[i], &reply);
	assert_int_equal(tallies.count, 5);
	tallies_close(&tallies);
	for (size_t i = 0; i < 5; i++) {
		static const char *const order[] = { "x", "m", "a", "b", "c" };
		static const int calls[] = { 3, 2, 1, 1, 1 };

		assert_string_equal(tallies.items[i].name, order[i]);
		assert_int_equal(tallies.items[i].calls, calls[i]);
		assert_int_equal(tallies.items[i].total.count, calls[i]);
	}
	tallies_clear(&tallies);
}

int tally_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles), cmocka_unit_test(no_measurements),
		cmocka_unit_test(counted),     cmocka_unit_test(as_json),
		cmocka_unit_test(by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
