/* A person answers what parked work asks: whether an effect in doubt was done. */
#include "alerts.h"
#include "journal.h"
#include "parked_item.h"
#include "supervisor.h"

bool parked_asks(const struct item *item)
{
	return item->why == PARKED_BY_QUESTION;
}

bool parked_has_answer(const struct item *item)
{
	return json_is_integer(json_object_get(item->wish, "answer"));
}

/* The answer on its way to state.db. */
struct answering {
	struct daemon *daemon;
	char session[27];
	void (*done)(void *context, const struct error *error);
	void *context;
};

static void answered(void *context, const struct error *error)
{
	struct answering *answering = context;
	struct item *item = *parked_find(answering->daemon->parked, answering->session);

	if (error && item)
		json_object_del(item->wish, "answer");
	else if (item && item->incident && *item->incident) /* it may be held back for long */
		alert_mended(answering->daemon, item->incident, "session %s has its answer",
			     item->session);
	answering->done(answering->context, error);
	if (!error)
		parked_look(answering->daemon);
	free(answering);
}

/* Until its row is gone it would come back with the next daemon, and be asked again. */
static void dropped(void *context, const struct error *error)
{
	struct answering *answering = context;
	struct item **link = parked_find(answering->daemon->parked, answering->session);
	bool failed = error && error->code != ERROR_NOT_FOUND;

	if (*link)
		(*link)->going = false;
	if (*link && !failed)
		parked_forget(answering->daemon, link, "a person said so");
	answering->done(answering->context, failed ? error : NULL);
	free(answering);
}

int parked_answer(struct daemon *daemon, const char *session, enum session_answer answer,
		  void (*done)(void *context, const struct error *error), void *context,
		  struct error *error)
{
	struct item **link = parked_find(daemon->parked, session);
	struct answering *answering;

	if (!*link || !parked_asks(*link))
		return error_set(error, ERROR_NOT_FOUND,
				 "no session %s waits for an answer; agentctl status shows those "
				 "that do",
				 session);
	if ((*link)->going || parked_has_answer(*link))
		return error_set(error, ERROR_CONFLICT, "session %s has its answer already",
				 session);
	answering = xcalloc(1, sizeof(*answering));
	answering->daemon = daemon;
	answering->done = done;
	answering->context = context;
	snprintf(answering->session, sizeof(answering->session), "%s", session);
	if (answer == ANSWER_NONE) {
		(*link)->going = true; /* nothing else becomes of it */
		journal_parked_drop(daemon, answering->session, dropped, answering);
		return 0;
	}
	json_object_set_new((*link)->wish, "answer", json_integer((json_int_t)answer));
	parked_keep(daemon, *link, answered, answering);
	return 0;
}
