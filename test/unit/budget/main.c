#include "suite.h"

const struct limits unlimited = {
	.per_request_tokens = INT64_MAX,
	.per_task_tokens = INT64_MAX,
	.per_session_micro_usd = INT64_MAX,
	.per_agent_hourly_micro_usd = INT64_MAX,
	.per_agent_daily_micro_usd = INT64_MAX,
	.system_hourly_micro_usd = INT64_MAX,
	.system_daily_micro_usd = INT64_MAX,
	.people_share_ppm = INT64_MAX,
	.experimental_share_ppm = INT64_MAX,
};

struct zone *load_zone(const char *name)
{
	struct zone *zone = NULL;
	struct error error = { 0 };

	if (zone_load(name, &zone, &error) < 0)
		fail_msg("%s", error.message);
	return zone;
}

uint64_t pick(uint64_t count) /* xorshift64* */
{
	static uint64_t state = 88172645463325252u;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717u >> 11) % count;
}

struct budget_ask ask_of(int64_t max_tokens, const struct limits *limits)
{
	return (struct budget_ask){
		.agent = "a",
		.session = "s",
		.task = "",
		.work = WORK_BEAT,
		.max_tokens = max_tokens,
		.least_tokens = max_tokens,
		.price = { 0, 1000000 },
		.limits = limits,
		.system = limits,
	};
}

int main(void)
{
	return run_layers() + run_prices() + run_windows() + run_clocks() + run_property();
}
