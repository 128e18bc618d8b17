/* Where a command works: the workspace's files, and the daemon that serves them. */
#ifndef AGENTCTL_PLACE_H
#define AGENTCTL_PLACE_H

#include "command.h"

#include "rpc/rpc.h"
#include "store/store.h"
#include "workspace/workspace.h"

/* Opens the workspace of an invocation. Findings in agentd.yaml are printed to stderr when they are
 * errors, unless `found` (may be NULL) takes them. */
int place_open(const struct invocation *invocation, struct workspace **ret_workspace,
	       struct diagnostics *found, struct error *error);

/* The workspace's zone. Where agentd.yaml cannot be read that is told, and the host's stands in:
 * what the daemon does can be looked at all the same. The caller frees it. */
struct zone *place_zone(const struct invocation *invocation);

/* What is recorded, to read. NULL where no daemon has run yet. */
int place_store(const struct workspace *workspace, struct store **ret_store, struct error *error);

/* Whether a daemon serves it: what is open there goes on. */
bool place_is_served(const struct workspace *workspace);

/* Only the folder: for commands that talk to the daemon and need no files read. */
int place_find(const struct invocation *invocation, int *ret_dir, struct error *error);

/* Events of a session go to `event`; may be NULL. */
typedef void (*place_event)(void *context, const json_t *event);

struct connection {
	struct rpc *rpc;
	place_event event;
	void *context;
};

/* Connects to the daemon. ERROR_CLOSED: none is running. */
int connection_open(const struct invocation *invocation, place_event event, void *context,
		    struct connection **ret_connection, struct error *error);
void connection_close(struct connection *connection);

/* "Sat 2026-11-21 16:00" on the wall clock of the zone. Returns out. */
#define PLACE_TIME_SIZE 40
char *place_time(const struct zone *zone, int64_t at, char out[PLACE_TIME_SIZE]);

CLEANUP_DEFINE(struct connection *, connection_close)

#endif
