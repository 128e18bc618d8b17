#include "cures.h"
#include "wait.h"

/* A retry with a healthy model at hand waits no longer than this: a person may be waiting. */
#define QUICK_MS 1000
/* A wait that is asked for and is longer is no wait but a failure. */
#define RETRY_AFTER_MAX_MS (10 * 60 * 1000)

/* Full jitter under a bound that doubles with each attempt at this model. */
static int64_t backoff(const struct ladder_policy *policy, unsigned attempts, uint32_t chance)
{
	int64_t bound = policy->shortest_ms;

	for (unsigned i = 1; i < attempts && bound < policy->longest_ms; i++)
		bound *= 2;
	return wait_jitter(wait_shorter(bound, policy->longest_ms), chance);
}

/* The provider's wait is never undercut; calls that were told the same do not come back as one. */
static int64_t wait_alone(const struct ladder_policy *policy, const struct ladder_place *place,
			  const struct model_failure *failure, uint32_t chance)
{
	int64_t own = backoff(policy, place->attempts_here, chance);

	if (failure->retry_after_ms <= 0)
		return own;
	return wait_longer(
		own,
		failure->retry_after_ms +
			wait_jitter(wait_shorter(policy->shortest_ms, policy->longest_ms), chance));
}

static int64_t wait_quick(const struct ladder_policy *policy, const struct model_failure *failure,
			  uint32_t chance)
{
	int64_t bound = wait_shorter(wait_shorter(policy->shortest_ms, policy->longest_ms),
				     QUICK_MS);

	return wait_longer(wait_jitter(bound, chance), failure->retry_after_ms);
}

static bool may_mend(const struct cure *cure, const struct ladder_place *place,
		     const struct model_failure *failure)
{
	bool known = failure->class == FAILURE_OVERFLOW || failure->quirk;

	return cure->mended && known && place->can_mend && place->mends < LADDER_MENDS_MAX;
}

static void decide_with_next(const struct ladder_policy *policy, const struct ladder_place *place,
			     const struct cure *cure, const struct model_failure *failure,
			     uint32_t chance, struct ladder_decision *decision)
{
	decision->step = LADDER_NEXT;
	if (cure->with_next != THEN_QUICK || place->attempts_here > 1 ||
	    place->attempts > policy->retries || failure->retry_after_ms > QUICK_MS)
		return;
	decision->step = LADDER_AGAIN;
	decision->wait_ms = wait_quick(policy, failure, chance);
}

static void decide_alone(const struct ladder_policy *policy, const struct ladder_place *place,
			 const struct cure *cure, const struct model_failure *failure,
			 uint32_t chance, struct ladder_decision *decision)
{
	decision->step = LADDER_STOP;
	if (!cure->retried)
		return;
	if (place->attempts > policy->retries) {
		decision->reason = "every retry is used up";
	} else if (failure->retry_after_ms > RETRY_AFTER_MAX_MS) {
		decision->reason = "the provider asks to wait for more than ten minutes";
	} else {
		decision->step = LADDER_AGAIN;
		decision->wait_ms = wait_alone(policy, place, failure, chance);
	}
}

struct ladder_decision ladder_decide(const struct ladder_policy *policy,
				     const struct ladder_place *place,
				     const struct model_failure *failure, uint32_t chance)
{
	const struct cure *cure = cure_of(failure->class);
	struct ladder_decision decision = {
		.step = LADDER_STOP,
		.alert = cure->alert,
		.reason = cure->reason,
	};

	if (may_mend(cure, place, failure))
		decision.step = LADDER_MEND;
	else if (place->has_next && cure->with_next != THEN_STOP)
		decide_with_next(policy, place, cure, failure, chance, &decision);
	else
		decide_alone(policy, place, cure, failure, chance, &decision);
	return decision;
}
