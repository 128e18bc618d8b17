/* What a session has done so far, read from its journal: to go on from there. */
#ifndef AGENTD_SESSION_HISTORY_H
#define AGENTD_SESSION_HISTORY_H

#include "session.h"

/* Takes steps in their order; `done` when all were seen. */
struct session_history {
	json_t *request; /* a neutral request whose messages are the past */
	json_t *reply;   /* the latest, NULL: none */
	json_t *results; /* of its calls, as far as they are known */
	int64_t seq;     /* of the latest step */
	int64_t reply_seq;
	int64_t turns, input_tokens, output_tokens, cost_micro_usd;
	char **facts;
	size_t fact_count, fact_capacity;
};

void session_history_begin(struct session_history *history);
/* A store_step_visit. */
int session_history_take(void *history, const struct step *step);
void session_history_clear(struct session_history *history);

/* The session is where its journal ends: counters, facts, the calls of its latest reply. With `own`
 * false the journal is another session's (parked work that goes on): only what was said counts. */
void session_history_apply(struct session *session, struct session_history *history, bool own);

CLEANUP_DEFINE_VALUE(struct session_history, session_history_clear)

#endif
