#include "state.h"

/* ---- words ---- */

static const char *const works[WORKS] = {
	[WORK_PERSON] = "person",
	[WORK_TASK] = "task",
	[WORK_BEAT] = "beat",
	[WORK_EXPERIMENT] = "experiment",
};

static const struct {
	const char *scope, *window, *key;
} layers[LAYERS] = {
	[LAYER_REQUEST] = { "request", "call", "per_request_tokens" },
	[LAYER_TASK] = { "task", "task", "per_task_tokens" },
	[LAYER_SESSION] = { "session", "session", "per_session_usd" },
	[LAYER_AGENT_HOUR] = { "agent", "hour", "per_agent_hourly_usd" },
	[LAYER_AGENT_DAY] = { "agent", "day", "per_agent_daily_usd" },
	[LAYER_SYSTEM_HOUR] = { "system", "hour", "system_hourly_usd" },
	[LAYER_SYSTEM_DAY] = { "system", "day", "system_daily_usd" },
};

const char *budget_work_name(enum budget_work work)
{
	return works[work];
}

bool budget_work_find(const char *name, enum budget_work *ret_work)
{
	for (enum budget_work work = 0; work < WORKS; work++)
		if (!strcmp(works[work], name)) {
			*ret_work = work;
			return true;
		}
	return false;
}

const char *budget_scope_name(enum budget_layer layer)
{
	return layers[layer].scope;
}

const char *budget_window_name(enum budget_layer layer)
{
	return layers[layer].window;
}

const char *budget_limit_key(enum budget_layer layer)
{
	return layers[layer].key;
}

bool budget_counts_tokens(enum budget_layer layer)
{
	return layer == LAYER_REQUEST || layer == LAYER_TASK;
}

/* ---- the whole of it ---- */

struct budget *budget_new(void)
{
	struct budget *budget = xcalloc(1, sizeof(*budget));

	budget->agents.name_size = SETTINGS_NAME_MAX;
	budget->sessions.name_size = sizeof(((struct budget_hold *)NULL)->session);
	budget->tasks.name_size = sizeof(((struct budget_hold *)NULL)->task);
	return budget;
}

void budget_free(struct budget *budget)
{
	if (!budget)
		return;
	accounts_clear(&budget->agents);
	accounts_clear(&budget->sessions);
	accounts_clear(&budget->tasks);
	free(budget);
}

int64_t to_amount(wide value)
{
	return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

int64_t limit_of(enum budget_layer layer, const struct limits *limits)
{
	switch (layer) {
	case LAYER_REQUEST: return limits->per_request_tokens;
	case LAYER_TASK: return limits->per_task_tokens;
	case LAYER_SESSION: return limits->per_session_micro_usd;
	case LAYER_AGENT_HOUR: return limits->per_agent_hourly_micro_usd;
	case LAYER_AGENT_DAY: return limits->per_agent_daily_micro_usd;
	case LAYER_SYSTEM_HOUR: return limits->system_hourly_micro_usd;
	case LAYER_SYSTEM_DAY: return limits->system_daily_micro_usd;
	case LAYERS: break;
	}
	BUG("no such layer: %d", (int)layer);
}

int64_t layer_begins(const struct budget *budget, enum budget_layer layer)
{
	if (layer == LAYER_AGENT_HOUR || layer == LAYER_SYSTEM_HOUR)
		return budget->windows.hour;
	if (layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY)
		return budget->windows.day;
	return 0;
}

int64_t layer_ends(const struct budget *budget, enum budget_layer layer)
{
	if (layer == LAYER_AGENT_HOUR || layer == LAYER_SYSTEM_HOUR)
		return budget->windows.hour_ends;
	if (layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY)
		return budget->windows.day_ends;
	return 0;
}

static const struct account *account_of(const struct budget *budget, enum budget_layer layer,
					const char *name)
{
	static const struct account none;
	const struct account *account = NULL;

	switch (layer) {
	case LAYER_TASK: account = accounts_find(&budget->tasks, name); break;
	case LAYER_SESSION: account = accounts_find(&budget->sessions, name); break;
	case LAYER_AGENT_HOUR:
	case LAYER_AGENT_DAY: account = accounts_find(&budget->agents, name); break;
	case LAYER_SYSTEM_HOUR:
	case LAYER_SYSTEM_DAY: return &budget->system;
	default: break;
	}
	return account ? account : &none;
}

struct sum sum_of(const struct budget *budget, enum budget_layer layer, const char *name)
{
	const struct account *account = account_of(budget, layer, name);

	if (layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY)
		return account_day(account, ~0u);
	return account->whole;
}

/* ---- settling ---- */

static void settle_sum(struct sum *sum, int64_t held, int64_t really)
{
	sum->reserved = sum->reserved > held ? sum->reserved - held : 0;
	sum->settled += really > 0 ? really : 0;
}

static void settle_windows(const struct budget *budget, struct account *account,
			   const struct budget_hold *hold, int64_t held, int64_t really)
{
	if (hold->hour == budget->windows.hour)
		settle_sum(&account->whole, held, really);
	if (hold->day == budget->windows.day)
		settle_sum(&account->day[hold->work], held, really);
}

/* One hold less; with the last one goes what was forgotten. */
static void close_hold(struct accounts *accounts, struct account *account)
{
	if (account->holds)
		account->holds--;
	if (account->forgotten && !account->holds)
		accounts_remove(accounts, account);
}

static void settle_whole(struct accounts *accounts, const char *name, int64_t held, int64_t really)
{
	struct account *account = accounts_find(accounts, name);

	if (!account)
		return;
	settle_sum(&account->whole, held, really);
	close_hold(accounts, account);
}

void budget_settle(struct budget *budget, const struct budget_hold *hold, int64_t micro_usd,
		   int64_t tokens)
{
	struct account *agent = accounts_find(&budget->agents, hold->agent);

	settle_whole(&budget->tasks, hold->task, hold->tokens, tokens);
	settle_whole(&budget->sessions, hold->session, hold->micro_usd, micro_usd);
	settle_windows(budget, &budget->system, hold, hold->micro_usd, micro_usd);
	if (!agent)
		return;
	settle_windows(budget, agent, hold, hold->micro_usd, micro_usd);
	close_hold(&budget->agents, agent);
}

static void recall_whole(struct accounts *accounts, const char *name, int64_t amount)
{
	struct account *account = *name ? accounts_get(accounts, name) : NULL;

	if (account)
		settle_sum(&account->whole, 0, amount);
}

void budget_recall(struct budget *budget, const struct budget_hold *settled)
{
	struct account *agent;

	recall_whole(&budget->tasks, settled->task, settled->tokens);
	recall_whole(&budget->sessions, settled->session, settled->micro_usd);
	if (!*settled->agent)
		return;
	settle_windows(budget, &budget->system, settled, 0, settled->micro_usd);
	agent = accounts_get(&budget->agents, settled->agent);
	if (agent)
		settle_windows(budget, agent, settled, 0, settled->micro_usd);
}

static void forget(struct accounts *accounts, const char *name)
{
	struct account *account = accounts_find(accounts, name);

	if (account && account->holds)
		account->forgotten = true;
	else if (account)
		accounts_remove(accounts, account);
}

void budget_forget_session(struct budget *budget, const char *session, const char *task)
{
	forget(&budget->sessions, session);
	if (!strcmp(session, task))
		forget(&budget->tasks, task);
}

/* ---- seeing it ---- */

void budget_look(const struct budget *budget, enum budget_layer layer, const char *name,
		 const struct limits *limits, struct budget_row *ret_row)
{
	struct sum sum = sum_of(budget, layer, name);

	*ret_row = (struct budget_row){
		.layer = layer,
		.name = name,
		.limit = limit_of(layer, limits),
		.settled = to_amount(sum.settled),
		.reserved = to_amount(sum.reserved),
		.resets_at = layer_ends(budget, layer),
	};
}
