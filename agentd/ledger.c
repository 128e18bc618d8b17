#include "ledger.h"

#include "handle.h"
#include "roster.h"

#include "base/clock.h"

struct ledger_ask {
	struct ledger_ask *next;
	struct budget_ask ask; /* its strings point below */
	char agent[SETTINGS_NAME_MAX], session[27], task[64];
	ledger_answer answer;
	void *context;
	bool *answered; /* of ledger_reserve, while that lasts; else NULL */
};

struct ledger {
	struct budget *budget;
	struct ledger_ask *line; /* who waits, in the order of their turn */
	uv_timer_t *later;
	bool serving;
	uv_timer_t *held; /* runs while a window is held */
	bool is_held;
	int64_t kept_ms; /* when it was kept last, on the clock of windows */
};

struct ledger *ledger_new(struct daemon *daemon)
{
	struct ledger *ledger = xcalloc(1, sizeof(*ledger));

	ledger->budget = budget_new();
	ledger->later = handle_timer(&daemon->loop, daemon);
	ledger->held = handle_timer(&daemon->loop, daemon);
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	while (ledger->line) {
		struct ledger_ask *ask = ledger->line;

		ledger->line = ask->next;
		free(ask);
	}
	budget_free(ledger->budget);
	free(ledger);
}

/* ---- windows that are held ---- */

static int work_keep(struct store *store, void *context, struct error *error)
{
	return store_windows_put(store, context, error);
}

static void kept(void *context, int result, const struct error *error)
{
	(void)result; /* the next one comes soon; until then a hold is longer, never shorter */
	(void)error;
	free(context);
}

void ledger_windows(const struct daemon *daemon, struct windows_row *ret_row)
{
	struct budget_in_force now;

	budget_look_in_force(daemon->ledger->budget, clock_boot_ms(), &now);
	*ret_row = (struct windows_row){ now.hour, now.day, now.hour_ms, now.day_ms };
}

/* It stands before all rows of calls in a window that begins now. */
static void keep_windows(const struct daemon *daemon)
{
	struct windows_row *row = xcalloc(1, sizeof(*row));

	daemon->ledger->kept_ms = clock_boot_ms();
	ledger_windows(daemon, row);
	if (!daemon->writer || store_submit(daemon->writer, work_keep, kept, row))
		free(row);
}

static void look_again(uv_timer_t *timer);

/* The time for which a window has been held is all that ends it, so it must outlive a restart. */
static void watch_held(const struct daemon *daemon, bool began)
{
	struct ledger *ledger = daemon->ledger;
	bool was_held = ledger->is_held;

	ledger->is_held = budget_is_held(ledger->budget, clock_wall_s());
	if (!was_held && !ledger->is_held)
		return;
	if (was_held != ledger->is_held || began ||
	    clock_boot_ms() - ledger->kept_ms >= LEDGER_KEEP_MS)
		keep_windows(daemon);
	if (ledger->is_held == was_held || daemon->stopping)
		return;
	if (ledger->is_held)
		uv_timer_start(ledger->held, look_again, LEDGER_KEEP_MS, LEDGER_KEEP_MS);
	else
		uv_timer_stop(ledger->held);
}

static void advance(const struct daemon *daemon)
{
	bool began = budget_advance(daemon->ledger->budget, daemon->workspace->zone, clock_wall_s(),
				    clock_boot_ms());

	watch_held(daemon, began);
}

static void look_again(uv_timer_t *timer)
{
	advance(timer->data);
}

/* ---- at a start ---- */

static int recall_sum(void *context, const struct call_sum *sum)
{
	const struct daemon *daemon = context;
	struct budget_hold hold = {
		.hour = sum->hour,
		.day = sum->day,
		.micro_usd = sum->micro_usd,
		.tokens = sum->tokens,
		.work = WORK_BEAT,
	};

	snprintf(hold.agent, sizeof(hold.agent), "%s", sum->agent);
	for (enum budget_work work = 0; work < WORKS; work++)
		if (!strcmp(budget_work_name(work), sum->work))
			hold.work = work;
	budget_recall(daemon->ledger->budget, &hold);
	return 0;
}

int ledger_restore(struct daemon *daemon, struct error *error)
{
	struct budget *budget = daemon->ledger->budget;
	struct windows_row row = { 0 };
	struct budget_in_force before;
	int64_t latest_hour = 0, latest_day = 0;
	int result = store_windows(daemon->reader, &row, error);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	if (!result)
		result = store_call_latest(daemon->reader, &latest_hour, &latest_day, error);
	if (result)
		return result;
	budget_restore_latest(budget, latest_hour, latest_day);
	before = (struct budget_in_force){ row.hour, row.day, row.hour_ms, row.day_ms };
	budget_restore_windows(budget, &before, daemon->workspace->zone, clock_wall_s(),
			       clock_boot_ms());
	watch_held(daemon, false);
	return store_call_sums(daemon->reader, budget_windows(budget)->day, recall_sum, daemon,
			       error);
}

/* ---- the line ---- */

/* As the files say now: a limit that was changed while a call waited is in force for it. */
static void take_limits(const struct daemon *daemon, struct budget_ask *ask)
{
	const struct resident *resident = roster_find(daemon->roster, ask->agent);

	ask->system = &daemon->workspace->settings->limits;
	ask->limits = resident && resident->agent ? &resident->agent->limits : ask->system;
	ask->experiments = roster_has_experiments(daemon->roster);
}

static bool is_free(const struct budget_ask *ask)
{
	return !ask->price.input && !ask->price.output;
}

/* Answers the first of the line unless it has to wait. A call that waits for the system's money
 * holds back all behind it that want some; one that waits for its agent's holds back nobody else.
 */
static bool serve_one(struct daemon *daemon)
{
	struct ledger *ledger = daemon->ledger;
	struct ledger_ask **link = &ledger->line;
	bool is_short = false;

	while (*link) {
		struct ledger_ask *ask = *link;
		struct budget_hold hold;
		struct budget_verdict verdict = { 0 };
		enum budget_answer answer;

		if (is_short && !is_free(&ask->ask)) {
			link = &ask->next;
			continue;
		}
		take_limits(daemon, &ask->ask);
		answer = budget_reserve(ledger->budget, &ask->ask, &hold, &verdict);
		if (answer != BUDGET_WAITS) {
			*link = ask->next;
			if (ask->answered)
				*ask->answered = true;
			ask->answer(ask->context, answer == BUDGET_FITS ? &hold : NULL, &verdict);
			free(ask);
			return true; /* the line may be another one now */
		}
		is_short |= verdict.layer == LAYER_SYSTEM_HOUR || verdict.layer == LAYER_SYSTEM_DAY;
		link = &ask->next;
	}
	return false;
}

static void serve(struct daemon *daemon)
{
	struct ledger *ledger = daemon->ledger;

	if (ledger->serving)
		return; /* called by an answer: the loop below goes on */
	ledger->serving = true;
	advance(daemon);
	while (serve_one(daemon))
		;
	ledger->serving = false;
}

struct ledger_ask *ledger_reserve(struct daemon *daemon, const struct budget_ask *wanted,
				  ledger_answer answer, void *context)
{
	struct ledger_ask *ask = xcalloc(1, sizeof(*ask)), **link = &daemon->ledger->line;
	bool answered = false;

	ask->ask = *wanted;
	snprintf(ask->agent, sizeof(ask->agent), "%s", wanted->agent);
	snprintf(ask->session, sizeof(ask->session), "%s", wanted->session);
	snprintf(ask->task, sizeof(ask->task), "%s", wanted->task);
	ask->ask.agent = ask->agent;
	ask->ask.session = ask->session;
	ask->ask.task = ask->task;
	ask->answer = answer;
	ask->context = context;
	while (*link && (*link)->ask.work <= wanted->work)
		link = &(*link)->next;
	ask->next = *link;
	*link = ask;
	ask->answered = &answered;
	serve(daemon);
	if (answered)
		return NULL; /* it is freed */
	ask->answered = NULL;
	return ask;
}

void ledger_withdraw(struct daemon *daemon, struct ledger_ask *ask)
{
	struct ledger_ask **link = &daemon->ledger->line;

	while (*link && *link != ask)
		link = &(*link)->next;
	if (!ask || !*link)
		return;
	*link = ask->next;
	free(ask);
	serve(daemon);
}

static void serve_later(uv_timer_t *timer)
{
	serve(timer->data);
}

/* What this sets free is given out in the loop's next turn, when the settlement's row is on its way
 * to state.db: the rows of those who get it stand behind it. */
void ledger_settle(struct daemon *daemon, const struct budget_hold *hold, int64_t micro_usd,
		   int64_t tokens)
{
	struct ledger *ledger = daemon->ledger;

	budget_settle(ledger->budget, hold, micro_usd, tokens);
	if (ledger->line)
		uv_timer_start(ledger->later, serve_later, 0, 0);
}

void ledger_recall(struct daemon *daemon, const struct budget_hold *spent)
{
	budget_recall(daemon->ledger->budget, spent);
}

void ledger_limits_changed(struct daemon *daemon)
{
	if (daemon->ledger->line)
		serve(daemon);
}

void ledger_forget_session(struct daemon *daemon, const char *session)
{
	budget_forget_session(daemon->ledger->budget, session, session);
}

/* ---- seeing it ---- */

int64_t ledger_resets_at(const struct daemon *daemon, enum budget_layer layer)
{
	static const struct limits none;
	struct budget_row row;

	advance(daemon);
	budget_look(daemon->ledger->budget, layer, "", &none, &row);
	return row.resets_at;
}

int64_t ledger_today(const struct daemon *daemon, const char *agent)
{
	static const struct limits none;
	struct budget_row row;

	advance(daemon);
	budget_look(daemon->ledger->budget, LAYER_AGENT_DAY, agent, &none, &row);
	return row.settled;
}

static int64_t spent_in(const struct budget *budget, enum budget_layer layer, const char *agent)
{
	static const struct limits none;
	struct budget_row row;

	budget_look(budget, layer, agent, &none, &row);
	return row.settled + row.reserved;
}

void ledger_spent(const struct daemon *daemon, const char *agent, struct ledger_spent *ret_spent)
{
	const struct budget *budget = daemon->ledger->budget;

	*ret_spent = (struct ledger_spent){
		.hour = budget_windows(budget)->hour,
		.day = budget_windows(budget)->day,
		.hour_micro_usd = spent_in(budget, LAYER_AGENT_HOUR, agent),
		.day_micro_usd = spent_in(budget, LAYER_AGENT_DAY, agent),
	};
}

char *ledger_line(struct daemon *daemon, const char *agent, const struct limits *limits)
{
	advance(daemon);
	return budget_line(daemon->ledger->budget, agent, limits);
}
