#include "suite.h"

typedef __int128 exact;

static exact exactly(int64_t input, int64_t input_price, int64_t output, int64_t output_price)
{
	exact total = (exact)input * input_price + (exact)output * output_price;

	return total / 1000000 + (total % 1000000 != 0);
}

static int64_t random_amount(void)
{
	return (int64_t)(pick(UINT64_C(1) << (1 + pick(52))));
}

static void test_rows(void **state)
{
	static const struct {
		int64_t input_price, output_price, input, output, cost;
	} rows[] = {
		{ 3000000, 15000000, 1000, 1000, 18000 },
		{ 3000000, 15000000, 0, 0, 0 },
		{ 1, 0, 1, 0, 1 }, /* a millionth of a micro-USD is one */
		{ 1, 1, 1, 1, 1 }, /* rounded once */
		{ 1, 0, 1000000, 0, 1 },
		{ 1, 0, 1000001, 0, 2 },
		{ 0, 0, 1000, 1000, 0 },
		{ INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
		{ INT64_MAX, 0, 1000000, 0, INT64_MAX },
		{ INT64_MAX, 0, 999999, 0, INT64_MAX - 9223372036854 },
		{ 5000000, 5000000, -7, -7, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct budget_price price = { rows[i].input_price, rows[i].output_price };

		assert_int_equal(budget_worst_case(&price, rows[i].input, rows[i].output),
				 rows[i].cost);
	}
}

static void test_exact(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct budget_price price = { random_amount(), random_amount() };
		int64_t input = random_amount(), output = random_amount();
		exact wanted = exactly(input, price.input, output, price.output);

		if (wanted > INT64_MAX)
			wanted = INT64_MAX;
		assert_true(budget_worst_case(&price, input, output) == (int64_t)wanted);
	}
}

/* Whatever of the input was cached: with the tokens held, it comes to no more than was held. */
static void test_cost_within_worst_case(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct model_settings model = {
			.price_input = (int64_t)pick(3000000),
			.price_output = (int64_t)pick(15000000),
			.price_cache_read = (int64_t)pick(3000000),
			.price_cache_write = (int64_t)pick(3750000),
			.priced = true,
		};
		struct budget_price price = budget_price_of(&model);
		int64_t fresh = (int64_t)pick(3000), hit = (int64_t)pick(3000),
			put = (int64_t)pick(3000), output = (int64_t)pick(3000);
		int64_t cost = budget_cost(&model, fresh, hit, put, output);
		exact total = (exact)fresh * model.price_input +
			      (exact)hit * model.price_cache_read +
			      (exact)put * model.price_cache_write +
			      (exact)output * model.price_output;

		assert_true((exact)cost * 1000000 >= total);
		assert_true((exact)cost * 1000000 < total + 1000000);
		assert_true(cost <= budget_worst_case(&price, fresh + hit + put, output));
	}
}

static void test_cost_edges(void **state)
{
	struct model_settings model = { .price_input = 1, .price_output = 1, .free = true };

	(void)state;
	assert_int_equal(budget_cost(&model, 100, 0, 0, 100), 0);
	assert_int_equal(budget_price_of(&model).input, 0);
	assert_int_equal(budget_price_of(&model).output, 0);
	model = (struct model_settings){ .price_input = INT64_MAX,
					 .price_output = INT64_MAX,
					 .price_cache_read = INT64_MAX,
					 .price_cache_write = INT64_MAX };
	assert_true(budget_cost(&model, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX) == INT64_MAX);
	model = (struct model_settings){
		.price_input = 1, .price_cache_read = 1, .price_cache_write = 1, .price_output = 1
	};
	assert_int_equal(budget_cost(&model, 1, 1, 1, 1), 1);
}

/* Of a layer's last money no micro-USD is passed, and no token more would have been paid for. */
static void test_last_money(void **state)
{
	(void)state;
	for (int i = 0; i < 50000; i++) {
		CLEANUP(budget_free) struct budget *budget = budget_new();
		struct limits limits = unlimited;
		struct budget_ask ask = ask_of((int64_t)1 << 50, &limits);
		struct budget_hold hold;
		struct budget_verdict verdict;

		limits.per_session_micro_usd = random_amount();
		ask.price = (struct budget_price){ (int64_t)pick(5000000),
						   1 + (int64_t)pick(75000000) };
		ask.input_tokens = (int64_t)pick(100000);
		ask.least_tokens = 0;
		if (exactly(ask.input_tokens, ask.price.input, 0, 0) >
		    limits.per_session_micro_usd) {
			assert_int_equal(budget_reserve(budget, &ask, &hold, &verdict),
					 BUDGET_OVER);
			continue;
		}
		assert_int_equal(budget_reserve(budget, &ask, &hold, &verdict), BUDGET_FITS);
		assert_true(hold.micro_usd == exactly(ask.input_tokens, ask.price.input,
						      hold.max_tokens, ask.price.output));
		assert_true(hold.micro_usd <= limits.per_session_micro_usd);
		assert_true(hold.max_tokens == ask.max_tokens ||
			    exactly(ask.input_tokens, ask.price.input, hold.max_tokens + 1,
				    ask.price.output) > limits.per_session_micro_usd);
	}
}

int run_prices(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_cost_within_worst_case),
		cmocka_unit_test(test_cost_edges),
		cmocka_unit_test(test_last_money),
	};

	return cmocka_run_group_tests_name("budget prices", tests, NULL, NULL);
}
