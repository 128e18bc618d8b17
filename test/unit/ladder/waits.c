/* How long is waited: bounds over many draws. */
#include "suite.h"

static const struct ladder_policy policy = { 5, 1000, 60000 };

#define CHANCES 4096

static uint32_t chance_of(unsigned i)
{
	return i == CHANCES - 1 ? UINT32_MAX : i * (UINT32_MAX / CHANCES);
}

static int64_t wait_for(const struct ladder_policy *by, unsigned attempts, bool has_next,
			int64_t retry_after_ms, uint32_t chance)
{
	struct ladder_place place = { .attempts = attempts,
				      .attempts_here = attempts,
				      .has_next = has_next };
	struct model_failure failure = { .class = FAILURE_SERVER,
					 .retry_after_ms = retry_after_ms };
	struct ladder_decision decision = ladder_decide(by, &place, &failure, chance);

	assert_int_equal(decision.step, LADDER_AGAIN);
	return decision.wait_ms;
}

void backoff_doubles_up_to_its_cap(void **state)
{
	static const struct ladder_policy many = { 100, 1000, 60000 }, odd = { 100, 5000, 1000 };
	static const int64_t longest[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(longest); i++) {
		assert_int_equal(wait_for(&many, i + 1, false, -1, UINT32_MAX), longest[i]);
		assert_int_equal(wait_for(&many, i + 1, false, -1, 0), 0);
	}
	assert_int_equal(wait_for(&many, 100, false, -1, UINT32_MAX), 60000);
	/* The longest wins over a shortest that is longer. */
	assert_int_equal(wait_for(&odd, 1, false, -1, UINT32_MAX), 1000);
}

/* Full jitter: each quarter of the range is hit about as often. */
void jitter_fills_its_range(void **state)
{
	unsigned quarters[4] = { 0 };
	int64_t before = 0;

	(void)state;
	for (unsigned i = 0; i < CHANCES; i++) {
		int64_t wait = wait_for(&policy, 3, false, -1, chance_of(i));

		assert_in_range(wait, 0, 4000);
		assert_true(wait >= before);
		before = wait;
		quarters[wait * 4 / 4001]++;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(quarters[i], CHANCES / 4 - 8, CHANCES / 4 + 8);
}

void retry_after_is_never_undercut(void **state)
{
	static const int64_t asked[] = { 1, 500, 1000, 1001, 30000, 300000, 600000 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(asked); i++)
		for (unsigned attempts = 1; attempts <= 5; attempts++)
			for (unsigned k = 0; k < CHANCES; k += 15) {
				int64_t wait = wait_for(&policy, attempts, false, asked[i],
							chance_of(k));

				assert_true(wait >= asked[i]);
				assert_true(wait <= asked[i] + 1000 || wait <= 16000);
			}
	/* Zero is "now": our own backoff holds. */
	assert_int_equal(wait_for(&policy, 2, false, 0, UINT32_MAX), 2000);
}

void a_quick_retry_is_quick(void **state)
{
	static const struct ladder_policy slow = { 5, 20000, 60000 };

	(void)state;
	for (unsigned k = 0; k < CHANCES; k++) {
		assert_in_range(wait_for(&policy, 1, true, -1, chance_of(k)), 0, 1000);
		assert_in_range(wait_for(&slow, 1, true, -1, chance_of(k)), 0, 1000);
		assert_in_range(wait_for(&policy, 1, true, 700, chance_of(k)), 700, 1000);
	}
}

/* Whatever fails and in whatever order, a route of three models is done with after a bounded number
 * of attempts, and no attempt is made beyond the retries but the first of a model. */
void a_call_ends(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned trial = 0; trial < 20000; trial++) {
		struct ladder_place place = { .attempts = 1, .attempts_here = 1, .has_next = true };
		enum ladder_step step = LADDER_AGAIN;
		unsigned models = 1, steps = 0;

		for (; step != LADDER_STOP; steps++) {
			struct model_failure failure = { .retry_after_ms = -1, .quirk = 1 };

			seed = seed * 1664525u + 1013904223u;
			failure.class = 1 + (seed >> 8) % (FAILURE_CLASSES - 1);
			place.can_mend = seed >> 31;
			step = ladder_decide(&policy, &place, &failure, seed).step;
			if (step == LADDER_NEXT) {
				assert_true(place.has_next);
				place.has_next = ++models < 3;
				place.attempts_here = 0;
			}
			if (step == LADDER_MEND)
				assert_true(++place.mends <= LADDER_MENDS_MAX);
			if (step == LADDER_AGAIN)
				assert_true(place.attempts <= policy.retries);
			if (step == LADDER_AGAIN || step == LADDER_NEXT) {
				place.attempts++;
				place.attempts_here++;
			}
		}
		assert_true(place.attempts <= policy.retries + models);
		assert_true(steps <= policy.retries + models + LADDER_MENDS_MAX);
	}
}
