/* The session's work: plan → request, then complete, tools, complete … until the model has nothing
 * more to call. */
#ifndef SESSION_CONVERSATION_H
#define SESSION_CONVERSATION_H

#include "folders.h"
#include "tools.h"
#include "transcript.h"

#include "agent/agent.h"
#include "rpc/rpc.h"

struct conversation {
	struct workbench bench;
	struct transcript transcript;
	json_t *results; /* made here since the last completion */
	json_int_t turn; /* replies so far */
	bool shrinks;    /* a compression is tried before the next, whatever the size */
};

/* Runs to the end and tells agentd (`done`). Fails with agentd's own error when a completion did.
 */
int conversation_run(struct rpc *rpc, const struct plan *plan, const struct folders *folders,
		     struct error *error);

/* Asks agentd for a reply to `request`: `complete` with these `params`, which are stolen, and with
 * what tools did since. *ret_answer is a new reference. */
int conversation_ask(struct conversation *c, const json_t *request, json_t *params,
		     json_t **ret_answer, struct error *error);

CLEANUP_DEFINE(json_t *, json_decref)

#endif
