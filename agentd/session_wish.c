/* What was wished for, as a session's row and parked work keep it. */
#include "session.h"

json_t *session_wish_json(const struct session *session)
{
	return json_pack("{s:i,s:s*,s:s*,s:s*,s:s*,s:s*,s:I,s:b}", "cause", (int)session->cause,
			 "key", session->key, "heading", session->heading, "message",
			 session->message, "schedule", session->schedule, "event", session->event,
			 "planned", (json_int_t)session->planned, "by_person",
			 (int)session->by_person);
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
		.planned = json_integer_value(json_object_get(wish, "planned")),
		.by_person = json_is_true(json_object_get(wish, "by_person")),
	};
}
