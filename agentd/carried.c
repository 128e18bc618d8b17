#include "carried.h"

#include "ledger.h"
#include "roster.h"

#include "base/clock.h"

#define CAUSE "state.db was damaged" /* of the rows that stand for calls that are not known */

struct carried_agent {
	char name[AGENT_NAME_MAX + 1];
	bool paused;
	char *reason;
	struct ledger_spent spent;
	enum budget_work work; /* as what it counts */
};

struct carried {
	struct carried_agent *agents;
	size_t count;
	struct windows_row windows;
};

struct carried *carried_take(struct daemon *daemon)
{
	const struct roster *roster = daemon->roster;
	struct carried *carried = xcalloc(1, sizeof(*carried));

	ledger_windows(daemon, &carried->windows);
	carried->agents = xcalloc(roster->count + 1, sizeof(*carried->agents));
	for (size_t i = 0; i < roster->count; i++) {
		const struct resident *resident = roster->items[i];
		struct carried_agent *agent = &carried->agents[carried->count++];

		snprintf(agent->name, sizeof(agent->name), "%s", resident->name);
		agent->paused = resident->paused;
		agent->reason = xstrdup(resident->pause_reason ? resident->pause_reason : "");
		ledger_spent(daemon, resident->name, &agent->spent);
		agent->work = resident->agent && resident->agent->experiment ? WORK_EXPERIMENT
									     : WORK_BEAT;
	}
	return carried;
}

void carried_free(struct carried *carried)
{
	if (!carried)
		return;
	for (size_t i = 0; i < carried->count; i++)
		free(carried->agents[i].reason);
	free(carried->agents);
	free(carried);
}

/* ---- money ---- */

/* What the new file tells of an agent. */
struct told {
	const struct carried_agent *agent;
	int64_t hour_micro_usd, day_micro_usd;
};

static int add_up(void *context, const struct call_sum *sum)
{
	struct told *told = context;

	if (strcmp(sum->agent, told->agent->name) != 0)
		return 0;
	told->day_micro_usd += sum->micro_usd;
	if (sum->hour == told->agent->spent.hour)
		told->hour_micro_usd += sum->micro_usd;
	return 0;
}

/* A row for calls that nothing tells of: `number` keeps it apart from others, also from those of
 * an earlier time that were taken over. */
static void put_unknown(struct store *store, const struct carried_agent *agent, int64_t hour,
			int64_t micro_usd, int64_t number)
{
	struct call_row row = {
		.agent = agent->name,
		.cause = CAUSE,
		.work = budget_work_name(agent->work),
		.seq = clock_wall_ms(),
		.attempt = number,
		.hour = hour,
		.day = agent->spent.day,
		.reserved_at = clock_wall_ms(),
		.reserved_micro_usd = micro_usd,
	};

	if (micro_usd <= 0 || store_call_reserve(store, &row, NULL, NULL))
		return;
	row.state = CALL_KEPT;
	row.settled_at = row.reserved_at + 1;
	store_call_settle(store, &row, NULL);
}

static void give_money(struct store *store, const struct carried_agent *agent, int64_t number)
{
	struct told told = { .agent = agent };
	int64_t hour, day;

	if (store_call_sums(store, agent->spent.day, add_up, &told, NULL))
		return;
	hour = agent->spent.hour_micro_usd - told.hour_micro_usd;
	day = agent->spent.day_micro_usd - told.day_micro_usd;
	if (hour > 0)
		day -= hour; /* an hour is a part of its day */
	put_unknown(store, agent, agent->spent.hour, hour, number);
	put_unknown(store, agent, agent->spent.day, day, number + 1);
}

/* ---- all of it ---- */

/* In place of what the old file says: a resume may be newer, too. */
static void give_pause(struct store *store, const struct carried_agent *agent)
{
	struct agent_state state = { agent->name, agent->paused, agent->reason };

	store_agent_put(store, &state, NULL);
}

void carried_give(struct daemon *daemon, const struct carried *carried)
{
	for (size_t i = 0; i < carried->count; i++) {
		give_pause(daemon->store, &carried->agents[i]);
		give_money(daemon->store, &carried->agents[i], (int64_t)(2 * i + 1));
	}
	if (carried->windows.hour) /* behind all calls, as it says which the newest was */
		store_windows_put(daemon->store, &carried->windows, NULL);
}
