#include "columns.h"
#include "figures.h"
#include "place.h"

#include "base/clock.h"
#include "budget/budget.h"

#include <stdio.h>

#define SESSIONS_MAX 10000
#define ROWS_MAX (2 * WORKSPACE_AGENTS_MAX + 3 * SESSIONS_MAX)

struct row {
	enum budget_layer layer;
	char *name;  /* NULL: the system's; of a request: every agent's */
	char *agent; /* of a session or task, else NULL */
	int64_t limit, settled, reserved, resets_at;
};

struct sum {
	int64_t settled, reserved;
};

struct account {
	struct agent *agent;
	struct sum hour, day;
};

struct books {
	const struct workspace *workspace;
	struct store *store; /* NULL: nothing is recorded */
	const char *only;
	struct budget_windows windows;
	struct account *accounts; /* by name */
	size_t account_count, account_capacity;
	struct sum hour, day;
	struct row *rows;
	size_t count, capacity;
	size_t parked;
};

static void books_clear(struct books *books)
{
	for (size_t i = 0; i < books->account_count; i++)
		agent_free(books->accounts[i].agent);
	for (size_t i = 0; i < books->count; i++) {
		free(books->rows[i].name);
		free(books->rows[i].agent);
	}
	free(books->accounts);
	free(books->rows);
	store_close(books->store);
}
CLEANUP_DEFINE_VALUE(struct books, books_clear)

/* ---- what is booked ---- */

/* While the clock shows an earlier time than rows were booked in, their windows stay in force. */
static int windows_find(struct books *books, struct error *error)
{
	CLEANUP(budget_free) struct budget *budget = budget_new();
	const struct zone *zone = books->workspace->zone;
	struct budget_in_force before;
	struct windows_row row;
	int result;

	budget_windows_at(zone, clock_wall_s(), &books->windows);
	if (!books->store)
		return 0;
	result = store_windows(books->store, &row, error);
	if (result)
		return result == -(int)ERROR_NOT_FOUND ? 0 : result;
	before = (struct budget_in_force){ row.hour, row.day, row.hour_ms, row.day_ms };
	budget_restore_windows(budget, &before, zone, clock_wall_s(), clock_monotonic_ms());
	books->windows = *budget_windows(budget);
	return 0;
}

static int load_agent(void *context, const char *name)
{
	struct books *books = context;
	struct agent *agent;
	struct error error;

	if (workspace_load(books->workspace, name, NULL, &agent, NULL, NULL, &error)) {
		fail(&error);
		return 0;
	}
	if (array_grow((void **)&books->accounts, books->account_count, &books->account_capacity,
		       sizeof(struct account), WORKSPACE_AGENTS_MAX)) {
		agent_free(agent);
		return 0;
	}
	books->accounts[books->account_count++] = (struct account){ .agent = agent };
	return 0;
}

static int by_name(const void *key, const void *item)
{
	const struct account *account = item;

	return strcmp(key, account->agent->name);
}

static struct account *account_find(const struct books *books, const char *name)
{
	if (!books->account_count)
		return NULL;
	return bsearch(name, books->accounts, books->account_count, sizeof(struct account),
		       by_name);
}

static void sum_add(struct sum *sum, const struct call_sum *one)
{
	sum->settled += one->micro_usd - one->reserved_micro_usd;
	sum->reserved += one->reserved_micro_usd;
}

static int add_sum(void *context, const struct call_sum *one)
{
	struct books *books = context;
	struct account *account = account_find(books, one->agent);
	bool is_this_hour = one->hour == books->windows.hour;

	sum_add(&books->day, one);
	if (is_this_hour)
		sum_add(&books->hour, one);
	if (account)
		sum_add(&account->day, one);
	if (account && is_this_hour)
		sum_add(&account->hour, one);
	return 0;
}

/* ---- the rows ---- */

static void row_add(struct books *books, enum budget_layer layer, const char *name,
		    const char *agent, int64_t limit, struct sum sum, int64_t resets_at)
{
	if (array_grow((void **)&books->rows, books->count, &books->capacity, sizeof(struct row),
		       ROWS_MAX))
		return;
	books->rows[books->count++] = (struct row){
		.layer = layer,
		.name = xstrdup_or_null(name),
		.agent = xstrdup_or_null(agent),
		.limit = limit,
		.settled = sum.settled,
		.reserved = sum.reserved,
		.resets_at = resets_at,
	};
}

static void add_agents(struct books *books)
{
	const struct budget_windows *windows = &books->windows;
	int64_t usual = books->workspace->settings->limits.per_request_tokens;

	for (size_t i = 0; i < books->account_count; i++) {
		const struct account *account = &books->accounts[i];
		const struct limits *limits = &account->agent->limits;
		const char *name = account->agent->name;

		if (books->only && strcmp(books->only, name))
			continue;
		row_add(books, LAYER_AGENT_HOUR, name, NULL, limits->per_agent_hourly_micro_usd,
			account->hour, windows->hour_ends);
		row_add(books, LAYER_AGENT_DAY, name, NULL, limits->per_agent_daily_micro_usd,
			account->day, windows->day_ends);
		if (limits->per_request_tokens < usual)
			row_add(books, LAYER_REQUEST, name, NULL, limits->per_request_tokens,
				(struct sum){ 0 }, 0);
	}
}

static void add_system(struct books *books)
{
	const struct limits *limits = &books->workspace->settings->limits;

	row_add(books, LAYER_SYSTEM_HOUR, NULL, NULL, limits->system_hourly_micro_usd, books->hour,
		books->windows.hour_ends);
	row_add(books, LAYER_SYSTEM_DAY, NULL, NULL, limits->system_daily_micro_usd, books->day,
		books->windows.day_ends);
	row_add(books, LAYER_REQUEST, NULL, NULL, limits->per_request_tokens, (struct sum){ 0 }, 0);
}

/* Calls of one session and, where it works on a task, of all that worked on it. */
struct spending {
	const char *session;
	char task[64];
	struct sum money, tokens;
};

static int add_call(void *context, const struct call_row *row)
{
	struct spending *spending = context;
	bool is_open = row->state == CALL_RESERVED;

	if (!strcmp(row->session, spending->session)) {
		*(is_open ? &spending->money.reserved : &spending->money.settled) += row->micro_usd;
		snprintf(spending->task, sizeof(spending->task), "%s", row->task);
	} else if (!*spending->task || strcmp(row->task, spending->task)) {
		return 0;
	}
	*(is_open ? &spending->tokens.reserved : &spending->tokens.settled) += row->tokens;
	return 0;
}

static int add_session(void *context, const struct session_row *row)
{
	struct books *books = context;
	const struct account *account = account_find(books, row->agent);
	const struct limits *limits = account ? &account->agent->limits
					      : &books->workspace->settings->limits;
	struct spending spending = { .session = row->id };
	struct error error;
	int result = store_calls(books->store, row->id, NULL, 0, add_call, &spending, &error);

	if (!result && *spending.task) {
		spending.money = spending.tokens = (struct sum){ 0 };
		result = store_calls(books->store, NULL, row->agent, 0, add_call, &spending,
				     &error);
	}
	if (result) {
		fail(&error);
		return 0;
	}
	row_add(books, LAYER_SESSION, row->id, row->agent, limits->per_session_micro_usd,
		spending.money, 0);
	row_add(books, LAYER_TASK, *spending.task ? spending.task : row->id, row->agent,
		limits->per_task_tokens, spending.tokens, 0);
	return 0;
}

static int count_parked(void *context, const struct parked_row *row)
{
	struct books *books = context;

	if (!strcmp(row->why, "budget") && (!books->only || !strcmp(books->only, row->agent)))
		books->parked++;
	return 0;
}

/* A is before B where it is fuller. */
static int by_fullness(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	__int128 left = (__int128)(one->settled + one->reserved) *
			(other->limit ? other->limit : 1);
	__int128 right = (__int128)(other->settled + other->reserved) *
			 (one->limit ? one->limit : 1);

	if (one->layer == LAYER_REQUEST || other->layer == LAYER_REQUEST)
		left = right = 0;
	if (!one->limit != !other->limit)
		return one->limit ? 1 : -1;
	if (left != right)
		return left > right ? -1 : 1;
	if (one->layer != other->layer)
		return one->layer > other->layer ? -1 : 1;
	return one->name && other->name ? strcmp(one->name, other->name)
					: (one->name != NULL) - (other->name != NULL);
}

static int books_read(struct books *books, struct error *error)
{
	int result = workspace_agents(books->workspace, load_agent, books, error);

	if (!result && books->only && !account_find(books, books->only))
		return error_set(error, ERROR_NOT_FOUND, "there is no agent \"%s\" here",
				 books->only);
	if (!result)
		result = windows_find(books, error);
	if (!result && books->store)
		result = store_call_sums(books->store, books->windows.day, add_sum, books, error);
	add_system(books);
	add_agents(books);
	if (!result && books->store)
		result = store_sessions(books->store, books->only, true, SESSIONS_MAX, add_session,
					books, error);
	if (!result && books->store)
		result = store_parked(books->store, count_parked, books, error);
	qsort(books->rows, books->count, sizeof(struct row), by_fullness);
	return result;
}

/* ---- showing ---- */

static json_t *limit_json(int64_t limit)
{
	return limit == INT64_MAX ? json_null() : json_integer(limit);
}

static json_t *row_json(const struct row *row)
{
	bool tokens = budget_counts_tokens(row->layer);
	json_t *json = json_pack("{s:s,s:s?,s:s*,s:s}", "scope", budget_scope_name(row->layer),
				 "name", row->name, "agent", row->agent, "window",
				 budget_window_name(row->layer));
	char at[INSTANT_SIZE];

	json_object_set_new(json, tokens ? "limit_tokens" : "limit_micro_usd",
			    limit_json(row->limit));
	json_object_set_new(json, tokens ? "settled_tokens" : "settled_micro_usd",
			    json_integer(row->settled));
	json_object_set_new(json, tokens ? "reserved_tokens" : "reserved_micro_usd",
			    json_integer(row->reserved));
	json_object_set_new(json, "resets_at",
			    row->resets_at ? json_string(instant_print(row->resets_at, at))
					   : json_null());
	return json;
}

static char *amount(const struct row *row, int64_t value, char out[FIGURE_SIZE])
{
	if (value == INT64_MAX)
		snprintf(out, FIGURE_SIZE, "none");
	else if (budget_counts_tokens(row->layer))
		figure_count(value, out);
	else
		figure_money(value, out);
	return out;
}

static char *who(const struct row *row)
{
	if (row->agent)
		return xasprintf("%s %s", row->agent, row->name);
	return xstrdup(row->name ? row->name : "all agents");
}

static void print_row(struct columns *columns, const struct row *row, const struct zone *zone)
{
	char settled[FIGURE_SIZE], reserved[FIGURE_SIZE] = "", limit[FIGURE_SIZE],
				   used[FIGURE_SIZE] = "", resets[PLACE_TIME_SIZE] = "";
	_free_ char *name = who(row), *most = NULL;

	most = xasprintf("%s%s", amount(row, row->limit, limit),
			 budget_counts_tokens(row->layer) && row->limit != INT64_MAX ? " tokens"
										     : "");
	amount(row, row->settled, settled);
	if (row->reserved)
		amount(row, row->reserved, reserved);
	if (row->limit != INT64_MAX)
		figure_share(row->settled + row->reserved, row->limit, used);
	if (row->resets_at)
		place_time(zone, row->resets_at, resets);
	columns_row(columns, (const char *[]){ name, budget_window_name(row->layer), settled,
					       reserved, most, used, resets });
}

static void print_shares(const struct books *books)
{
	const struct limits *limits = &books->workspace->settings->limits;
	char people[FIGURE_SIZE], experiments[FIGURE_SIZE];
	bool any = false;

	for (size_t i = 0; i < books->account_count; i++)
		any = any || books->accounts[i].agent->experiment;
	printf("Of a day's money %s is kept for people's requests",
	       figure_share(limits->people_share_ppm, 1000000, people));
	if (any)
		printf(", %s is for experiments",
		       figure_share(limits->experimental_share_ppm, 1000000, experiments));
	puts(".");
}

/* What binds each session, task and call, also while none is open. */
static void print_each(const struct books *books)
{
	const struct account *only = books->only ? account_find(books, books->only) : NULL;
	const struct limits *limits = only ? &only->agent->limits
					   : &books->workspace->settings->limits;
	struct row session = { .layer = LAYER_SESSION }, task = { .layer = LAYER_TASK };
	char money[FIGURE_SIZE], tokens[FIGURE_SIZE], call[FIGURE_SIZE];

	printf("Limits of each session: %s; of each task: %s tokens; of each call: %s tokens%s.\n",
	       amount(&session, limits->per_session_micro_usd, money),
	       amount(&task, limits->per_task_tokens, tokens),
	       amount(&task, limits->per_request_tokens, call),
	       only ? "" : "; an agent's own may be lower");
}

static int show(const struct books *books, bool json)
{
	struct columns columns = { .width = 7 };
	json_t *list = json_array();

	for (size_t i = 0; json && i < books->count; i++)
		json_array_append_new(list, row_json(&books->rows[i]));
	if (json)
		return print_json(list);
	json_decref(list);
	columns_row(&columns, (const char *[]){ "WHO", "WINDOW", "SPENT", "RESERVED", "LIMIT",
						"USED", "RESETS" });
	for (size_t i = 0; i < books->count; i++)
		if (books->rows[i].layer != LAYER_REQUEST) /* of it there is only the limit */
			print_row(&columns, &books->rows[i], books->workspace->zone);
	columns_print(&columns);
	print_each(books);
	print_shares(books);
	if (books->parked)
		printf("%zu parked session%s go%s on when there is money again, or the limit is raised; "
		       "`agentctl why NAME` tells which.\n",
		       books->parked, books->parked == 1 ? "" : "s",
		       books->parked == 1 ? "es" : "");
	return STATUS_DONE;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(books_clear) struct books books = { 0 };
	struct error error;
	int result = place_open(invocation, &workspace, NULL, &error);

	books.workspace = workspace;
	books.only = invocation->count ? invocation->operands[0] : NULL;
	if (!result)
		result = place_store(workspace, &books.store, &error);
	if (!result)
		result = books_read(&books, &error);
	return result ? fail(&error) : show(&books, invocation->json);
}

const struct command command_budget = {
	.name = "budget",
	.operands = "[NAME]",
	.text = "show limits and what is spent and reserved of them, the fullest first",
	.more = "With a name: what binds that agent. Spent is what was settled; reserved is the worst\n"
		"case of calls under way. Works without a daemon.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.run = run,
};
