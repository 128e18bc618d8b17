#include "place.h"

#include <stdio.h>

/* What follows, behind "session ID ". NULL: no such answer. */
static const char *what_follows(const char *answer)
{
	if (!strcmp(answer, "done"))
		return "goes on: what it was at counts as done";
	if (!strcmp(answer, "undone"))
		return "goes on: what it was at is done now";
	if (!strcmp(answer, "drop"))
		return "does not go on";
	return NULL;
}

static int run_answer(const struct invocation *invocation)
{
	CLEANUP(connection_close) struct connection *connection = NULL;
	const char *session = invocation->operands[0], *answer = invocation->operands[1];
	const char *follows = what_follows(answer);
	json_t *result;
	struct error error;

	if (!follows)
		return wrong_use(invocation, "answer done, undone or drop");
	if (connection_open(invocation, NULL, NULL, &connection, &error) ||
	    rpc_call(connection->rpc, "answer",
		     json_pack("{s:s,s:s}", "session", session, "answer", answer), 10000, &result,
		     &error))
		return fail(&error);
	json_decref(result);
	printf("session %s %s\n", session, follows);
	return STATUS_DONE;
}

const struct command command_answer = {
	.name = "answer",
	.operands = "SESSION done|undone|drop",
	.text = "say whether what a session was interrupted in was done",
	.more = "What must not happen twice, such as telling a person, is never repeated by itself. Where it had "
		"begun when agentd died, its session is parked and `status` shows it first. Look whether it "
		"happened, then say done (the session goes on), undone (it is done now, and the session goes on) "
		"or drop (the session does not go on).",
	.least = 2,
	.most = 2,
	.run = run_answer,
};
