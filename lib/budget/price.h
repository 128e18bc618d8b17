/* Private to budget: how much output a price allows. */
#ifndef BUDGET_PRICE_H
#define BUDGET_PRICE_H

#include "account.h"

/* Exact, rounded up. */
wide price_of(const struct budget_price *price, int64_t input_tokens, int64_t max_tokens);

/* The most output tokens for which price_of is at most `left`; INT64_MAX where output costs
 * nothing, -1 where the input alone is too dear. */
wide price_most_output(const struct budget_price *price, int64_t input_tokens, wide left);

#endif
