/* The session's work: plan → request, then complete, tools, complete … until the model has nothing
 * more to call. */
#ifndef SESSION_CONVERSATION_H
#define SESSION_CONVERSATION_H

#include "folders.h"

#include "agent/agent.h"
#include "rpc/rpc.h"

/* The first request: system sections, one user turn, the allowed tools. New reference. */
int conversation_begin(const struct plan *plan, json_t **ret_request, struct error *error);

/* Runs to the end and tells agentd (`done`). Fails with agentd's own error when a completion did.
 */
int conversation_run(struct rpc *rpc, const struct plan *plan, const struct folders *folders,
		     struct error *error);

#endif
