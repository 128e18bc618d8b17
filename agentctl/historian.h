/* agentd-history, run for one command: agentctl links no libgit2. */
#ifndef AGENTCTL_HISTORIAN_H
#define AGENTCTL_HISTORIAN_H

#include "base/process.h"
#include "rpc/rpc.h"

struct historian {
	struct process process;
	struct rpc *rpc;
};

/* Starts it on the workspace whose folder is open as `dir`; `path` is its absolute path. `output`
 * is a folder that it may write bundles to, -1: none; not taken over. */
int historian_start(int dir, const char *path, int output, bool sandbox_off,
		    struct historian *ret_historian, struct error *error);
void historian_stop(struct historian *historian);

/* Asks and waits. *ret_result is a new reference. */
int historian_ask(struct historian *historian, const char *method, json_t *params,
		  json_t **ret_result, struct error *error);

CLEANUP_DEFINE_VALUE(struct historian, historian_stop)

#endif
