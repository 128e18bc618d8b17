#include "suite.h"

#define HOUR_MS 3600000
#define NOW INT64_C(1790000000000)

static const struct health_rules health_rules = {
	.flap_deaths = 3,
	.flap_within_ms = HOUR_MS,
	.failures_max = HEALTH_FAILURES_MAX,
	.silent_max = HEALTH_SILENT_MAX,
};

static struct health health;

void deaths_within_an_hour_flap(void **state)
{
	(void)state;
	health_forgive(&health);
	assert_int_equal(health_died(&health, &health_rules, NOW), 0);
	assert_int_equal(health_died(&health, &health_rules, NOW + 1), 0);
	assert_int_equal(health_died(&health, &health_rules, NOW + HOUR_MS - 1), HEALTH_FLAPS);
	health_forgive(&health);
	assert_int_equal(health_died(&health, &health_rules, NOW + HOUR_MS - 1), 0);
}

void old_deaths_are_forgotten(void **state)
{
	(void)state;
	health_forgive(&health);
	health_died(&health, &health_rules, NOW);
	health_died(&health, &health_rules, NOW + 1);
	assert_int_equal(health_deaths(&health, &health_rules, NOW + HOUR_MS - 1), 2);
	assert_int_equal(health_died(&health, &health_rules, NOW + HOUR_MS), 0);
	assert_int_equal(health_deaths(&health, &health_rules, NOW + HOUR_MS), 2);
	assert_int_equal(health_deaths(&health, &health_rules, NOW + 3 * HOUR_MS), 0);
}

void a_clock_that_was_set_back_keeps_nothing_for_ever(void **state)
{
	(void)state;
	health_forgive(&health);
	health_died(&health, &health_rules, NOW);
	health_died(&health, &health_rules, NOW);
	assert_int_equal(health_deaths(&health, &health_rules, NOW - HOUR_MS + 1), 2);
	assert_int_equal(health_deaths(&health, &health_rules, NOW - 30 * 24 * (int64_t)HOUR_MS),
			 0);
}

void more_deaths_than_are_kept(void **state)
{
	struct health_rules many = health_rules;

	(void)state;
	many.flap_deaths = HEALTH_DEATHS_MAX;
	health_forgive(&health);
	for (unsigned i = 1; i < HEALTH_DEATHS_MAX; i++)
		assert_int_equal(health_died(&health, &many, NOW + i), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(health_died(&health, &many, NOW + 1000 + i), HEALTH_FLAPS);
	assert_int_equal(health_deaths(&health, &many, NOW + 2000), HEALTH_DEATHS_MAX);
}

void failures_in_a_row(void **state)
{
	(void)state;
	health_forgive(&health);
	assert_int_equal(health_ended(&health, &health_rules, false), 0);
	assert_int_equal(health_ended(&health, &health_rules, false), 0);
	assert_int_equal(health_ended(&health, &health_rules, true), 0);
	assert_int_equal(health_ended(&health, &health_rules, false), 0);
	assert_int_equal(health_ended(&health, &health_rules, false), 0);
	assert_int_equal(health_ended(&health, &health_rules, false), HEALTH_FAILS);
	assert_int_equal(health_ended(&health, &health_rules, false), HEALTH_FAILS);
	assert_int_equal(health_ended(&health, &health_rules, true), HEALTH_WELL);
	assert_int_equal(health_ended(&health, &health_rules, true), 0);
}

/* Two intervals have passed, one slot each, when the third comes. */
void a_section_that_never_succeeds_is_silent(void **state)
{
	struct silence silence = { 0 };

	(void)state;
	assert_false(silence_due(&silence, &health_rules));
	assert_false(silence_due(&silence, &health_rules));
	assert_false(silence_well(&silence, &health_rules));
	assert_false(silence_due(&silence, &health_rules));
	assert_false(silence_due(&silence, &health_rules));
	assert_true(silence_due(&silence, &health_rules));
	assert_true(silence_due(&silence, &health_rules));
	assert_true(silence_well(&silence, &health_rules));
	assert_false(silence_due(&silence, &health_rules));
}
