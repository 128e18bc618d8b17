#include "shares.h"

#define PPM 1000000
#define ALL (~0u)
#define EXPERIMENTS (1u << WORK_EXPERIMENT)
#define OTHERS (1u << WORK_TASK | 1u << WORK_BEAT)

static int64_t share_ppm(int64_t ppm)
{
	return ppm < 0 || ppm == INT64_MAX ? 0 : ppm > PPM ? PPM : ppm;
}

static int64_t share_down(int64_t cap, int64_t ppm)
{
	return (int64_t)((wide)cap * share_ppm(ppm) / PPM);
}

static int64_t share_up(int64_t cap, int64_t ppm)
{
	return (int64_t)(((wide)cap * share_ppm(ppm) + PPM - 1) / PPM);
}

static void add(struct bounds *bounds, enum budget_layer layer, int64_t limit, struct sum sum)
{
	if (limit != INT64_MAX)
		bounds->items[bounds->count++] = (struct bound){ layer, limit, sum };
}

/* Both shares are the workspace's: an agent's own file does not take from what people have. */
static void add_day(struct bounds *bounds, enum budget_layer layer, int64_t cap,
		    const struct account *account, const struct budget_ask *ask)
{
	static const struct account none;
	const struct account *of = account ? account : &none;
	int64_t left, experiments;

	add(bounds, layer, cap, account_day(of, ALL));
	if (ask->work == WORK_PERSON || cap == INT64_MAX || cap < 0)
		return;
	left = cap - share_up(cap, ask->system->people_share_ppm);
	add(bounds, layer, left, account_day(of, OTHERS | EXPERIMENTS));
	experiments = share_down(cap, ask->system->experimental_share_ppm);
	if (experiments > left)
		experiments = left;
	if (ask->work != WORK_EXPERIMENT && ask->experiments)
		add(bounds, layer, left - experiments, account_day(of, OTHERS));
	if (ask->work == WORK_EXPERIMENT && ask->system->experimental_share_ppm != INT64_MAX)
		add(bounds, layer, experiments, account_day(of, EXPERIMENTS));
}

static void add_layer(struct bounds *bounds, const struct budget *budget, enum budget_layer layer,
		      const char *name, const struct limits *limits)
{
	add(bounds, layer, limit_of(layer, limits), sum_of(budget, layer, name));
}

void bounds_of(const struct budget *budget, const struct budget_ask *ask,
	       const struct budget_hold *hold, struct bounds *ret_bounds)
{
	ret_bounds->count = 0;
	add_layer(ret_bounds, budget, LAYER_REQUEST, "", ask->limits);
	add_layer(ret_bounds, budget, LAYER_TASK, hold->task, ask->limits);
	if (ask->price.input <= 0 && ask->price.output <= 0)
		return;
	add_layer(ret_bounds, budget, LAYER_SESSION, hold->session, ask->limits);
	add_layer(ret_bounds, budget, LAYER_AGENT_HOUR, hold->agent, ask->limits);
	add_day(ret_bounds, LAYER_AGENT_DAY, limit_of(LAYER_AGENT_DAY, ask->limits),
		accounts_find(&budget->agents, hold->agent), ask);
	add_layer(ret_bounds, budget, LAYER_SYSTEM_HOUR, "", ask->system);
	add_day(ret_bounds, LAYER_SYSTEM_DAY, limit_of(LAYER_SYSTEM_DAY, ask->system),
		&budget->system, ask);
}

int64_t budget_cap(enum budget_layer layer, enum budget_work work, const struct limits *limits,
		   const struct limits *system, bool experiments)
{
	bool is_system = layer == LAYER_SYSTEM_HOUR || layer == LAYER_SYSTEM_DAY;
	int64_t cap = limit_of(layer, is_system ? system : limits);
	const struct budget_ask ask = { .work = work,
					.system = system,
					.experiments = experiments };
	struct bounds bounds = { .count = 0 };

	if (layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY)
		add_day(&bounds, layer, cap, NULL, &ask);
	for (size_t i = 0; i < bounds.count; i++)
		if (bounds.items[i].limit < cap)
			cap = bounds.items[i].limit;
	return cap;
}
