/* The numbers in a refusal of too many tokens. */
#ifndef MODEL_FAILURE_NUMBERS_H
#define MODEL_FAILURE_NUMBERS_H

#include "failure_report.h"

/* The window and what still fits as max_tokens, each 0 where it cannot be told. `limit_only`: the
 * report is about max_tokens alone. */
void failure_read_numbers(const struct report *report, bool limit_only, int64_t *ret_context,
			  int64_t *ret_max_tokens);

/* Does it hold two integers A > B with B near the window, A no less than an eighth of what was
 * sent? (0: not known) */
bool failure_numbers_overflow(const struct report *report, int64_t request_tokens, int64_t context);

#endif
