/* The calls of one reply: local ones run here, runtime ones are asked of agentd, bad ones are
 * answered with a sentence that tells the model what to do instead. */
#ifndef SESSION_TOOLS_H
#define SESSION_TOOLS_H

#include "folders.h"

#include "agent/agent.h"
#include "model/model.h"
#include "rpc/rpc.h"

struct workbench {
	struct rpc *rpc;
	const struct plan *plan;
	const struct folders *folders;
	const json_t *known; /* results of the calls that were made before the session went on */
	const char *only;    /* the one tool that may be called now; NULL: all that are allowed */
};

/* May this session call it? */
bool tool_is_allowed(const struct plan *plan, const char *name);

/* Works off all calls in order and adds their results to `request` in that order. Results that were
 * made here are also appended to `results`, an array. Runtime calls are sent one behind the other
 * and waited for together. Fails only when agentd cannot be talked to. */
int tools_run(const struct workbench *bench, const struct model_reply *reply, json_t *request,
	      json_t *results, struct error *error);

#endif
