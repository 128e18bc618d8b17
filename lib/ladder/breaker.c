#include "cures.h"
#include "wait.h"

/* However long a provider asks for: a probe an hour costs nothing, and a limit that was lifted is
 * seen. */
#define LONGEST_MS (INT64_C(60) * 60 * 1000)

/* The longest that a breaker with this wait is shut: its jitter included. */
static int64_t longest_shut(int64_t wait_ms)
{
	return wait_shorter(wait_ms + wait_ms / 4, LONGEST_MS);
}

enum breaker_admission breaker_ask(const struct breaker *breaker, int64_t now_ms)
{
	if (!breaker->open_until)
		return BREAKER_CLOSED;
	if (breaker->probing)
		return BREAKER_OPEN;
	/* More than the whole wait is left: the clock was set back meanwhile. */
	if (breaker->open_until - now_ms > longest_shut(breaker->wait_ms))
		return BREAKER_PROBE;
	return now_ms < breaker->open_until ? BREAKER_OPEN : BREAKER_PROBE;
}

void breaker_probe(struct breaker *breaker)
{
	breaker->probing = true;
}

static void shut(struct breaker *breaker, int64_t wait_ms, int64_t now_ms, uint32_t chance)
{
	int64_t jitter = wait_jitter(wait_ms / 4, chance);

	breaker->wait_ms = wait_ms;
	breaker->open_until = now_ms + wait_shorter(wait_ms + jitter, LONGEST_MS);
}

/* What the provider asked for holds where it is longer than our own wait. */
static int64_t wait_of(int64_t own_ms, const struct model_failure *failure)
{
	return wait_longer(own_ms, wait_shorter(failure->retry_after_ms, LONGEST_MS));
}

bool breaker_failed(struct breaker *breaker, const struct breaker_policy *policy,
		    const struct model_failure *failure, int64_t now_ms, uint32_t chance)
{
	enum breaker_effect effect = cure_of(failure->class)->breaker;
	bool was_open = breaker->open_until != 0, was_probe = breaker->probing;
	int64_t own = wait_shorter(policy->probe_ms, policy->longest_ms);

	breaker->probing = false;
	if (effect == SAYS_NOTHING)
		return false;
	if (breaker->failures < UINT32_MAX)
		breaker->failures++;
	breaker->why = failure->class;
	if (!was_open && effect == COUNTS && breaker->failures < policy->failures)
		return false;
	/* A call that was already out when it opened, and fails now, is no second reason to wait
	 * longer; only what the provider asks for is. */
	if (was_open && !was_probe) {
		own = wait_of(0, failure);
		if (own && now_ms + own > breaker->open_until)
			shut(breaker, own, now_ms, chance);
		return false;
	}
	if (was_open && breaker->wait_ms * 2 > own)
		own = wait_shorter(breaker->wait_ms * 2, policy->longest_ms);
	shut(breaker, wait_of(own, failure), now_ms, chance);
	return !was_open;
}

bool breaker_succeeded(struct breaker *breaker)
{
	bool was_open = breaker->open_until != 0;

	*breaker = (struct breaker){ 0 };
	return was_open;
}
