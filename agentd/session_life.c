/* A session's life: what happens in which state. */
#include "session.h"

#include "alerts.h"
#include "committer.h"
#include "completion.h"
#include "health.h"
#include "journal.h"
#include "ledger.h"
#include "log.h"
#include "parked.h"
#include "scheduler.h"
#include "session_history.h"
#include "watchdog.h"

#include "base/clock.h"

#include <signal.h>

typedef void (*session_action)(struct session *session);

static void act_record(struct session *session);
static void act_wait_again(struct session *session);
static void act_begin(struct session *session);
static void act_save(struct session *session);
static void act_close(struct session *session);
static void act_end(struct session *session);
static void act_term(struct session *session);
static void act_kill(struct session *session);
static void act_drop(struct session *session);
static void act_withdraw(struct session *session);
static void act_nothing(struct session *session);

/* What the table of lib/lifecycle says is done here. */
static const session_action actions[LIFE_ACTIONS] = {
	[LIFE_NOTHING] = act_nothing,   [LIFE_ADMIT] = act_nothing, /* the supervisor looks */
	[LIFE_RECORD] = act_record,     [LIFE_BEGIN] = act_begin,
	[LIFE_WAIT] = act_wait_again,   [LIFE_TERM] = act_term,
	[LIFE_KILL] = act_kill,         [LIFE_COMPLAIN] = session_complain,
	[LIFE_SAVE] = act_save,         [LIFE_CLOSE] = act_close,
	[LIFE_END] = act_end,           [LIFE_DROP] = act_drop,
	[LIFE_LET_GO] = session_let_go, [LIFE_WITHDRAW] = act_withdraw,
};

void session_happen(struct session *session, const struct life_happening *happening)
{
	struct life_rules rules = session_life_rules(session->daemon);
	enum life_state before = session->life.state;
	enum life_action action;

	if (before == LIFE_ENDED)
		return; /* let go: the daemon ends */
	action = lifecycle_step(&session->life, &rules, happening);
	if (action == LIFE_BUG)
		BUG("session %s: event %d while %s", session->id, (int)happening->event,
		    life_state_name(before));
	if (session->life.state != before)
		session->state_ms = happening->now_ms;
	watchdog_note(session);
	session_hold(session); /* the action may end it */
	actions[action](session);
	session_release(session);
}

void session_handle(struct session *session, enum life_event event)
{
	struct life_happening happening = { .event = event, .now_ms = clock_monotonic_ms() };

	session_happen(session, &happening);
}

static void act_nothing(struct session *session)
{
	(void)session;
}

static void recorded(void *context, const struct error *error)
{
	struct session *session = context;

	if (session->again)
		parked_started(session->daemon, session->again, error);
	if (error)
		session_fail_error(session, error);
	session_handle(session, error ? LIFE_UNRECORDED : LIFE_RECORDED);
	session_release(session);
}

void session_tell_start(struct session *session)
{
	_free_ char *cause = session_cause(session);

	session_emit(session, "session_start",
		     json_pack("{s:s,s:s,s:s,s:b}", "session", session->id, "agent", session->agent,
			       "cause", cause, "resumed",
			       (int)(session->has_row || session->again)));
}

/* Its own death is durable before anything follows from it; what has run too often at one step is
 * set aside, and what dies too often parks with its agent. */
static void act_wait_again(struct session *session)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);

	plan_free(steal_pointer(&session->plan));
	session->over_waits = false;
	session_died(session);
	if (session->outcome != OUTCOME_NONE) {
		session_handle(session, LIFE_EXITED);
		return;
	}
	if (resident && resident->open == session)
		resident->open = NULL;
	supervisor_admit(session->daemon); /* its agent is free meanwhile */
}

static char *session_row_wish(const struct session *session)
{
	char id[41];
	json_t *plan = json_pack("{s:o,s:s}", "wish", session_wish_json(session), "objective",
				 session_objective_id(session, id));
	char *text = json_dumps(plan, JSON_COMPACT);

	json_decref(plan);
	return text;
}

/* While it waits: the row of a slot that it is to run, or is one itself. */
static bool session_has_slot(const struct session *session)
{
	return !session->rehearse && !session->again && (!session->manual || session->kept);
}

/* Its rows, and the work that it takes over. */
static void record(struct session *session)
{
	_free_ char *cause = session_cause(session), *wish = session_row_wish(session);
	struct session_row row = session_row_of(session, cause, wish);
	struct slot slot = session_slot(session);
	struct step steps[ADOPTED_MAX];
	char *texts[2 * ADOPTED_MAX] = { NULL };
	size_t count = session_adopted_steps(session, steps, texts);

	journal_session_begin(session->daemon, &row, &slot, !session_has_slot(session),
			      session->again, steps, count, recorded, session);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		free(texts[i]);
}

/* Its texts are read first: what it is begun for stands in its row. */
void session_record(struct session *session)
{
	session_hold(session);
	session->started_ms = clock_wall_ms();
	session_tell_start(session);
	session_prepare(session);
	session_keep_objective(session);
	if (!session->rehearse)
		record(session);
	/* While that is being written its process comes to be. It can do nothing before: what it
	 * asks is journalled behind these rows, and fails with them. */
	if (session->life.state == LIFE_RECORDING && session->outcome == OUTCOME_NONE)
		session_launch(session);
	if (session->rehearse)
		recorded(session, NULL);
}

static void act_record(struct session *session)
{
	if (session->has_row)
		session_go_on(session);
	else if (session->again && !session->past)
		session_go_on_parked(session);
	else
		session_record(session);
}

static void act_begin(struct session *session)
{
	session->has_row = !session->rehearse;
	log_event(session->daemon->log, LEVEL_INFO, "session_start", session->agent, session->id,
		  "%s %s",
		  session->heading   ? session->heading
		  : session->message ? "a message"
				     : "a manual run",
		  session->is_resumed ? "goes on" : "begins");
	if (session->suspending && session->outcome == OUTCOME_NONE)
		session_suspend_begun(session);
	else if (!session->child) /* it has ended already, or could not be started */
		session_over(session);
}

void session_hang_up(struct session *session)
{
	session->asked = 0;
	completion_abandon(session);
	link_free(steal_pointer(&session->link));
}

char *session_unkept_words(const char *id, size_t facts, const char *why)
{
	return xasprintf("%zu fact%s of it %s not in MEMORY.md (%s), and in its journal only: "
			 "agentctl transcript %s",
			 facts, facts == 1 ? "" : "s", facts == 1 ? "is" : "are", why, id);
}

/* Nobody is to wait for them. How it ended stays, unless all was well but for this. */
static void tell_unkept(struct session *session, const char *why)
{
	_free_ char *words = session_unkept_words(session->id, session->fact_count, why);
	_free_ char *before = steal_pointer(&session->reason);

	if (session->outcome == OUTCOME_DONE)
		session->outcome = OUTCOME_FAILED;
	session->reason = before && *before ? xasprintf("%s; %s", before, words) : xstrdup(words);
	log_event(session->daemon->log, LEVEL_WARNING, "facts_unkept", session->agent, session->id,
		  "%s", words);
}

static void saved(void *context, const char *commit, const struct error *error)
{
	struct session *session = context;

	(void)commit;
	if (error)
		tell_unkept(session, error->message);
	session_handle(session, LIFE_SAVED);
	session_release(session);
}

/* "memory: 2 facts from Daily (07:00)" */
static char *memory_subject(const struct session *session)
{
	const char *from = session->heading   ? session->heading
			   : session->message ? "a message"
					      : "a run";

	return xasprintf("memory: %zu fact%s from %s", session->fact_count,
			 session->fact_count == 1 ? "" : "s", from);
}

static void act_save(struct session *session)
{
	_free_ char *subject = memory_subject(session);
	_free_ char *message = session_commit_message(session, subject);

	session_hold(session);
	if (!session->fact_count || session->rehearse)
		saved(session, NULL, NULL);
	else
		committer_remember(session->daemon, session->agent,
				   (const char *const *)session->facts, session->fact_count,
				   session->is_resumed, clock_wall_s(), message, saved, session);
}

static void closed(void *context, const struct error *error)
{
	struct session *session = context;

	if (!error && session->parking.why && !session->rehearse) {
		struct parked_row row = parked_row_of(session);

		parked_add(session->daemon, &row);
		parked_row_clear(&row);
	}
	session_handle(session, LIFE_CLOSED);
	session_release(session);
}

/* What it was begun for, which texts were in force, by their git ids, and what a person said. */
static char *plan_ids(const struct session *session)
{
	const struct plan *plan = session->plan;
	char objective[41], *text;
	json_t *ids;

	if (!plan) /* what its row says stays */
		return xstrdup("");
	ids = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s*,s:o}", "objective",
			session_objective_id(session, objective), "constitution",
			plan->constitution.id, "soul", plan->soul.id, "memory", plan->memory.id,
			"bulletin", plan->bulletin.id, "message", plan->message, "wish",
			session_wish_json(session));
	text = json_dumps(ids, JSON_COMPACT);
	json_decref(ids);
	return text;
}

/* Has nothing changed since its texts were read, beside what was written for it? */
static bool given_is_same(const struct session *session)
{
	char given[17];

	return !workspace_inputs_given(session->daemon->workspace, session->agent, given, NULL) &&
	       !strcmp(given, session->given);
}

/* The section remembers the run: when it ended and on which inputs. A failed run counts as none, so
 * that the next beat is not "unchanged". */
static bool close_section(struct session *session, char inputs[17],
			  char schedule[SCHEDULE_PRINT_SIZE], struct section *ret_section)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	const struct heartbeat *heartbeat;
	struct beat *beat;

	if (session->cause != CAUSE_HEARTBEAT || !resident || !session->key)
		return false;
	heartbeat = roster_heartbeat(resident, session->key, &beat);
	if (!heartbeat)
		return false;
	inputs[0] = '\0';
	if (session->outcome == OUTCOME_DONE && !session->inputs_changed && given_is_same(session))
		workspace_inputs(session->daemon->workspace, session->agent, inputs, NULL);
	scheduler_beat_ended(resident, session->key, session->ended_ms / 1000, inputs);
	*ret_section = (struct section){
		.agent = session->agent,
		.key = session->key,
		.schedule = schedule_print(&heartbeat->schedule, schedule), /* as it is now */
		.first_seen = beat->first_seen,
		.next = beat->place.next,
		.past = beat->place.past,
		.last_run = beat->last_run,
		.inputs = inputs,
		.pending = beat->pending,
		.woken = beat->woken,
		.heard = beat->heard,
	};
	return session->schedule != NULL;
}

static void act_close(struct session *session)
{
	_free_ char *plan = plan_ids(session), *cause = session_cause(session);
	struct slot slot = session_slot(session);
	struct session_row row;
	struct parked_row parked = { 0 };
	struct section section;
	char inputs[17] = "", schedule[SCHEDULE_PRINT_SIZE];
	bool has_section;

	session->ended_ms = clock_wall_ms();
	slot.state = SLOT_RAN;
	slot.outcome = outcome_name(session->outcome);
	slot.reason = session->reason ? session->reason : "";
	row = session_row_of(session, cause, plan);
	session_hold(session);
	if (session->rehearse) {
		closed(session, NULL);
		return;
	}
	has_section = close_section(session, inputs, schedule, &section);
	if (session->outcome == OUTCOME_PARKED)
		parked = parked_row_of(session);
	journal_session_end(session->daemon, &row, &slot, has_section ? &section : NULL,
			    session->outcome == OUTCOME_PARKED ? &parked : NULL, closed, session);
	parked_row_clear(&parked);
}

static void act_term(struct session *session)
{
	log_event(session->daemon->log, LEVEL_WARNING, "session_hangs", session->agent, session->id,
		  "%s: its process is ended", session->killed_for);
	if (session->child)
		child_signal(session->child, SIGTERM);
}

static void act_kill(struct session *session)
{
	session_stop(session);
}

/* Its rows could not be made, and it does nothing. The slot that waits for it is closed. */
static void act_drop(struct session *session)
{
	struct slot slot = session_slot(session);

	slot.state = SLOT_SKIPPED;
	slot.session = "";
	slot.reason = session->reason ? session->reason : "its session could not be recorded";
	if (!session->has_row && session_has_slot(session))
		journal_slot_finish(session->daemon, &slot, NULL, NULL);
	child_leave(steal_pointer(&session->child));
	session_hang_up(session);
	act_end(session);
}

/* It never started: there is a slot's row at most, or the row of the parked work that it was. */
static void act_withdraw(struct session *session)
{
	struct slot slot = session_slot(session);

	slot.state = SLOT_SKIPPED;
	slot.reason = session->reason ? session->reason : "withdrawn";
	session_hold(session);
	if (session->again)
		parked_withdrawn(session->daemon, session->again);
	if (!session_has_slot(session) || session->daemon->stopping)
		closed(session, NULL); /* the next daemon finds a slot that waits */
	else
		journal_slot_finish(session->daemon, &slot, closed, session);
}

static void act_end(struct session *session)
{
	supervisor_ended(session);
}
