#include "salvage.h"

#include "budget/budget.h"
#include "export/export.h"

#include "base/instant.h"

#include <stdio.h>
#include <string.h>

#define OPEN_MAX 10000 /* sessions that are open at a time are far fewer */
#define DAY_S INT64_C(86400)
#define SESSION_LONGEST_S (2 * DAY_S) /* one that began before counts no more */

struct rescue {
	struct daemon *daemon;
	const char *old_name;
	struct store *old;             /* while it is read */
	struct budget_windows windows; /* in force now */
	char first_day[INSTANT_SIZE];  /* exports of days before it are not read */
	struct windows_row in_force;   /* by the old file; an hour of 0: it tells of none */
	struct salvage found;
};

/* ---- from the old file ---- */

static int keep_pause(void *context, const struct agent_state *state)
{
	struct rescue *rescue = context;

	if (state->paused && !store_agent_put(rescue->daemon->store, state, NULL))
		rescue->found.pauses++;
	return 0;
}

/* A row as it was; one that was never settled counts with all that was reserved. */
static bool keep_call(struct store *store, const struct call_row *call)
{
	struct call_row row = *call;

	row.number = 0;
	if (store_call_reserve(store, &row, NULL, NULL))
		return false;
	if (row.state == CALL_RESERVED) {
		row.state = CALL_KEPT;
		row.settled_at = row.reserved_at + 1;
	}
	return !store_call_settle(store, &row, NULL);
}

static int keep_old_call(void *context, const struct call_row *row)
{
	struct rescue *rescue = context;

	rescue->found.calls += keep_call(rescue->daemon->store, row);
	return 0;
}

static int keep_section(void *context, const struct section *section)
{
	struct rescue *rescue = context;

	store_section_put(rescue->daemon->store, section, NULL);
	return 0;
}

static int keep_slot(void *context, const struct slot *slot)
{
	struct rescue *rescue = context;

	store_slot_insert(rescue->daemon->store, slot, NULL);
	return 0;
}

static int count_parked(void *context, const struct parked_row *row)
{
	struct rescue *rescue = context;

	(void)row;
	rescue->found.parked++;
	return 0;
}

static int keep_step(void *context, const struct step *step)
{
	struct rescue *rescue = context;
	struct step row = *step;

	row.epoch = 0; /* before the first start on this file */
	store_step_intent(rescue->daemon->store, &row, NULL);
	return 0;
}

/* Without the wish, by which it would be asked for again: see supervisor_recover. */
static char *plan_without_wish(const char *plan)
{
	json_t *ids = json_loads(plan, 0, NULL);
	char *text;

	json_object_del(ids, "wish");
	text = ids ? json_dumps(ids, JSON_COMPACT) : NULL;
	json_decref(ids);
	return text ? text : xstrdup("{}");
}

static int keep_session(void *context, const struct session_row *row)
{
	struct rescue *rescue = context;
	_free_ char *plan = plan_without_wish(row->plan);
	struct session_row kept = *row;

	rescue->found.open++;
	kept.plan = plan;
	kept.epoch = 0;
	kept.reason = "state.db was damaged while it was open";
	if (!store_session_begin(rescue->daemon->store, &kept, NULL))
		store_steps(rescue->old, row->id, keep_step, rescue, NULL);
	return 0;
}

static void from_old_file(struct rescue *rescue)
{
	CLEANUP(store_close) struct store *old = NULL;
	int64_t since_ms = (rescue->windows.day - DAY_S) * 1000;

	if (!rescue->old_name ||
	    store_open_old(rescue->daemon->state_dir, rescue->old_name, &old, NULL))
		return;
	rescue->old = old;
	rescue->found.is_whole = !store_agents(old, keep_pause, rescue, NULL);
	if (store_calls(old, NULL, NULL, since_ms, keep_old_call, rescue, NULL))
		rescue->found.is_whole = false;
	store_windows(old, &rescue->in_force, NULL);
	store_sections(old, keep_section, rescue, NULL);
	store_slots_waiting(old, keep_slot, rescue, NULL);
	store_parked(old, count_parked, rescue, NULL);
	store_sessions(old, NULL, true, OPEN_MAX, keep_session, rescue, NULL);
}

/* ---- from exports ---- */

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

static int64_t number_of(const json_t *line, const char *key)
{
	int64_t number = json_integer_value(json_object_get(line, key));

	return number > 0 ? number : 0;
}

/* What the sums need of it, and `stats` shows. */
static struct call_row row_of(const json_t *line, int64_t at)
{
	const char *state = text_of(line, "state");

	return (struct call_row){
		.session = text_of(line, "session"),
		.agent = text_of(line, "agent"),
		.cause = text_of(line, "cause"),
		.task = text_of(line, "task"),
		.work = text_of(line, "work"),
		.route = text_of(line, "route"),
		.provider = text_of(line, "provider"),
		.model = text_of(line, "model"),
		.seq = number_of(line, "step"),
		.attempt = number_of(line, "attempt"),
		.place = number_of(line, "place"),
		.reserved_at = at * 1000,
		.settled_at = at * 1000 + number_of(line, "total_ms") + 1,
		.state = !strcmp(state, "settled")    ? CALL_SETTLED
			 : !strcmp(state, "released") ? CALL_RELEASED
						      : CALL_KEPT,
		.reserved_micro_usd = number_of(line, "reserved_micro_usd"),
		.micro_usd = number_of(line, "cost_micro_usd"),
		.tokens = number_of(line, "input_tokens") + number_of(line, "output_tokens"),
		.input_tokens = number_of(line, "input_tokens"),
		.output_tokens = number_of(line, "output_tokens"),
		.total_ms = number_of(line, "total_ms"),
		.status = number_of(line, "status"),
		.failure = text_of(line, "failure"),
		.message = text_of(line, "message"),
		.decision = text_of(line, "decision"),
		.request_id = text_of(line, "request_id"),
	};
}

static int keep_line(void *context, const json_t *line)
{
	struct rescue *rescue = context;
	struct budget_windows windows;
	struct call_row row;
	int64_t at;

	if (strcmp(text_of(line, "record"), "call") != 0 ||
	    instant_parse(span_of(text_of(line, "time")), &at) || at < rescue->windows.day)
		return 0;
	row = row_of(line, at);
	budget_windows_at(rescue->daemon->workspace->zone, at, &windows);
	row.hour = windows.hour;
	row.day = windows.day;
	rescue->found.exported_calls += keep_call(rescue->daemon->store, &row);
	return 0;
}

static int read_export(void *context, const char *path, const char *session)
{
	struct rescue *rescue = context;
	const char *day = path + strlen(EXPORT_FOLDER "/");

	(void)session;
	if (strncmp(day, rescue->first_day, strlen("2026-11-21")) >= 0)
		export_read(rescue->daemon->state_dir, path, keep_line, rescue, NULL);
	return 0;
}

/* Which windows are in force, where a clock was set back: behind all calls, as it says which the
 * newest was. */
static void keep_windows(struct rescue *rescue)
{
	if (rescue->in_force.hour)
		store_windows_put(rescue->daemon->store, &rescue->in_force, NULL);
}

/* In one transaction: each of its own would be a sync. */
static int work_rescue(struct store *store, void *context, struct error *error)
{
	struct rescue *rescue = context;

	(void)store;
	(void)error;
	from_old_file(rescue);
	export_find(rescue->daemon->state_dir, "", read_export, rescue, NULL);
	keep_windows(rescue);
	return 0;
}

int salvage_state(struct daemon *daemon, const char *old, struct salvage *ret_salvage,
		  struct error *error)
{
	struct rescue rescue = { .daemon = daemon, .old_name = old };
	int result;

	budget_windows_at(daemon->workspace->zone, daemon->started, &rescue.windows);
	instant_print(rescue.windows.day - SESSION_LONGEST_S, rescue.first_day);
	result = store_together(daemon->store, work_rescue, &rescue, error);
	if (!result)
		*ret_salvage = rescue.found;
	return result;
}
