/* What a model reads of a past. */
#include "compaction.h"

#include "turns.h"

static json_t *note(const char *text)
{
	json_t *request = model_request_new(0), *message;

	model_request_add_note(request, span_of(text));
	message = json_incref(json_array_get(json_object_get(request, "messages"), 0));
	json_decref(request);
	return message;
}

static json_t *summary_note(const struct compaction *c, const json_t *past)
{
	_free_ char *text = NULL;
	size_t turns = 0;

	for (size_t i = 0; i < c->covers; i++)
		turns += message_is_reply(json_array_get(past, i));
	text = xasprintf("[agentd: turns 1 to %zu of this session in a summary that you wrote. The "
			 "objective above is unchanged.]\n%s",
			 turns, c->summary);
	return note(text);
}

static bool is_reminded(const struct compaction *c, size_t turn)
{
	return turn &&
	       (turn % COMPACTION_REMINDER_EVERY == 0 || (c->summary && turn == c->replies));
}

json_t *compaction_view(const struct compaction *c, const json_t *past, const char *reminder)
{
	json_t *view = json_array();
	size_t count = json_array_size(past), turn = 0;

	if (c->summary)
		json_array_append_new(view, summary_note(c, past));
	for (size_t i = 0; i < count; i++) {
		json_t *message = json_array_get(past, i);

		turn += message_is_reply(message);
		if (i < c->covers)
			continue;
		json_array_append(view, message);
		if (reminder && is_reminded(c, turn) &&
		    (i + 1 == count || message_is_reply(json_array_get(past, i + 1))))
			json_array_append_new(view, note(reminder));
	}
	return view;
}
