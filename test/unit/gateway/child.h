/* An agentd-gateway that a test talks with as agentd does. */
#ifndef TEST_GATEWAY_CHILD_H
#define TEST_GATEWAY_CHILD_H

#include "base/process.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

struct child {
	struct process process;
	struct rpc *rpc;
	int stderr_fd;     /* what it printed, a memory file */
	json_t *deltas;    /* all that came, in order */
	int64_t *delta_ms; /* monotonic, beside them */
	size_t delta_capacity;
};

struct outcome {
	json_t *result; /* NULL: refused */
	struct error error;
	bool here;
};

/* `secrets`: text of the JSON object. `words` NULL: the policy that agentd gives, with a rule for
 * each of `folders` (NULL-terminated; may be NULL). */
void child_start(struct child *child, const char *secrets, const char *const *folders);
/* With the words of a policy and filter of somebody's choice; `filter` -1: none. */
void child_start_as(struct child *child, const char *secrets, const char *const *words, int filter);

/* Asks; the answer comes into *outcome while child_wait runs. Steals `params`. */
void child_complete(struct child *child, json_t *params, struct outcome *outcome);
void child_ask(struct child *child, const char *method, json_t *params, struct outcome *outcome);
void child_wait(struct child *child, const struct outcome *outcome);

/* Closes the connection, waits for the end and returns it; fails when `key` was printed. */
struct process_end child_end(struct child *child, const char *key);

/* All text deltas of a call, one after the other. The caller frees it. */
char *child_text(const struct child *child, const char *call);

#endif
