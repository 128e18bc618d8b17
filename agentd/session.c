#include "session.h"

#include "alerts.h"
#include "cost.h"
#include "ledger.h"
#include "state_file.h"

#include "base/clock.h"

#include <signal.h>
#include <stdarg.h>

struct session *session_new(struct daemon *daemon, const char *agent,
			    const struct session_wish *wish)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->daemon = daemon;
	session->references = 1;
	lifecycle_begin(&session->life);
	snprintf(session->agent, sizeof(session->agent), "%s", agent);
	session->cause = wish->cause;
	session->key = xstrdup_or_null(wish->key);
	session->heading = xstrdup_or_null(wish->heading);
	session->message = xstrdup_or_null(wish->message);
	session->schedule = xstrdup_or_null(wish->schedule);
	session->again = xstrdup_or_null(wish->again);
	session->event = xstrdup_or_null(wish->event);
	session->by_person = wish->by_person;
	session->planned = wish->planned;
	session->answer = wish->answer;
	session->afresh = wish->afresh;
	session->objective = json_deep_copy(wish->objective);
	return session;
}

void session_hold(struct session *session)
{
	session->references++;
}

void session_forget_facts(struct session *session)
{
	for (size_t i = 0; i < session->fact_count; i++)
		free(session->facts[i]);
	free(session->facts);
	session->facts = NULL;
	session->fact_count = session->fact_capacity = 0;
}

static void session_free(struct session *session)
{
	ledger_forget_session(session->daemon, session->id);
	free(session->reason);
	free(session->held);
	free(session->killed_for);
	free(session->end_words);
	free(session->key);
	free(session->heading);
	free(session->message);
	free(session->event);
	free(session->schedule);
	free(session->again);
	free(session->script);
	free(session->text);
	session_forget_calls(session);
	free(session->model.model);
	session_forget_files(session);
	plan_free(session->plan);
	json_decref(session->past);
	json_decref(session->posts);
	json_decref(session->attempt);
	json_decref(session->objective);
	session_forget_facts(session);
	free(session);
}

void session_release(struct session *session)
{
	if (!--session->references)
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

void session_fail_error(struct session *session, const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX];

	error_print(error, text, sizeof(text));
	if (state_file_is_told(session->daemon, error))
		snprintf(text, sizeof(text), "%s: is damaged: ask for it again", error->file);
	session_fail(session, OUTCOME_REFUSED, "%s", text);
}

bool session_park(struct session *session, const struct parking *parking, const char *format, ...)
{
	va_list args;

	if (session->outcome != OUTCOME_NONE)
		return false;
	session->outcome = OUTCOME_PARKED;
	session->parking = *parking;
	session->alert_tells = *parking->incident && !session->rehearse &&
			       !alert_is_open(session->daemon, parking->incident);
	va_start(args, format);
	session->reason = xvasprintf(format, args);
	va_end(args);
	return !session->rehearse;
}

void session_stop(struct session *session)
{
	if (session->child)
		child_signal(session->child, SIGKILL);
}

struct slot session_slot(const struct session *session)
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

struct session_row session_row_of(const struct session *session, const char *cause,
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
