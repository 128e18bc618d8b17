#include "session.h"

#include "log.h"

const char *outcome_name(enum session_outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_NONE] = "",
		[OUTCOME_DONE] = "done",
		[OUTCOME_ESCALATED] = "escalated",
		[OUTCOME_PARKED] = "parked",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_INTERRUPTED] = "interrupted",
		[OUTCOME_REFUSED] = "refused",
	};

	return names[outcome];
}

void session_emit(struct session *session, const char *event, json_t *fields)
{
	json_object_set_new(fields, "event", json_string(event));
	if (session->listener)
		session->listener(session->listener_context, fields);
	json_decref(fields);
}

void session_emit_tool(struct session *session, const char *name, bool is_error)
{
	session_emit(session, "tool",
		     json_pack("{s:s,s:s?,s:b}", "session", session->id, "tool", name, "error",
			       (int)is_error));
}

static enum log_level level_of(enum session_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_DONE: return LEVEL_INFO;
	case OUTCOME_INTERRUPTED:
	case OUTCOME_PARKED: return LEVEL_NOTICE;
	case OUTCOME_ESCALATED: return LEVEL_WARNING;
	default: return LEVEL_ERROR;
	}
}

void session_emit_end(struct session *session)
{
	const char *outcome = outcome_name(session->outcome);
	bool is_told = !session->reason || session->alert_tells;

	log_event(session->daemon->log, level_of(session->outcome), "session_end", session->agent,
		  session->id, "%s %s%s%s", session->heading ? session->heading : "run", outcome,
		  is_told ? "" : ": ", is_told ? "" : session->reason);
	session_emit(session, "session_end",
		     json_pack("{s:s,s:s,s:s,s:s?,s:I,s:I,s:I,s:I,s:s?,s:s,s:b}", "session",
			       session->id, "agent", session->agent, "outcome", outcome, "reason",
			       session->reason, "turns", (json_int_t)session->turns, "input_tokens",
			       (json_int_t)session->input_tokens, "output_tokens",
			       (json_int_t)session->output_tokens, "cost_micro_usd",
			       (json_int_t)session->cost_micro_usd, "text", session->text, "model",
			       session_model_name(session), "rehearsed",
			       !strcmp(session_model_name(session), "rehearsal")));
}
