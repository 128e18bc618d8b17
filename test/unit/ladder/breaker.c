/* Breakers: closed, open, half open, and the clock in between. */
#include "suite.h"

#define NOW INT64_C(1790000000000)
#define LONGEST_MS (INT64_C(3600) * 1000)

static const struct breaker_policy policy = { 3, 30000, 600000 };

static bool fail_as(struct breaker *breaker, enum failure_class class, int64_t retry_after_ms,
		    int64_t now, uint32_t chance)
{
	struct model_failure failure = { .class = class, .retry_after_ms = retry_after_ms };

	return breaker_failed(breaker, &policy, &failure, now, chance);
}

/* One that 3 failures opened at NOW, without jitter: until NOW + 30 s. */
static struct breaker opened(void)
{
	struct breaker breaker = { 0 };

	for (unsigned i = 0; i < 3; i++)
		fail_as(&breaker, FAILURE_SERVER, -1, NOW, 0);
	assert_int_equal(breaker.open_until, NOW + 30000);
	return breaker;
}

void breaker_opens_after_failures_in_a_row(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	assert_int_equal(breaker_ask(&breaker, NOW), BREAKER_CLOSED);
	assert_false(fail_as(&breaker, FAILURE_SERVER, -1, NOW, 0));
	assert_false(fail_as(&breaker, FAILURE_CONNECT, -1, NOW, 0));
	assert_int_equal(breaker_ask(&breaker, NOW), BREAKER_CLOSED);
	/* A success in between begins the row anew. */
	assert_false(breaker_succeeded(&breaker));
	assert_false(fail_as(&breaker, FAILURE_SERVER, -1, NOW, 0));
	assert_false(fail_as(&breaker, FAILURE_SERVER, -1, NOW, 0));
	assert_true(fail_as(&breaker, FAILURE_PROGRESS, -1, NOW, 0));
	assert_int_equal(breaker_ask(&breaker, NOW), BREAKER_OPEN);
	assert_int_equal(breaker.why, FAILURE_PROGRESS);
	assert_int_equal(breaker.failures, 3);
	assert_int_equal(breaker.wait_ms, 30000);
}

void breaker_opens_at_once(void **state)
{
	static const enum failure_class classes[] = { FAILURE_KEY, FAILURE_MONEY, FAILURE_MODEL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
		struct breaker breaker = { 0 };

		assert_true(fail_as(&breaker, classes[i], -1, NOW, 0));
		assert_int_equal(breaker_ask(&breaker, NOW + 29999), BREAKER_OPEN);
		assert_int_equal(breaker_ask(&breaker, NOW + 30000), BREAKER_PROBE);
		assert_int_equal(breaker.why, classes[i]);
	}
}

/* Which classes count, all of them; what says nothing ends a probe and changes nothing else. */
void breaker_ignores_what_says_nothing(void **state)
{
	(void)state;
	for (size_t class = 0; class < FAILURE_CLASSES; class ++) {
		bool silent = class == FAILURE_NONE || class == FAILURE_OVERFLOW ||
			      class == FAILURE_PARAMETER || class == FAILURE_HISTORY ||
			      class == FAILURE_CONTENT || class == FAILURE_REQUEST ||
			      class == FAILURE_GATEWAY || class == FAILURE_CANCELLED;
		struct breaker breaker = { 0 }, before = opened(), after;

		for (unsigned i = 0; i < 50; i++)
			fail_as(&breaker, (enum failure_class) class, 5000, NOW, 0);
		if (breaker_ask(&breaker, NOW) != (silent ? BREAKER_CLOSED : BREAKER_OPEN))
			fail_msg("class %zu", class);
		assert_int_equal(breaker.failures, silent ? 0 : 50);
		if (!silent)
			continue;
		after = before;
		breaker_probe(&after);
		assert_false(fail_as(&after, (enum failure_class) class, 90000, NOW + 30000,
				     UINT32_MAX));
		assert_memory_equal(&after, &before, sizeof(after));
		assert_int_equal(breaker_ask(&after, NOW + 30000), BREAKER_PROBE);
	}
}

void breaker_lets_one_probe_through(void **state)
{
	struct breaker breaker = opened();
	unsigned probes = 0;

	(void)state;
	assert_int_equal(breaker_ask(&breaker, NOW + 29999), BREAKER_OPEN);
	for (unsigned i = 0; i < 1000; i++)
		if (breaker_ask(&breaker, NOW + 30000 + i) == BREAKER_PROBE) {
			breaker_probe(&breaker);
			probes++;
		}
	assert_int_equal(probes, 1);
	assert_int_equal(breaker_ask(&breaker, NOW + LONGEST_MS), BREAKER_OPEN);
	assert_true(breaker_succeeded(&breaker));
	assert_int_equal(breaker_ask(&breaker, NOW + 30001), BREAKER_CLOSED);
	assert_int_equal(breaker.failures, 0);
	assert_int_equal(breaker.wait_ms, 0);
}

void breaker_doubles_its_wait(void **state)
{
	static const int64_t waits[] = { 60000, 120000, 240000, 480000, 600000, 600000 };
	struct breaker breaker = opened();
	int64_t now = breaker.open_until;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(waits); i++) {
		uint32_t chance = i % 2 ? UINT32_MAX : 0;

		assert_int_equal(breaker_ask(&breaker, now - 1), BREAKER_OPEN);
		assert_int_equal(breaker_ask(&breaker, now), BREAKER_PROBE);
		breaker_probe(&breaker);
		/* It has been open all along. */
		assert_false(fail_as(&breaker, FAILURE_SERVER, -1, now, chance));
		assert_int_equal(breaker.wait_ms, waits[i]);
		/* The jitter is added to the wait, never to what is doubled. */
		assert_int_equal(breaker.open_until, now + waits[i] + (chance ? waits[i] / 4 : 0));
		now = breaker.open_until;
	}
}

void breaker_keeps_to_retry_after(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		fail_as(&breaker, FAILURE_RATE, 3600000, NOW, 0);
	assert_int_equal(breaker.open_until, NOW + 3600000);
	assert_int_equal(breaker_ask(&breaker, NOW + 3599999), BREAKER_OPEN);
	/* Its own wait goes on from there. */
	breaker_probe(&breaker);
	fail_as(&breaker, FAILURE_RATE, 1000, NOW + 3600000, 0);
	assert_int_equal(breaker.open_until, NOW + 3600000 + 600000);
	/* At most a day, however long is asked for. */
	breaker = (struct breaker){ 0 };
	fail_as(&breaker, FAILURE_MONEY, INT64_MAX, NOW, UINT32_MAX);
	assert_int_equal(breaker.open_until, NOW + LONGEST_MS);
	breaker_probe(&breaker);
	fail_as(&breaker, FAILURE_MONEY, INT64_MAX, NOW + LONGEST_MS, UINT32_MAX);
	assert_int_equal(breaker.open_until, NOW + 2 * LONGEST_MS);
}

/* Calls that were out when it opened. */
void breaker_of_late_failures(void **state)
{
	struct breaker breaker = opened();

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		assert_false(fail_as(&breaker, FAILURE_SERVER, -1, NOW + 100 + i, UINT32_MAX));
	assert_int_equal(breaker.open_until, NOW + 30000);
	assert_int_equal(breaker.wait_ms, 30000);
	/* After its wait, with no probe out yet. */
	assert_false(fail_as(&breaker, FAILURE_SERVER, -1, NOW + 40000, UINT32_MAX));
	assert_int_equal(breaker_ask(&breaker, NOW + 40000), BREAKER_PROBE);
	/* The provider asks for more. */
	assert_false(fail_as(&breaker, FAILURE_RATE, 90000, NOW + 40000, 0));
	assert_int_equal(breaker.open_until, NOW + 130000);
	assert_false(fail_as(&breaker, FAILURE_RATE, 5000, NOW + 50000, 0));
	assert_int_equal(breaker.open_until, NOW + 130000);
}

void breaker_survives_the_clock(void **state)
{
	(void)state;
	for (int64_t back = 1; back < 10 * LONGEST_MS; back = back * 3 + 1) {
		struct breaker breaker = opened();
		int64_t now = NOW + 1000 - back, waited = 0;

		/* From here on the clock runs as it should. */
		while (breaker_ask(&breaker, now + waited) == BREAKER_OPEN)
			waited += 100;
		assert_true(waited <= 30000 + 30000 / 4);
		breaker_probe(&breaker);
		fail_as(&breaker, FAILURE_SERVER, -1, now + waited, 0);
		assert_int_equal(breaker.open_until, now + waited + 60000);
	}
}

void breaker_survives_a_restart(void **state)
{
	struct breaker breaker = opened(), read;

	(void)state;
	breaker_probe(&breaker);
	/* `probing` is not kept: the probe died with its daemon. */
	read = (struct breaker){ .failures = breaker.failures,
				 .open_until = breaker.open_until,
				 .wait_ms = breaker.wait_ms,
				 .why = breaker.why };
	assert_int_equal(breaker_ask(&read, NOW + 29999), BREAKER_OPEN);
	assert_int_equal(breaker_ask(&read, NOW + 30000), BREAKER_PROBE);
	/* A row without a wait, from wherever: it is asked for, and waits again. */
	read.wait_ms = 0;
	assert_int_equal(breaker_ask(&read, NOW), BREAKER_PROBE);
	breaker_probe(&read);
	fail_as(&read, FAILURE_SERVER, -1, NOW, 0);
	assert_int_equal(read.open_until, NOW + 30000);
}

/* Any order of calls, answers and clock steps: never more than one probe is out, and a provider
 * that is well again is let in within a day. */
void breaker_never_stays_shut(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned trial = 0; trial < 2000; trial++) {
		struct breaker breaker = { 0 };
		int64_t now = NOW, shut_since;
		bool probe = false;

		for (unsigned i = 0; i < 60; i++) {
			enum breaker_admission admission = breaker_ask(&breaker, now);

			seed = seed * 1664525u + 1013904223u;
			if (admission == BREAKER_PROBE) {
				assert_false(probe);
				breaker_probe(&breaker);
				probe = true;
			}
			if (admission != BREAKER_OPEN || seed % 7 == 0) {
				if (seed >> 30)
					fail_as(&breaker,
						(enum failure_class)((seed >> 8) % FAILURE_CLASSES),
						(seed >> 4) % 3 ? -1 : (int64_t)seed, now,
						seed * 2654435761u);
				else
					breaker_succeeded(&breaker);
				probe = false;
			}
			now += (int64_t)(seed >> 12) % 200000 - 20000;
		}
		shut_since = now;
		if (probe)
			breaker_succeeded(&breaker);
		while (breaker_ask(&breaker, now) == BREAKER_OPEN)
			now += 60000;
		assert_true(now - shut_since <= LONGEST_MS + 60000);
	}
}
