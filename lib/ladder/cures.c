#include "cures.h"

/* Clocks, once run out, have cost their time already: a second try here would cost it again. What
 * is refused for a reason of the provider's own is refused again. The rest is worth one more look,
 * even with a healthy model at hand: most of it is over at once. */
/* clang-format off */
static const struct cure cures[FAILURE_CLASSES] = {
	[FAILURE_NONE]       = { THEN_STOP, .reason = "nothing has failed" },
	[FAILURE_NAME]       = { THEN_NEXT, .retried = true, .breaker = COUNTS,
				 .reason = "the provider's host name is not found" },
	[FAILURE_CONNECT]    = { THEN_NEXT, .retried = true, .breaker = COUNTS,
				 .reason = "the provider cannot be reached" },
	[FAILURE_TLS]        = { THEN_NEXT, .retried = true, .breaker = COUNTS,
				 .reason = "no secure connection to the provider" },
	[FAILURE_FIRST_BYTE] = { THEN_NEXT, .retried = true, .breaker = COUNTS,
				 .reason = "the answer did not begin in time" },
	[FAILURE_PROGRESS]   = { THEN_NEXT, .retried = true, .breaker = COUNTS,
				 .reason = "the answer came to a standstill" },
	[FAILURE_BROKEN]     = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the answer broke off" },
	[FAILURE_FORMAT]     = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the answer is not in the provider's format" },
	[FAILURE_EMPTY]      = { THEN_QUICK, .retried = true, .models = true, .breaker = COUNTS,
				 .reason = "the answer is empty" },
	[FAILURE_SERVER]     = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the provider has an error of its own" },
	[FAILURE_OVERLOADED] = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the provider is overloaded" },
	[FAILURE_BUSY]       = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the provider cannot take the call now" },
	[FAILURE_RATE]       = { THEN_QUICK, .retried = true, .breaker = COUNTS,
				 .reason = "the provider asks to slow down" },
	[FAILURE_MONEY]      = { THEN_NEXT, .breaker = OPENS, .alert = true,
				 .reason = "the account at the provider is out of money" },
	[FAILURE_KEY]        = { THEN_NEXT, .breaker = OPENS, .alert = true,
				 .reason = "the key is refused" },
	[FAILURE_FORBIDDEN]  = { THEN_NEXT, .breaker = COUNTS, .alert = true,
				 .reason = "the key may not use this" },
	[FAILURE_MODEL]      = { THEN_NEXT, .models = true, .breaker = OPENS, .alert = true,
				 .reason = "the provider has no such model" },
	[FAILURE_OVERFLOW]   = { THEN_NEXT, .mended = true,
				 .reason = "the request does not fit the model's context" },
	[FAILURE_PARAMETER]  = { THEN_NEXT, .mended = true, .reason = "a parameter is refused" },
	[FAILURE_HISTORY]    = { THEN_NEXT, .mended = true, .reason = "the transcript is refused" },
	/* A matter of what was asked: three such requests say nothing about the fourth. */
	[FAILURE_CONTENT]    = { THEN_NEXT, .models = true, .reason = "the content is refused" },
	[FAILURE_REQUEST]    = { THEN_NEXT, .reason = "the request is refused" },
	[FAILURE_GATEWAY]    = { THEN_QUICK, .retried = true, .reason = "agentd-gateway died" },
	[FAILURE_CANCELLED]  = { THEN_STOP, .reason = "the call was cancelled" },
};
/* clang-format on */

const struct cure *cure_of(enum failure_class class)
{
	if (class < FAILURE_NONE || class >= FAILURE_CLASSES)
		BUG("there is no class of failure %d", (int)class);
	return &cures[class];
}

bool failure_is_models(enum failure_class class)
{
	return cure_of(class)->models;
}
