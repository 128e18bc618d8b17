/* A person answers what a parked session asks: was it done? */
#include "control.h"

#include "log.h"
#include "parked.h"
#include "supervisor.h"

static const struct {
	const char *word;
	enum session_answer answer;
} answers[] = {
	{ "done", ANSWER_DONE },
	{ "undone", ANSWER_UNDONE },
	{ "drop", ANSWER_NONE },
};

static void answer(struct client *client, uint64_t id, const char *session, size_t i)
{
	struct daemon *daemon = client_daemon(client);
	struct client_promise *promise = client_promise(
		client, id, json_pack("{s:s,s:s}", "session", session, "answer", answers[i].word));
	struct error error;

	if (parked_answer(daemon, session, answers[i].answer, client_promise_kept, promise, &error))
		client_promise_kept(promise, &error);
	else
		log_event(daemon->log, LEVEL_NOTICE, "answered", NULL, session, "a person says: %s",
			  answers[i].word);
}

void verb_answer(struct client *client, const json_t *params, uint64_t id)
{
	const char *session = json_string_value(json_object_get(params, "session"));
	const char *word = json_string_value(json_object_get(params, "answer"));

	for (size_t i = 0; session && word && i < ARRAY_LENGTH(answers); i++)
		if (!strcmp(answers[i].word, word)) {
			answer(client, id, session, i);
			return;
		}
	client_refuse(client, id, ERROR_INVALID, "say which session, and done, undone or drop");
}
