#include "oracle.h"

typedef __int128 exact;

/* One sentence about one layer: the calls that count there, and what they may come to. */
struct rule {
	enum budget_layer layer;
	bool works[WORKS];
	exact limit; /* < 0: none */
};

#define ANY_WORK                       \
	{                              \
		true, true, true, true \
	}
#define RULES 11

static exact limit_from(int64_t limit)
{
	return limit == INT64_MAX ? -1 : limit;
}

static bool equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool counts(const struct oracle *oracle, const struct rule *rule, const struct entry *entry,
		   const struct budget_ask *ask)
{
	const char *task = *ask->task ? ask->task : ask->session;

	if (!rule->works[entry->hold.work])
		return false;
	switch (rule->layer) {
	case LAYER_TASK: return !entry->task_gone && equal(entry->hold.task, task);
	case LAYER_SESSION: return !entry->session_gone && equal(entry->hold.session, ask->session);
	case LAYER_AGENT_HOUR:
		return entry->hold.hour == oracle->hour && equal(entry->hold.agent, ask->agent);
	case LAYER_AGENT_DAY:
		return entry->hold.day == oracle->day && equal(entry->hold.agent, ask->agent);
	case LAYER_SYSTEM_HOUR: return entry->hold.hour == oracle->hour;
	case LAYER_SYSTEM_DAY: return entry->hold.day == oracle->day;
	default: return false;
	}
}

static void sum_up(const struct oracle *oracle, const struct rule *rule,
		   const struct budget_ask *ask, exact *ret_settled, exact *ret_reserved)
{
	bool tokens = budget_counts_tokens(rule->layer);

	*ret_settled = *ret_reserved = 0;
	for (size_t i = 0; i < oracle->count; i++) {
		const struct entry *entry = &oracle->entries[i];

		if (!counts(oracle, rule, entry, ask))
			continue;
		if (entry->open)
			*ret_reserved += tokens ? entry->hold.tokens : entry->hold.micro_usd;
		else
			*ret_settled += tokens ? entry->tokens : entry->micro_usd;
	}
}

static void rules_of(const struct budget_ask *ask, struct rule rules[RULES])
{
	const struct limits *mine = ask->limits, *system = ask->system;
	int64_t caps[2] = { mine->per_agent_daily_micro_usd, system->system_daily_micro_usd };
	bool free = !ask->price.input && !ask->price.output;
	size_t count = 0;

	for (size_t i = 0; i < RULES; i++)
		rules[i] = (struct rule){ LAYER_REQUEST, ANY_WORK, -1 };
	rules[count++].limit = limit_from(mine->per_request_tokens);
	rules[count++] = (struct rule){ LAYER_TASK, ANY_WORK, limit_from(mine->per_task_tokens) };
	if (free)
		return;
	rules[count++] = (struct rule){ LAYER_SESSION, ANY_WORK,
					limit_from(mine->per_session_micro_usd) };
	rules[count++] = (struct rule){ LAYER_AGENT_HOUR, ANY_WORK,
					limit_from(mine->per_agent_hourly_micro_usd) };
	rules[count++] = (struct rule){ LAYER_SYSTEM_HOUR, ANY_WORK,
					limit_from(system->system_hourly_micro_usd) };
	for (int i = 0; i < 2; i++) {
		enum budget_layer layer = i ? LAYER_SYSTEM_DAY : LAYER_AGENT_DAY;
		exact people, others, experiments;

		if (caps[i] == INT64_MAX)
			continue;
		people = 0;
		for (int64_t bit = (int64_t)1 << 40; bit;
		     bit /= 2) /* the most that is too little */
			if ((people + bit) * 1000000 < (exact)caps[i] * system->people_share_ppm)
				people += bit;
		people += people * 1000000 < (exact)caps[i] * system->people_share_ppm;
		others = caps[i] - people;
		experiments = (exact)caps[i] * system->experimental_share_ppm / 1000000;
		if (experiments > others)
			experiments = others;
		rules[count++] = (struct rule){ layer, ANY_WORK, caps[i] };
		if (ask->work == WORK_PERSON)
			continue;
		rules[count++] = (struct rule){ layer, { false, true, true, true }, others };
		if (ask->work == WORK_EXPERIMENT)
			rules[count++] =
				(struct rule){ layer, { false, false, false, true }, experiments };
		else if (ask->experiments)
			rules[count++] = (struct rule){ layer,
							{ false, true, true, false },
							others - experiments };
	}
}

static exact wanted(const struct rule *rule, const struct budget_ask *ask, int64_t max_tokens)
{
	exact price = (exact)ask->input_tokens * ask->price.input +
		      (exact)max_tokens * ask->price.output;

	if (budget_counts_tokens(rule->layer))
		return (exact)ask->input_tokens + max_tokens;
	return price / 1000000 + (price % 1000000 != 0);
}

struct fit {
	exact settled[RULES], reserved[RULES];
	struct rule rules[RULES];
};

static void fit_of(const struct oracle *oracle, const struct budget_ask *ask, struct fit *ret_fit)
{
	rules_of(ask, ret_fit->rules);
	for (size_t i = 0; i < RULES; i++)
		sum_up(oracle, &ret_fit->rules[i], ask, &ret_fit->settled[i],
		       &ret_fit->reserved[i]);
}

static bool fits_rule(const struct fit *fit, size_t i, const struct budget_ask *ask,
		      int64_t max_tokens, bool alone)
{
	exact taken = fit->settled[i] + (alone ? 0 : fit->reserved[i]);

	return fit->rules[i].limit < 0 ||
	       taken + wanted(&fit->rules[i], ask, max_tokens) <= fit->rules[i].limit;
}

static bool fits(const struct fit *fit, const struct budget_ask *ask, int64_t max_tokens,
		 bool alone)
{
	for (size_t i = 0; i < RULES; i++)
		if (!fits_rule(fit, i, ask, max_tokens, alone))
			return false;
	return true;
}

static int64_t least_of(const struct budget_ask *ask)
{
	return ask->least_tokens < ask->max_tokens ? ask->least_tokens : ask->max_tokens;
}

enum budget_answer oracle_ask(const struct oracle *oracle, const struct budget_ask *ask,
			      int64_t *ret_max_tokens)
{
	int64_t low = least_of(ask), high = ask->max_tokens;
	struct fit fit;

	fit_of(oracle, ask, &fit);
	if (!fits(&fit, ask, low, true))
		return BUDGET_OVER;
	if (!fits(&fit, ask, low, false))
		return BUDGET_WAITS;
	while (low < high) {
		int64_t middle = high - (high - low) / 2;

		if (fits(&fit, ask, middle, false))
			low = middle;
		else
			high = middle - 1;
	}
	*ret_max_tokens = low;
	return BUDGET_FITS;
}

void oracle_check_verdict(const struct oracle *oracle, const struct budget_ask *ask,
			  enum budget_answer answer, const struct budget_verdict *verdict)
{
	static const enum budget_layer lasting[LAYERS] = {
		LAYER_REQUEST,    LAYER_TASK,       LAYER_SESSION,     LAYER_AGENT_DAY,
		LAYER_SYSTEM_DAY, LAYER_AGENT_HOUR, LAYER_SYSTEM_HOUR,
	};
	static const enum budget_layer wide[LAYERS] = {
		LAYER_SYSTEM_DAY, LAYER_SYSTEM_HOUR, LAYER_AGENT_DAY, LAYER_AGENT_HOUR,
		LAYER_SESSION,    LAYER_TASK,        LAYER_REQUEST,
	};
	const enum budget_layer *order = answer == BUDGET_OVER ? lasting : wide;
	exact settled = verdict->settled, reserved = verdict->reserved;
	bool refuses[LAYERS] = { false }, found = false;
	struct fit fit;

	fit_of(oracle, ask, &fit);
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &fit.rules[i];

		if (fits_rule(&fit, i, ask, least_of(ask), answer == BUDGET_OVER))
			continue;
		refuses[rule->layer] = true;
		found |= rule->layer == verdict->layer && rule->limit == verdict->limit &&
			 fit.settled[i] == settled && fit.reserved[i] == reserved &&
			 wanted(rule, ask, least_of(ask)) == verdict->wanted;
	}
	assert_true(found);
	while (!refuses[*order])
		order++;
	assert_int_equal(verdict->layer, *order);
	assert_true(settled + reserved + verdict->wanted > verdict->limit);
	assert_int_equal(settled + verdict->wanted > verdict->limit, answer == BUDGET_OVER);
}

void oracle_check_caps(const struct oracle *oracle, const struct limits *limits,
		       const struct limits *system, bool experiments)
{
	struct budget_ask ask = {
		.limits = limits, .system = system, .price = { 1, 1 }, .experiments = experiments
	};
	static struct oracle at;

	at = *oracle;
	for (size_t i = 0; i < oracle->count; i++) {
		struct fit fit;

		ask.agent = oracle->entries[i].hold.agent;
		ask.session = oracle->entries[i].hold.session;
		ask.task = oracle->entries[i].hold.task;
		ask.work = oracle->entries[i].hold.work;
		at.hour = oracle->entries[i].hold.hour;
		at.day = oracle->entries[i].hold.day;
		fit_of(&at, &ask, &fit);
		for (size_t r = 0; r < RULES; r++)
			assert_true(fit.rules[r].limit < 0 ||
				    fit.settled[r] + fit.reserved[r] <= fit.rules[r].limit);
	}
}

void oracle_check_look(const struct oracle *oracle, const struct budget *budget,
		       enum budget_layer layer, const char *name)
{
	struct rule rule = { layer, ANY_WORK, -1 };
	struct budget_ask ask = { .agent = name, .session = name, .task = name };
	struct budget_row row;
	exact settled, reserved;

	sum_up(oracle, &rule, &ask, &settled, &reserved);
	budget_look(budget, layer, name, &unlimited, &row);
	assert_true(row.settled == settled && row.reserved == reserved);
	assert_string_equal(row.name, name);
	assert_true(row.limit == INT64_MAX);
}

void oracle_forget(struct oracle *oracle, const char *session)
{
	for (size_t i = 0; i < oracle->count; i++) {
		struct entry *entry = &oracle->entries[i];

		entry->session_gone |= equal(entry->hold.session, session);
		entry->task_gone |= equal(entry->hold.task, session);
	}
}
