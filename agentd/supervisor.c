#include "session.h"

#include "committer.h"
#include "cost.h"
#include "journal.h"
#include "log.h"
#include "scheduler.h"

#include "base/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>

struct supervisor {
	struct daemon *daemon;
	struct session *first, **last;       /* all that are not ended, in the order of the wishes */
	size_t running;                      /* RECORDING to CLOSING */
	void (*empty)(struct daemon *daemon);
};

/* ---- small things ---- */

void session_hold(struct session *session)
{
	session->held++;
}

static void session_free(struct session *session)
{
	free(session->reason);
	free(session->key);
	free(session->heading);
	free(session->message);
	free(session->event);
	free(session->schedule);
	free(session->script);
	free(session->text);
	free(session->model.model);
	plan_free(session->plan);
	for (size_t i = 0; i < session->fact_count; i++)
		free(session->facts[i]);
	free(session->facts);
	free(session);
}

void session_release(struct session *session)
{
	if (!--session->held)
		session_free(session);
}

const char *session_model_name(const struct session *session)
{
	return session->model.name[0] ? session->model.name : "none";
}

char *session_cause(const struct session *session)
{
	switch (session->cause) {
	case CAUSE_HEARTBEAT: return xasprintf("heartbeat %s", session->heading);
	case CAUSE_MESSAGE: return xstrdup("message");
	default: return xstrdup("run");
	}
}

char *session_commit_message(const struct session *session, const char *subject)
{
	_free_ char *cause = session_cause(session);
	char cost[32];

	return xasprintf("%s\n\nAgent: %s\nSession: %s\nCause: %s\nModel: %s\nCost-USD: %s\n",
			 subject, session->agent, session->id, cause, session_model_name(session),
			 cost_print(session->cost_micro_usd, cost));
}

/* The first thing that went wrong is the reason. */
void session_fail(struct session *session, enum session_outcome outcome, const char *format, ...)
{
	va_list args;

	if (session->outcome != OUTCOME_NONE)
		return;
	session->outcome = outcome;
	va_start(args, format);
	session->reason = xvasprintf(format, args);
	va_end(args);
}

void session_stop(struct session *session)
{
	if (session->child)
		child_signal(session->child, SIGKILL);
}

struct session *supervisor_find(const struct daemon *daemon, const char *id)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (!strcmp(session->id, id))
			return session;
	return NULL;
}

static struct slot session_slot(const struct session *session)
{
	return (struct slot){
		.agent = session->agent,
		.section = session->key ? session->key : "",
		.heading = session->heading ? session->heading : "",
		.planned = session->planned,
		.event = session->event,
		.state = SLOT_RUNNING,
		.session = session->id,
		.outcome = "",
		.recorded = clock_wall_s(),
	};
}

static struct session_row session_row_of(const struct session *session, const char *cause,
					 const char *plan)
{
	return (struct session_row){
		.id = session->id,
		.agent = session->agent,
		.cause = cause,
		.section = session->key ? session->key : "",
		.heading = session->heading ? session->heading : "",
		.model = session_model_name(session),
		.outcome = outcome_name(session->outcome),
		.reason = session->reason ? session->reason : "",
		.text = session->text ? session->text : "",
		.plan = plan,
		.started = session->started_ms,
		.ended = session->ended_ms,
		.turns = session->turns,
		.input_tokens = session->input_tokens,
		.output_tokens = session->output_tokens,
		.cost_micro_usd = session->cost_micro_usd,
		.epoch = session->daemon->epoch,
	};
}

/* ---- the table ---- */

enum session_event {
	EVENT_ADMITTED,   /* its agent is free and there is room */
	EVENT_RECORDED,   /* its rows are durable */
	EVENT_UNRECORDED, /* they could not be written: it must not run */
	EVENT_EXITED,     /* its process is gone, or never came to be */
	EVENT_SAVED,      /* its facts are committed, or there are none */
	EVENT_CLOSED,     /* its rows are closed */
	EVENT_CANCELLED,
	EVENTS,
};

typedef void (*session_action)(struct session *session);

static void session_handle(struct session *session, enum session_event event);

static void act_record(struct session *session);
static void act_launch(struct session *session);
static void act_save(struct session *session);
static void act_close(struct session *session);
static void act_end(struct session *session);
static void act_kill(struct session *session);
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
	},
	[SESSION_RECORDING] = {
		[EVENT_RECORDED] = { act_launch, SESSION_RUNNING },
		[EVENT_UNRECORDED] = { act_end, SESSION_ENDED },
		[EVENT_CANCELLED] = { act_nothing, SESSION_RECORDING },
	},
	[SESSION_RUNNING] = {
		[EVENT_EXITED] = { act_save, SESSION_SAVING },
		[EVENT_CANCELLED] = { act_kill, SESSION_RUNNING },
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

static void session_handle(struct session *session, enum session_event event)
{
	if (session->state >= SESSION_ENDED || !table[session->state][event].action)
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

	if (error)
		session_fail(session, OUTCOME_REFUSED, "%s", error->message);
	session_handle(session, error ? EVENT_UNRECORDED : EVENT_RECORDED);
	session_release(session);
}

static void act_record(struct session *session)
{
	_free_ char *cause = session_cause(session);
	struct session_row row;
	struct slot slot = session_slot(session);

	session->daemon->supervisor->running++;
	session->started_ms = clock_wall_ms();
	session_emit(session, "session_start",
		     json_pack("{s:s,s:s,s:s}", "session", session->id, "agent", session->agent,
			       "cause", cause));
	row = session_row_of(session, cause, "");
	session_hold(session);
	if (session->rehearse)
		recorded(session, NULL);
	else
		journal_session_begin(session->daemon, &row, &slot, session->manual, recorded,
				      session);
}

static void act_launch(struct session *session)
{
	log_event(session->daemon->log, LEVEL_INFO, "session_start", session->agent, session->id,
		  "%s begins", session->heading ? session->heading
						: session->message ? "a message" : "a manual run");
	if (session->outcome != OUTCOME_NONE || session_launch(session))
		session_handle(session, EVENT_EXITED);
}

void session_exited(void *context, const struct process_end *end)
{
	struct session *session = context;
	char text[64];

	session->child = NULL;
	if (session->link) /* read what it said last */
		rpc_readable(link_rpc(session->link), NULL);
	session_abandon_call(session);
	link_free(steal_pointer(&session->link));
	if (session->finished && !end->signalled && !end->code)
		session_fail(session, OUTCOME_DONE, "%s", "");
	else
		session_fail(session, OUTCOME_FAILED, "its process ended: %s",
			     process_end_print(end, text, sizeof(text)));
	if (session->outcome == OUTCOME_DONE)
		free(steal_pointer(&session->reason));
	session_handle(session, EVENT_EXITED);
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
	const char *from = session->heading ? session->heading
					    : session->message ? "a message" : "a run";

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
				   (const char *const *)session->facts, session->fact_count, false,
				   clock_wall_s(), message, saved, session);
}

static void closed(void *context, const struct error *error)
{
	struct session *session = context;

	(void)error; /* logged; the row is closed at the next start */
	session_handle(session, EVENT_CLOSED);
	session_release(session);
}

/* Which texts were in force, by their git ids. */
static char *plan_ids(const struct session *session)
{
	const struct plan *plan = session->plan;
	json_t *ids;
	char *text;

	if (!plan)
		return xstrdup("{}");
	ids = json_pack("{s:s,s:s,s:s,s:s}", "constitution", plan->constitution.id, "soul",
			plan->soul.id, "memory", plan->memory.id, "bulletin", plan->bulletin.id);
	text = json_dumps(ids, JSON_COMPACT);
	json_decref(ids);
	return text;
}

/* The section remembers the run: when it ended and on which inputs. A failed run counts as none, so that
 * the next beat is not "unchanged". */
static bool close_section(struct session *session, char inputs[17], struct section *ret_section)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	struct beat *beat;

	if (session->cause != CAUSE_HEARTBEAT || !resident || !session->key ||
	    !roster_heartbeat(resident, session->key, &beat))
		return false;
	inputs[0] = '\0';
	if (session->outcome == OUTCOME_DONE && !session->inputs_changed)
		workspace_inputs(session->daemon->workspace, session->agent, inputs, NULL);
	scheduler_beat_ended(resident, session->key, session->ended_ms / 1000, inputs);
	*ret_section = (struct section){
		.agent = session->agent,
		.key = session->key,
		.schedule = session->schedule ? session->schedule : "",
		.first_seen = beat->first_seen,
		.next = beat->next,
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
	journal_session_end(session->daemon, &row, &slot, has_section ? &section : NULL, closed,
			    session);
}

static void act_kill(struct session *session)
{
	session_stop(session);
}

/* It never started: there is a slot's row at most. */
static void act_withdraw(struct session *session)
{
	struct slot slot = session_slot(session);

	slot.state = SLOT_SKIPPED;
	slot.reason = session->reason ? session->reason : "withdrawn";
	session->daemon->supervisor->running++; /* act_end counts it down */
	session_hold(session);
	if (session->manual)
		closed(session, NULL);
	else
		journal_slot_finish(session->daemon, &slot, closed, session);
}

/* ---- the queue ---- */

static void admit_all(struct daemon *daemon);

static void supervisor_remove(struct supervisor *supervisor, struct session *session)
{
	struct session **link = &supervisor->first;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	if (supervisor->last == &session->next)
		supervisor->last = link;
}

static void act_end(struct session *session)
{
	struct daemon *daemon = session->daemon;
	struct supervisor *supervisor = daemon->supervisor;
	struct resident *resident = roster_find(daemon->roster, session->agent);

	supervisor->running--;
	supervisor_remove(supervisor, session);
	if (resident && resident->open == session)
		resident->open = NULL;
	if (resident && !session->rehearse) {
		snprintf(resident->last.session, sizeof(resident->last.session), "%s", session->id);
		resident->last.at = clock_wall_s();
		resident->last.outcome = outcome_name(session->outcome);
	}
	session_emit_end(session);
	session_release(session); /* the list's hold */
	admit_all(daemon);
	if (!supervisor->first && supervisor->empty)
		supervisor->empty(daemon);
}

static bool is_free(const struct daemon *daemon, const struct session *session)
{
	const struct resident *resident = roster_find(daemon->roster, session->agent);

	return !resident || !resident->open;
}

static void admit_all(struct daemon *daemon)
{
	struct supervisor *supervisor = daemon->supervisor;
	struct session *next;

	for (struct session *session = supervisor->first; session; session = next) {
		struct resident *resident = roster_find(daemon->roster, session->agent);

		next = session->next;
		if (supervisor->running >= daemon->workspace->settings->sessions_at_once)
			return;
		if (session->state != SESSION_WAITING || !is_free(daemon, session))
			continue;
		if (resident)
			resident->open = session;
		session_handle(session, EVENT_ADMITTED);
		/* The action may have ended sessions, and with them the list under us. */
		admit_all(daemon);
		return;
	}
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int supervisor_start(struct daemon *daemon, struct resident *resident,
		     const struct session_wish *wish, char ret_id[27], struct error *error)
{
	struct supervisor *supervisor = daemon->supervisor;
	struct session *session;

	if (daemon->stopping)
		return error_set(error, ERROR_BUSY, "the daemon is stopping");
	if (!resident->agent)
		return error_set(error, ERROR_INVALID, "%s", resident->broken);
	session = xcalloc(1, sizeof(*session));
	session->daemon = daemon;
	session->held = 1;
	ulid_new(session->id);
	snprintf(session->agent, sizeof(session->agent), "%s", resident->name);
	session->cause = wish->cause;
	session->key = copy_or_null(wish->key);
	session->heading = copy_or_null(wish->heading);
	session->message = copy_or_null(wish->message);
	session->schedule = copy_or_null(wish->schedule);
	session->manual = !wish->event;
	session->event = wish->event ? xstrdup(wish->event) : xasprintf("run:%s", session->id);
	session->planned = wish->planned;
	session->rehearse = wish->rehearse;
	session->listener = wish->listener;
	session->listener_context = wish->context;
	snprintf(ret_id, 27, "%s", session->id);
	*supervisor->last = session;
	supervisor->last = &session->next;
	admit_all(daemon);
	return 0;
}

/* ---- what others ask ---- */

bool supervisor_has(const struct daemon *daemon, const struct resident *resident, const char *key,
		    bool waiting_only)
{
	for (const struct session *session = daemon->supervisor->first; session;
	     session = session->next)
		if (session->key && !session->manual && !strcmp(session->agent, resident->name) &&
		    !strcmp(session->key, key) &&
		    (!waiting_only || session->state == SESSION_WAITING))
			return true;
	return false;
}

static void session_cancel(struct session *session, const char *reason)
{
	session_fail(session, OUTCOME_INTERRUPTED, "%s", reason);
	session_handle(session, EVENT_CANCELLED);
}

int supervisor_cancel(struct daemon *daemon, const char *id, const char *reason,
		      struct error *error)
{
	struct session *session = supervisor_find(daemon, id);

	if (!session)
		return error_set(error, ERROR_NOT_FOUND, "no session %s is open", id);
	session_cancel(session, reason);
	return 0;
}

void supervisor_forget(struct daemon *daemon, void *context)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (session->listener_context == context)
			session->listener = NULL, session->listener_context = NULL;
}

void supervisor_agent_paused(struct daemon *daemon, struct resident *resident)
{
	struct session *next;

	if (resident->open)
		resident->open->stop_at_step = resident->paused;
	for (struct session *session = daemon->supervisor->first; session; session = next) {
		next = session->next;
		if (resident->paused && session->state == SESSION_WAITING && !session->manual &&
		    !strcmp(session->agent, resident->name))
			session_cancel(session, "paused");
	}
}

void supervisor_agent_gone(struct daemon *daemon, struct resident *resident)
{
	struct session *next;

	resident->open = NULL;
	for (struct session *session = daemon->supervisor->first; session; session = next) {
		next = session->next;
		if (!strcmp(session->agent, resident->name))
			session_cancel(session, "the agent's folder is gone");
	}
}

void supervisor_inputs_changed(struct daemon *daemon, const struct resident *resident,
			       const char *except)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if ((!resident || !strcmp(session->agent, resident->name)) &&
		    (!except || strcmp(session->agent, except)))
			session->inputs_changed = true;
}

const char *supervisor_running(const struct resident *resident)
{
	return resident->open ? resident->open->id : NULL;
}

size_t supervisor_open_count(const struct daemon *daemon)
{
	size_t count = 0;

	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		count++;
	return count;
}

void supervisor_stop(struct daemon *daemon, void (*empty)(struct daemon *))
{
	struct supervisor *supervisor = daemon->supervisor;

	supervisor->empty = empty;
	/* A cancelled session that waits leaves the list at once or after its row: begin anew each time. */
	for (bool any = true; any;) {
		any = false;
		for (struct session *s = supervisor->first; s && !any; s = s->next)
			if (s->outcome == OUTCOME_NONE && (any = true))
				session_cancel(s, "the daemon is stopping");
	}
	if (!supervisor->first)
		empty(daemon);
}

struct supervisor *supervisor_new(struct daemon *daemon)
{
	struct supervisor *supervisor = xcalloc(1, sizeof(*supervisor));

	supervisor->daemon = daemon;
	supervisor->last = &supervisor->first;
	return supervisor;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	while (supervisor->first) {
		struct session *session = supervisor->first;

		supervisor_remove(supervisor, session);
		child_kill(session->child);
		link_free(session->link);
		session_free(session);
	}
	free(supervisor);
}
