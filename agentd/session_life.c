/* A session's life: what happens in which state. */
#include "session.h"

#include "alerts.h"
#include "committer.h"
#include "completion.h"
#include "journal.h"
#include "ledger.h"
#include "log.h"
#include "parked.h"
#include "scheduler.h"
#include "session_history.h"

#include "base/clock.h"

#include <inttypes.h>

#define BACKOFF_MS 500 /* before the next process, doubled with each */

typedef void (*session_action)(struct session *session);

static void act_record(struct session *session);
static void act_wait_again(struct session *session);
static void act_begin(struct session *session);
static void act_save(struct session *session);
static void act_close(struct session *session);
static void act_end(struct session *session);
static void act_kill(struct session *session);
static void act_drop(struct session *session);
static void act_withdraw(struct session *session);
static void act_nothing(struct session *session);

/* What happens, and the state that follows. An empty cell is a bug of ours. */
static const struct {
	session_action action;
	enum session_state next;
} table[SESSION_ENDED][EVENTS] = {
	[SESSION_WAITING] = {
		[EVENT_ADMITTED] = { act_record, SESSION_RECORDING },
		[EVENT_CANCELLED] = { act_withdraw, SESSION_CLOSING },
		[EVENT_SUSPENDED] = { session_let_go, SESSION_ENDED },
	},
	[SESSION_RECORDING] = {
		[EVENT_RECORDED] = { act_begin, SESSION_RUNNING },
		[EVENT_UNRECORDED] = { act_drop, SESSION_ENDED },
		[EVENT_EXITED] = { act_nothing, SESSION_RECORDING },
		[EVENT_DIED] = { act_nothing, SESSION_RECORDING },
		[EVENT_CANCELLED] = { act_kill, SESSION_RECORDING },
	},
	[SESSION_RUNNING] = {
		[EVENT_EXITED] = { act_save, SESSION_SAVING },
		[EVENT_DIED] = { act_wait_again, SESSION_WAITING },
		[EVENT_CANCELLED] = { act_kill, SESSION_RUNNING },
		[EVENT_SUSPENDED] = { session_let_go, SESSION_ENDED },
	},
	[SESSION_SAVING] = {
		[EVENT_SAVED] = { act_close, SESSION_CLOSING },
		[EVENT_CANCELLED] = { act_nothing, SESSION_SAVING },
	},
	[SESSION_CLOSING] = {
		[EVENT_CLOSED] = { act_end, SESSION_ENDED },
		[EVENT_CANCELLED] = { act_nothing, SESSION_CLOSING },
	},
};

void session_handle(struct session *session, enum session_event event)
{
	if (session->state == SESSION_ENDED)
		return; /* let go: the daemon ends */
	if (!table[session->state][event].action)
		BUG("session %s: event %d in state %d", session->id, (int)event,
		    (int)session->state);
	session_hold(session); /* the action may end it */
	{
		session_action action = table[session->state][event].action;

		session->state = table[session->state][event].next;
		action(session);
	}
	session_release(session);
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
		session_fail(session, OUTCOME_REFUSED, "%s", error->message);
	session_handle(session, error ? EVENT_UNRECORDED : EVENT_RECORDED);
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

/* After its first death at once, then with growing pauses. */
static void act_wait_again(struct session *session)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	unsigned doubled = session->lives < 10 ? session->lives : 10;

	session->not_before_ms = clock_monotonic_ms() + (BACKOFF_MS << (doubled - 1));
	plan_free(steal_pointer(&session->plan));
	if (resident && resident->open == session)
		resident->open = NULL;
	supervisor_wait(session);
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

/* Its rows, and the work that it takes over. */
static void record(struct session *session)
{
	_free_ char *cause = session_cause(session), *wish = session_row_wish(session);
	struct session_row row = session_row_of(session, cause, wish);
	struct slot slot = session_slot(session);
	struct step steps[ADOPTED_MAX];
	char *texts[2 * ADOPTED_MAX] = { NULL };
	size_t count = session_adopted_steps(session, steps, texts);

	journal_session_begin(session->daemon, &row, &slot, session->manual || session->again,
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
	if (session->state == SESSION_RECORDING && session->outcome == OUTCOME_NONE)
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
	session->lives++;
	log_event(session->daemon->log, LEVEL_INFO, "session_start", session->agent, session->id,
		  "%s %s",
		  session->heading   ? session->heading
		  : session->message ? "a message"
				     : "a manual run",
		  session->is_resumed ? "goes on" : "begins");
	if (session->suspending && session->outcome == OUTCOME_NONE)
		session_suspend(session);
	else if (!session->child) /* it has ended already, or could not be started */
		session_handle(session,
			       session->outcome == OUTCOME_NONE ? EVENT_DIED : EVENT_EXITED);
}

static void timer_destroy(uv_handle_t *handle)
{
	free(handle);
}

void session_hang_up(struct session *session)
{
	session->asked = 0;
	completion_abandon(session);
	link_free(steal_pointer(&session->link));
	if (session->farewell)
		uv_close((uv_handle_t *)steal_pointer(&session->farewell), timer_destroy);
}

/* What the daemon is doing for it is waited for: whoever goes on has to know what came of it. */
static void session_over(struct session *session)
{
	session_hang_up(session);
	session->over_waits = session->effects > 0;
	if (session->over_waits)
		return;
	if (session->outcome == OUTCOME_DONE)
		free(steal_pointer(&session->reason));
	session_handle(session, session->outcome == OUTCOME_NONE ? EVENT_DIED : EVENT_EXITED);
}

void session_effect_over(struct session *session)
{
	session->effects--;
	if (session->state != SESSION_RUNNING || session->effects)
		return;
	if (session->over_waits)
		session_over(session);
	else if (session->suspending && session->outcome == OUTCOME_NONE)
		session_suspend(session);
}

#define STATUS_NO_WALLS 111 /* of session/main.c: another one would have none either */

/* Did its process die of something that another may be spared? One that had said its last word, or
 * could not say any more, did not die: it would not leave. */
static bool may_go_on(const struct session *session, const struct process_end *end)
{
	return session->outcome == OUTCOME_NONE && !session->rehearse && !session->finished &&
	       !session->overstayed && (end->signalled || end->code != STATUS_NO_WALLS);
}

static void died(const struct session *session, const struct process_end *end)
{
	char text[64];

	log_event(session->daemon->log, LEVEL_WARNING, "session_died", session->agent, session->id,
		  "its process ended (%s); it goes on with another",
		  process_end_print(end, text, sizeof(text)));
}

void session_exited(void *context, const struct process_end *end)
{
	struct session *session = context;
	char text[64];

	session->child = NULL;
	if (session->link) /* read what it said last */
		rpc_readable(link_rpc(session->link), NULL);
	if (session->finished && !end->signalled && !end->code)
		session_fail(session, OUTCOME_DONE, "%s", "");
	else if (may_go_on(session, end))
		died(session, end);
	else
		session_fail(session, OUTCOME_FAILED, "its process ended: %s",
			     process_end_print(end, text, sizeof(text)));
	session_over(session);
}

void session_left(struct session *session)
{
	child_leave(steal_pointer(&session->child));
	session_fail(session, OUTCOME_DONE, "%s", "");
	session_over(session);
}

static void saved(void *context, const char *commit, const struct error *error)
{
	struct session *session = context;

	(void)commit;
	if (error && session->outcome == OUTCOME_DONE) {
		session->outcome = OUTCOME_NONE;
		session_fail(session, OUTCOME_FAILED, "MEMORY.md: %s", error->message);
	}
	session_handle(session, EVENT_SAVED);
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
	session_handle(session, EVENT_CLOSED);
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
static bool close_section(struct session *session, char inputs[17], struct section *ret_section)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	struct beat *beat;

	if (session->cause != CAUSE_HEARTBEAT || !resident || !session->key ||
	    !roster_heartbeat(resident, session->key, &beat))
		return false;
	inputs[0] = '\0';
	if (session->outcome == OUTCOME_DONE && !session->inputs_changed && given_is_same(session))
		workspace_inputs(session->daemon->workspace, session->agent, inputs, NULL);
	scheduler_beat_ended(resident, session->key, session->ended_ms / 1000, inputs);
	*ret_section = (struct section){
		.agent = session->agent,
		.key = session->key,
		.schedule = session->schedule ? session->schedule : "",
		.first_seen = beat->first_seen,
		.next = beat->place.next,
		.past = beat->place.past,
		.last_run = beat->last_run,
		.inputs = inputs,
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
	char inputs[17] = "";
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
	has_section = close_section(session, inputs, &section);
	if (session->outcome == OUTCOME_PARKED)
		parked = parked_row_of(session);
	journal_session_end(session->daemon, &row, &slot, has_section ? &section : NULL,
			    session->outcome == OUTCOME_PARKED ? &parked : NULL, closed, session);
	parked_row_clear(&parked);
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
	if (!session->has_row && !session->manual && !session->again && !session->rehearse)
		journal_slot_finish(session->daemon, &slot, NULL, NULL);
	child_leave(steal_pointer(&session->child));
	session_hang_up(session);
	act_end(session);
}

/* It never started: there is a slot's row at most, or the row of the parked work that it was. */
static void act_withdraw(struct session *session)
{
	struct slot slot = session_slot(session);

	if (session->has_row) { /* between two processes: its facts stand in its journal */
		session->state = SESSION_RECORDING;
		act_record(session);
		return;
	}
	slot.state = SLOT_SKIPPED;
	slot.reason = session->reason ? session->reason : "withdrawn";
	session_hold(session);
	if (session->again)
		parked_withdrawn(session->daemon, session->again);
	if (session->manual || session->again || session->daemon->stopping)
		closed(session, NULL); /* the next daemon finds a slot that waits */
	else
		journal_slot_finish(session->daemon, &slot, closed, session);
}

static void act_end(struct session *session)
{
	supervisor_ended(session);
}
