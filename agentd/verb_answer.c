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

/* The answer waits until it is durable: it has to survive a restart. */
struct answering {
	struct client *client;
	uint64_t id;
	char session[27];
	const char *word;
};

static void answered(void *context, const struct error *error)
{
	struct answering *answering = context;

	if (error)
		client_refuse(answering->client, answering->id, error->code, "%s", error->message);
	else
		client_reply(answering->client, answering->id,
			     json_pack("{s:s,s:s}", "session", answering->session, "answer",
				       answering->word));
	client_release(answering->client);
	free(answering);
}

static void answer(struct client *client, uint64_t id, const char *session, size_t i)
{
	struct daemon *daemon = client_daemon(client);
	struct answering *answering = xcalloc(1, sizeof(*answering));
	struct error error;

	answering->client = client;
	answering->id = id;
	answering->word = answers[i].word;
	snprintf(answering->session, sizeof(answering->session), "%s", session);
	client_hold(client);
	if (parked_answer(daemon, answering->session, answers[i].answer, answered, answering,
			  &error)) {
		client_refuse(client, id, error.code, "%s", error.message);
		client_release(client);
		free(answering);
		return;
	}
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
