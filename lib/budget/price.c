#include "price.h"

#include "state.h"

#define PER_TOKENS 1000000 /* prices are for that many */

static int64_t not_negative(int64_t value)
{
	return value < 0 ? 0 : value;
}

static wide product(int64_t tokens, int64_t price)
{
	return (wide)not_negative(tokens) * not_negative(price);
}

static wide rounded_up(wide total)
{
	return (total + PER_TOKENS - 1) / PER_TOKENS;
}

wide price_of(const struct budget_price *price, int64_t input_tokens, int64_t max_tokens)
{
	return rounded_up(product(input_tokens, price->input) + product(max_tokens, price->output));
}

wide price_most_output(const struct budget_price *price, int64_t input_tokens, wide left)
{
	/* rounded_up(total) <= left, just where total <= left * PER_TOKENS */
	wide for_output = left * PER_TOKENS - product(input_tokens, price->input);

	if (for_output < 0)
		return -1;
	return price->output > 0 ? for_output / price->output : INT64_MAX;
}

int64_t budget_worst_case(const struct budget_price *price, int64_t input_tokens,
			  int64_t max_tokens)
{
	return to_amount(price_of(price, input_tokens, max_tokens));
}

struct budget_price budget_price_of(const struct model_settings *model)
{
	struct budget_price price = { .input = model->price_input, .output = model->price_output };

	if (model->free)
		return (struct budget_price){ 0 };
	if (price.input < model->price_cache_read)
		price.input = model->price_cache_read;
	if (price.input < model->price_cache_write)
		price.input = model->price_cache_write;
	return price;
}

int64_t budget_cost(const struct model_settings *model, int64_t input_tokens,
		    int64_t cache_read_tokens, int64_t cache_write_tokens, int64_t output_tokens)
{
	/* Each product may come to 2^126: their sum is taken in two parts. */
	wide products[] = { product(input_tokens, model->price_input),
			    product(cache_read_tokens, model->price_cache_read),
			    product(cache_write_tokens, model->price_cache_write),
			    product(output_tokens, model->price_output) };
	wide whole = 0, rest = 0;

	if (model->free)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(products); i++) {
		whole += products[i] / PER_TOKENS;
		rest += products[i] % PER_TOKENS;
	}
	return to_amount(whole + rounded_up(rest));
}
