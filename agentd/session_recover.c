#include "session.h"

#include "committer.h"
#include "cost.h"
#include "journal.h"
#include "log.h"
#include "runs.h"
#include "session_history.h"

#include "base/clock.h"
#include "memory/memory.h"

#define RECOVER_MAX 10000
#define LAST_LOOK_MAX 20 /* sessions of an agent; more are hardly open or undecided */

/* A session that a daemon before us left open. */
struct orphan {
	struct daemon *daemon;
	char *id, *agent, *cause, *section, *heading, *model, *plan;
	char *reason;    /* why it was not to go on */
	bool is_unkept;  /* its facts are in its journal only */
	bool is_decided; /* that it does not */
	struct death_count deaths;
	int64_t started, turns, input_tokens, output_tokens, cost_micro_usd;
	char **facts;
	size_t fact_count, fact_capacity;
};

static void orphan_free(struct orphan *orphan)
{
	free(orphan->id);
	free(orphan->agent);
	free(orphan->cause);
	free(orphan->section);
	free(orphan->heading);
	free(orphan->model);
	free(orphan->plan);
	free(orphan->reason);
	for (size_t i = 0; i < orphan->fact_count; i++)
		free(orphan->facts[i]);
	free(orphan->facts);
	free(orphan);
}

struct orphans {
	struct daemon *daemon;
	struct orphan **items;
	size_t count, capacity;
};

static int find_orphan(void *context, const struct session_row *row)
{
	struct orphans *orphans = context;
	struct orphan *orphan;

	if (array_grow((void **)&orphans->items, orphans->count, &orphans->capacity,
		       sizeof(struct orphan *), RECOVER_MAX))
		return 1;
	orphan = xcalloc(1, sizeof(*orphan));
	orphan->daemon = orphans->daemon;
	orphan->id = xstrdup(row->id);
	orphan->agent = xstrdup(row->agent);
	orphan->cause = xstrdup(row->cause);
	orphan->section = xstrdup(row->section);
	orphan->heading = xstrdup(row->heading);
	orphan->model = xstrdup(row->model);
	orphan->plan = xstrdup(row->plan);
	orphan->reason = xstrdup(*row->reason ? row->reason : "the daemon ended while it ran");
	orphan->is_decided = *row->outcome;
	orphan->started = row->started;
	orphans->items[orphans->count++] = orphan;
	return 0;
}

/* A `remember` that was answered is in the journal with its words. */
static int find_fact(void *context, const struct step *step)
{
	struct orphan *orphan = context;
	CLEANUP(buffer_clear) struct buffer entry = BUFFER(MEMORY_ENTRY_MAX + 8);
	json_t *intent = NULL, *result = NULL;
	const char *text;

	orphan->cost_micro_usd += step->cost_micro_usd;
	if (!strcmp(step->kind, STEP_MODEL))
		orphan->turns++;
	if (strcmp(step->kind, "remember") || !step->result)
		return 0;
	intent = json_loads(step->intent, 0, NULL);
	result = json_loads(step->result, 0, NULL);
	text = json_string_value(json_object_get(intent, "text"));
	if (text && !json_is_true(json_object_get(result, "error")) &&
	    !memory_entry_text(span_of(text), &entry, NULL) &&
	    !array_grow((void **)&orphan->facts, orphan->fact_count, &orphan->fact_capacity,
			sizeof(char *), SESSION_FACTS_MAX))
		orphan->facts[orphan->fact_count++] = xstrdup(entry.data);
	json_decref(intent);
	json_decref(result);
	return 0;
}

/* ULIDs sort by time: a session that ended since is the later one. */
static void orphan_is_last(const struct orphan *orphan)
{
	struct resident *resident = roster_find(orphan->daemon->roster, orphan->agent);

	if (!resident || strcmp(orphan->id, resident->last.session) < 0)
		return;
	roster_note_result(resident, orphan->id, clock_wall_s(), outcome_name(OUTCOME_INTERRUPTED),
			   orphan->reason);
}

static void orphan_close(struct orphan *orphan)
{
	struct session_row row = {
		.id = orphan->id,
		.agent = orphan->agent,
		.cause = orphan->cause,
		.section = orphan->section,
		.heading = orphan->heading,
		.model = orphan->model,
		.outcome = "interrupted",
		.reason = orphan->reason,
		.text = "",
		.plan = orphan->plan,
		.started = orphan->started,
		.ended = clock_wall_ms(),
		.turns = orphan->turns,
		.input_tokens = orphan->input_tokens,
		.output_tokens = orphan->output_tokens,
		.cost_micro_usd = orphan->cost_micro_usd,
		.epoch = orphan->daemon->epoch,
	};

	log_event(
		orphan->daemon->log, orphan->is_unkept ? LEVEL_WARNING : LEVEL_NOTICE,
		"session_recovered", orphan->agent, orphan->id,
		"a session that the daemon left open is closed as interrupted: %s; %zu facts kept",
		orphan->reason, orphan->is_unkept ? 0 : orphan->fact_count);
	journal_session_end(orphan->daemon, &row, NULL, NULL, NULL, NULL, NULL);
	orphan_is_last(orphan);
	orphan_free(orphan);
}

static void tell_unkept(struct orphan *orphan, const char *why)
{
	_free_ char *words = session_unkept_words(orphan->id, orphan->fact_count, why);
	_free_ char *before = steal_pointer(&orphan->reason);

	orphan->reason = xasprintf("%s; %s", before, words);
	orphan->is_unkept = true;
}

static void orphan_saved(void *context, const char *commit, const struct error *error)
{
	(void)commit;
	if (error)
		tell_unkept(context, error->message);
	orphan_close(context);
}

static void orphan_save(struct orphan *orphan)
{
	_free_ char *message = NULL;
	char cost[32];

	bool is_gone = !roster_find(orphan->daemon->roster, orphan->agent);

	if (orphan->fact_count && is_gone)
		tell_unkept(orphan, "the agent's folder is gone");
	if (!orphan->fact_count || is_gone) {
		orphan_close(orphan);
		return;
	}
	message = xasprintf("memory: %zu fact%s from an interrupted session\n\nAgent: %s\n"
			    "Session: %s\nCause: %s\nModel: %s\nCost-USD: %s\n",
			    orphan->fact_count, orphan->fact_count == 1 ? "" : "s", orphan->agent,
			    orphan->id, orphan->cause, orphan->model,
			    cost_print(orphan->cost_micro_usd, cost));
	committer_remember(orphan->daemon, orphan->agent, (const char *const *)orphan->facts,
			   orphan->fact_count, true, orphan->started / 1000, message, orphan_saved,
			   orphan);
}

/* Its agent is there, be it with broken files, which it waits for, and its row says what was wished
 * for. */
static bool orphan_goes_on(const struct orphan *orphan)
{
	const struct resident *resident = roster_find(orphan->daemon->roster, orphan->agent);
	json_t *plan = json_loads(orphan->plan, 0, NULL);
	const json_t *wish_json = json_object_get(plan, "wish");
	struct session_wish wish = session_wish_read(wish_json);
	bool goes_on = wish.event && resident;

	if (wish.key) /* the section may have another key since */
		wish.key = orphan->section;
	wish.decided = orphan->is_decided ? orphan->reason : NULL;
	if (goes_on)
		supervisor_resume(orphan->daemon, orphan->agent, orphan->id, orphan->started, &wish,
				  &orphan->deaths);
	if (goes_on && !resident->agent)
		log_event(orphan->daemon->log, LEVEL_WARNING, "session_waits", orphan->agent,
			  orphan->id, "it goes on when the agent's files are mended: %s",
			  resident->broken);
	json_decref(plan);
	return goes_on;
}

static int orphan_recover(struct orphan *orphan, struct error *error)
{
	struct daemon *daemon = orphan->daemon;
	int result = store_death_count(daemon->reader, orphan->id, &orphan->deaths, error);

	if (!result && !orphan_goes_on(orphan)) {
		result = store_steps(daemon->reader, orphan->id, find_fact, orphan, error);
		if (!result) {
			orphan_save(orphan);
			return 0;
		}
	}
	orphan_free(orphan);
	return result;
}

/* What has begun is parked where its agent was paused meanwhile, as at its next step. */
static void park_paused(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->roster->count; i++)
		if (daemon->roster->items[i]->paused)
			supervisor_agent_paused(daemon, daemon->roster->items[i]);
}

int supervisor_recover(struct daemon *daemon, struct error *error)
{
	struct orphans orphans = { .daemon = daemon };
	int result = store_sessions(daemon->reader, NULL, true, RECOVER_MAX, find_orphan, &orphans,
				    error);

	while (orphans.count) { /* they come newest first, and go on oldest first */
		struct orphan *orphan = orphans.items[--orphans.count];

		if (result)
			orphan_free(orphan);
		else
			result = orphan_recover(orphan, error);
	}
	if (!result)
		result = runs_restore(daemon, error);
	park_paused(daemon);
	supervisor_admit(daemon);
	free(orphans.items);
	return result;
}

/* ---- how it went last ---- */

/* Newest first, until one that has ended. */
static int restore_last(void *context, const struct session_row *row)
{
	struct resident *resident = context;

	for (enum session_outcome outcome = OUTCOME_DONE; outcome <= OUTCOME_REFUSED; outcome++)
		if (!strcmp(outcome_name(outcome), row->outcome))
			roster_note_result(resident, row->id, row->ended / 1000,
					   outcome_name(outcome), row->reason);
	return resident->last.at != 0;
}

int supervisor_restore(struct daemon *daemon, struct error *error)
{
	int result = 0;

	for (size_t i = 0; result >= 0 && i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		result = store_sessions(daemon->reader, resident->name, false, LAST_LOOK_MAX,
					restore_last, resident, error);
	}
	return result < 0 ? result : 0;
}
