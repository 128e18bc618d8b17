/* agentd-session: one run of an agent. Behind its walls before it reads a byte of anyone's text;
 * then a plan comes down, and turns go up. See lib/sandbox and test/probe for what it cannot do. */
#include "conversation.h"
#include "folders.h"

#include "agent/agent.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#include <stdio.h>

#define SOCKET 3
#define FILTER 4
#define STATUS_FAILED 1
#define STATUS_NO_WALLS 111
#define VERSION 1

struct session {
	struct sandbox_policy policy;
	struct folders folders;
	struct rpc *rpc;
	struct plan *plan;
	struct error refusal; /* of a plan that is none; code 0: there was none */
};

static void session_clear(struct session *s)
{
	plan_free(s->plan);
	rpc_free(s->rpc);
	folders_clear(&s->folders);
}
CLEANUP_DEFINE_VALUE(struct session, session_clear)

/* The policy's words, then dir=NAME:FD for each folder. */
static int read_words(struct session *s, char *const *words, size_t count, struct error *error)
{
	size_t own = 0;
	int result;

	while (own < count && strncmp(words[own], "dir=", 4))
		own++;
	result = sandbox_policy_read(words, own, &s->policy, error);
	for (; !result && own < count; own++) {
		if (strncmp(words[own], "dir=", 4))
			return error_set(error, ERROR_INVALID, "\"%s\" is no word of ours",
					 words[own]);
		result = folders_add(&s->folders, words[own] + 4, &s->policy, error);
	}
	return result;
}

/* What could not be done any more behind the walls. */
static void seed(void)
{
	size_t random;

	random_bytes(&random, sizeof(random));
	json_set_alloc_funcs(xmalloc, free); /* jansson would go on without memory … */
	json_object_seed(random);            /* … and read /dev/urandom itself */
	(void)FAILPOINT("session.start");
}

static int enter(const struct session *s, struct error *error)
{
	const int keep[] = { SOCKET };

	return sandbox_enter(&s->policy, FILTER, keep, ARRAY_LENGTH(keep), error);
}

static void receive_plan(struct rpc *rpc, void *context, const char *method, const json_t *params,
			 uint64_t id)
{
	struct session *s = context;

	(void)method;
	(void)id;
	rpc_set_state(rpc, 2); /* there is one plan */
	plan_from_json(params, &s->plan, &s->refusal);
}

static const struct rpc_permit permits[] = {
	{ "plan", 1, true, receive_plan },
};

static int say_hello(struct session *s, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer walls = BUFFER(4096);

	sandbox_policy_print(&s->policy, &walls);
	buffer_append(&walls, SPAN("; "));
	sandbox_in_force_print(&walls);
	s->rpc = rpc_new(SOCKET, RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), s);
	if (rpc_notify(s->rpc, "hello",
		       json_pack("{s:i, s:s}", "version", VERSION, "walls", walls.data)))
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	return 0;
}

static int wait_for_plan(struct session *s, struct error *error)
{
	int result = 0;

	while (!result && !s->plan && !s->refusal.code)
		result = rpc_wait(s->rpc, -1, error);
	if (!result && !s->plan) {
		*error = s->refusal;
		result = error_prefix(error, "the plan: ");
	}
	return result;
}

/* An answer may carry ERROR_CLOSED, too: ours is closed when nothing can come. */
static bool agentd_is_gone(struct session *s)
{
	return s->rpc && rpc_wait(s->rpc, 0, NULL) == -(int)ERROR_CLOSED;
}

static int fail(const struct error *error, int status)
{
	fprintf(stderr, "agentd-session: %s\n", error->message);
	return status;
}

int main(int argc, char **argv)
{
	CLEANUP(session_clear) struct session s = { 0 };
	struct error error;
	int result;

	seed();
	if (read_words(&s, argv + 1, argc > 1 ? (size_t)argc - 1 : 0, &error) || enter(&s, &error))
		return fail(&error, STATUS_NO_WALLS);
	result = say_hello(&s, &error);
	if (!result)
		result = wait_for_plan(&s, &error);
	if (!result)
		result = conversation_run(s.rpc, s.plan, &s.folders, &error);
	if (!result || agentd_is_gone(&s))
		return 0;
	/* By an answer that it is over agentd has told why. */
	return result == -(int)ERROR_CLOSED ? STATUS_FAILED : fail(&error, STATUS_FAILED);
}
