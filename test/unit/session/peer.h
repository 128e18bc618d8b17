/* agentd as a session sees it: a socket that hands down a plan, plays replies and writes down what
 * came. */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include "agent/agent.h"
#include "base/process.h"

#include <jansson.h>
#include <stdbool.h>

struct peer {
	/* what it plays */
	const char *const
		*replies; /* neutral replies as JSON, NULL-terminated; beyond: an error answer.
			     {"overflow":true} and {"failed":…} are answers without one */
	bool hang_up;     /* closes instead of answering the first completion */
	size_t hold;      /* runtime calls are answered when so many are open; 0: at once */

	/* what came */
	char *walls;
	json_t *completions; /* parameters, one each */
	json_t *tools;
	json_t *done; /* NULL: never said */
	struct process_end end;

	/* its folders, in /tmp */
	char root[40];
	int knowledge, work;
};

/* Of a session that was asked something; the caller's. */
struct plan *peer_plan(void);

void peer_init(struct peer *peer);
void peer_clear(struct peer *peer);

/* Starts a session with `plan` (NULL: hangs up at once; else its JSON) and serves it until it
 * ended. */
void peer_serve(struct peer *peer, json_t *plan);

/* Starts the program with these words alone, with or without a filter, and returns its end. */
struct process_end peer_start(struct peer *peer, const char *const *words, bool with_filter);

#endif
