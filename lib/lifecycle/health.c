#include "lifecycle.h"

#include <string.h>

/* Those that lie too far back are forgotten; so are those that lie as far ahead, by a clock that
 * was wrong. */
static void forget_old(struct health *health, const struct health_rules *rules, int64_t now_ms)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < health->death_count; i++) {
		int64_t age = now_ms - health->deaths[i];

		if (age < rules->flap_within_ms && age > -rules->flap_within_ms)
			health->deaths[kept++] = health->deaths[i];
	}
	health->death_count = kept;
}

unsigned health_died(struct health *health, const struct health_rules *rules, int64_t now_ms)
{
	forget_old(health, rules, now_ms);
	if (health->death_count == HEALTH_DEATHS_MAX) {
		memmove(health->deaths, health->deaths + 1,
			sizeof(health->deaths) - sizeof(health->deaths[0]));
		health->death_count--;
	}
	health->deaths[health->death_count++] = now_ms;
	return health->death_count >= rules->flap_deaths ? HEALTH_FLAPS : 0;
}

unsigned health_deaths(struct health *health, const struct health_rules *rules, int64_t now_ms)
{
	forget_old(health, rules, now_ms);
	return health->death_count;
}

unsigned health_ended(struct health *health, const struct health_rules *rules, bool well)
{
	bool failed = health->failures >= rules->failures_max;

	if (well) {
		health->failures = 0;
		return failed ? HEALTH_WELL : 0;
	}
	if (health->failures < UINT32_MAX)
		health->failures++;
	return health->failures >= rules->failures_max ? HEALTH_FAILS : 0;
}

void health_forgive(struct health *health)
{
	*health = (struct health){ 0 };
}

bool silence_due(struct silence *silence, const struct health_rules *rules)
{
	bool is_silent = silence->slots >= rules->silent_max;

	if (silence->slots < UINT32_MAX)
		silence->slots++;
	return is_silent;
}

bool silence_well(struct silence *silence, const struct health_rules *rules)
{
	bool was_silent = silence->slots > rules->silent_max;

	silence->slots = 0;
	return was_silent;
}
