/* What was wished for, as a session's row and parked work keep it. */
#include "session.h"

json_t *session_wish_json(const struct session *session)
{
	return json_pack("{s:i,s:s*,s:s*,s:s*,s:s*,s:s*,s:s*,s:I,s:b,s:b,s:O*}", "cause",
			 (int)session->cause, "key", session->key, "heading", session->heading,
			 "message", session->message, "schedule", session->schedule, "event",
			 session->event, "again", session->again, "planned",
			 (json_int_t)session->planned, "by_person", (int)session->by_person,
			 "afresh", (int)session->afresh, "objective", session->objective);
}

static const char *text_of(const json_t *wish, const char *key)
{
	return json_string_value(json_object_get(wish, key));
}

struct session_wish session_wish_read(const json_t *wish)
{
	return (struct session_wish){
		.cause = (enum cause_kind)json_integer_value(json_object_get(wish, "cause")),
		.key = text_of(wish, "key"),
		.heading = text_of(wish, "heading"),
		.message = text_of(wish, "message"),
		.schedule = text_of(wish, "schedule"),
		.event = text_of(wish, "event"),
		.again = text_of(wish, "again"),
		.planned = json_integer_value(json_object_get(wish, "planned")),
		.by_person = json_is_true(json_object_get(wish, "by_person")),
		.afresh = json_is_true(json_object_get(wish, "afresh")),
		.objective = json_object_get(wish, "objective"),
	};
}

/* ---- the objective ---- */

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* The texts of the checklist as they are now. They stay the session's, whatever becomes of the
 * file. */
void session_keep_objective(struct session *session)
{
	const struct plan *plan = session->plan;

	if (session->objective || !plan)
		return;
	session->objective = json_pack("{s:s,s:s,s:s}", "standing", text_or_empty(plan->standing),
				       "session_start", text_or_empty(plan->session_start), "items",
				       text_or_empty(plan->checklist));
}

static char *copy_of(const json_t *objective, const char *key)
{
	return xstrdup(text_or_empty(text_of(objective, key)));
}

bool session_objective(const struct session *session, struct checklist *ret_checklist)
{
	if (!session->objective)
		return false;
	*ret_checklist = (struct checklist){
		.standing = copy_of(session->objective, "standing"),
		.session_start = copy_of(session->objective, "session_start"),
		.items = copy_of(session->objective, "items"),
	};
	return true;
}

const char *session_objective_id(const struct session *session, char out[41])
{
	const char *text = session->message ? session->message
					    : text_of(session->objective, "items");

	out[0] = '\0';
	if (text)
		blob_id(span_of(text), out);
	return out;
}
