#include "price.h"
#include "shares.h"

/* ---- fitting ---- */

/* The most output tokens with which the call fits within `left` of a layer; negative where it
 * does not fit at all. */
static wide most_within(const struct budget_ask *ask, enum budget_layer layer, wide left)
{
	if (budget_counts_tokens(layer))
		return left - ask->input_tokens;
	return price_most_output(&ask->price, ask->input_tokens, left);
}

static wide most_now(const struct budget_ask *ask, const struct bound *bound)
{
	return most_within(ask, bound->layer,
			   (wide)bound->limit - bound->sum.settled - bound->sum.reserved);
}

/* If nobody else held anything. */
static wide most_alone(const struct budget_ask *ask, const struct bound *bound)
{
	return most_within(ask, bound->layer, (wide)bound->limit - bound->sum.settled);
}

/* ---- what is in the way ---- */

/* Of several layers that are spent, the one that stays so for longest is told, so that nobody comes
 * back to meet the next; of several that others hold, the widest, so that who keeps a line knows
 * whom to hold back. */
static const unsigned char lasts[LAYERS] = {
	[LAYER_REQUEST] = 7,     [LAYER_TASK] = 6,       [LAYER_SESSION] = 5,
	[LAYER_AGENT_DAY] = 4,   [LAYER_SYSTEM_DAY] = 3, [LAYER_AGENT_HOUR] = 2,
	[LAYER_SYSTEM_HOUR] = 1,
};
static const unsigned char breadth[LAYERS] = {
	[LAYER_SYSTEM_DAY] = 7, [LAYER_SYSTEM_HOUR] = 6, [LAYER_AGENT_DAY] = 5,
	[LAYER_AGENT_HOUR] = 4, [LAYER_SESSION] = 3,     [LAYER_TASK] = 2,
	[LAYER_REQUEST] = 1,
};

typedef wide (*most_of)(const struct budget_ask *ask, const struct bound *bound);

/* The first by `rank` of those that refuse, within a layer the tightest; NULL: none does. */
static const struct bound *refusing(const struct budget_ask *ask, const struct bounds *bounds,
				    most_of most, const unsigned char rank[LAYERS])
{
	const struct bound *found = NULL;

	for (size_t i = 0; i < bounds->count; i++) {
		const struct bound *one = &bounds->items[i];

		if (most(ask, one) >= ask->least_tokens)
			continue;
		if (!found || rank[one->layer] > rank[found->layer] ||
		    (one->layer == found->layer && most(ask, one) < most(ask, found)))
			found = one;
	}
	return found;
}

static struct budget_verdict verdict_of(const struct budget *budget, const struct budget_ask *ask,
					const struct bound *bound)
{
	wide wanted = budget_counts_tokens(bound->layer)
			      ? (wide)ask->input_tokens + ask->least_tokens
			      : price_of(&ask->price, ask->input_tokens, ask->least_tokens);

	return (struct budget_verdict){
		.layer = bound->layer,
		.limit = bound->limit,
		.settled = to_amount(bound->sum.settled),
		.reserved = to_amount(bound->sum.reserved),
		.wanted = to_amount(wanted),
		.resets_at = layer_ends(budget, bound->layer),
		.window = layer_begins(budget, bound->layer),
	};
}

/* ---- reserving ---- */

static int64_t at_least_0(int64_t value)
{
	return value < 0 ? 0 : value;
}

/* A copy that holds no nonsense. */
static struct budget_ask tidied(const struct budget_ask *ask)
{
	struct budget_ask tidy = *ask;

	tidy.input_tokens = at_least_0(ask->input_tokens);
	tidy.max_tokens = at_least_0(ask->max_tokens);
	tidy.least_tokens = at_least_0(ask->least_tokens);
	if (tidy.least_tokens > tidy.max_tokens)
		tidy.least_tokens = tidy.max_tokens;
	return tidy;
}

static void copy_name(char *out, size_t size, const char *name)
{
	size_t length = strnlen(name, size - 1);

	memcpy(out, name, length);
	out[length] = '\0';
}

static struct budget_hold hold_of(const struct budget *budget, const struct budget_ask *ask)
{
	struct budget_hold hold = {
		.work = ask->work,
		.hour = budget->windows.hour,
		.day = budget->windows.day,
		.input_tokens = ask->input_tokens,
	};
	bool has_task = ask->task && *ask->task;

	copy_name(hold.agent, sizeof(hold.agent), ask->agent);
	copy_name(hold.session, sizeof(hold.session), ask->session);
	copy_name(hold.task, sizeof(hold.task), has_task ? ask->task : ask->session);
	return hold;
}

static struct account *opened(struct accounts *accounts, const char *name)
{
	struct account *account = accounts_get(accounts, name);

	account->holds++;
	account->forgotten = false;
	return account;
}

static void book(struct budget *budget, const struct budget_hold *hold)
{
	struct account *agent = opened(&budget->agents, hold->agent);

	opened(&budget->tasks, hold->task)->whole.reserved += hold->tokens;
	opened(&budget->sessions, hold->session)->whole.reserved += hold->micro_usd;
	agent->whole.reserved += hold->micro_usd;
	agent->day[hold->work].reserved += hold->micro_usd;
	budget->system.whole.reserved += hold->micro_usd;
	budget->system.day[hold->work].reserved += hold->micro_usd;
}

/* A call that cannot be counted is not made. */
static bool can_be_counted(struct budget *budget, const struct budget_hold *hold,
			   struct bound *ret_bound)
{
	*ret_bound = (struct bound){ .layer = LAYER_TASK };
	if (!accounts_has_room(&budget->tasks, hold->task))
		return false;
	ret_bound->layer = LAYER_SESSION;
	if (!accounts_has_room(&budget->sessions, hold->session))
		return false;
	ret_bound->layer = LAYER_AGENT_DAY;
	if (!accounts_has_room(&budget->agents, hold->agent))
		accounts_sweep(&budget->agents);
	return accounts_has_room(&budget->agents, hold->agent);
}

enum budget_answer budget_reserve(struct budget *budget, const struct budget_ask *wish,
				  struct budget_hold *ret_hold, struct budget_verdict *ret_verdict)
{
	struct budget_ask ask = tidied(wish);
	struct budget_hold hold = hold_of(budget, &ask);
	const struct bound *refuser;
	struct bound uncounted;
	struct bounds bounds;
	wide most = ask.max_tokens;

	bounds_of(budget, &ask, &hold, &bounds);
	refuser = refusing(&ask, &bounds, most_alone, lasts);
	if (!refuser && !can_be_counted(budget, &hold, &uncounted))
		refuser = &uncounted;
	if (refuser) {
		*ret_verdict = verdict_of(budget, &ask, refuser);
		return BUDGET_OVER;
	}
	refuser = refusing(&ask, &bounds, most_now, breadth);
	if (refuser) {
		*ret_verdict = verdict_of(budget, &ask, refuser);
		return BUDGET_WAITS;
	}
	for (size_t i = 0; i < bounds.count; i++)
		if (most_now(&ask, &bounds.items[i]) < most)
			most = most_now(&ask, &bounds.items[i]);
	hold.max_tokens = (int64_t)most;
	hold.tokens = to_amount((wide)hold.input_tokens + hold.max_tokens);
	hold.micro_usd = budget_worst_case(&ask.price, hold.input_tokens, hold.max_tokens);
	book(budget, &hold);
	*ret_hold = hold;
	return BUDGET_FITS;
}
