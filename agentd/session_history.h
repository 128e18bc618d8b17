/* What a session has done so far, read from its journal: to go on from there.
 *
 * Journals are read in the order of time: those of the parked sessions whose work it goes on with,
 * then its own. A session that takes over the work of one that was parked in the middle of a reply
 * begins with a step of the kind "again", which holds that reply and the results that its calls
 * have; calls without one have a step of their own behind it, as behind the model's.
 *
 *     session_history_begin    session_history_take, for every step of the first
 *     session_history_next     session_history_take, for every step of the one behind it …
 *     session_history_apply    the session is where its journal ends */
#ifndef AGENTD_SESSION_HISTORY_H
#define AGENTD_SESSION_HISTORY_H

#include "session.h"

#define STEP_MODEL "model"
#define STEP_COMPACTION "compaction"
#define STEP_AGAIN "again"

struct session_history {
	json_t *request;     /* a neutral request whose messages are the past */
	json_t *compactions; /* replies of compressions, as lib/compaction recalls them */
	json_t *attempt;     /* of these the latest, NULL: a turn's reply is later */
	json_t *reply;       /* the latest of a turn, NULL: none is open */
	json_t *results;     /* of its calls, as far as they are known */
	int64_t seq;         /* of the latest step */
	int64_t reply_seq;
	int64_t answered; /* steps of the latest journal that have a result */
	int64_t turns, input_tokens, output_tokens;
	int64_t cost_micro_usd;        /* of the session itself; the reader's */
	char model[SETTINGS_NAME_MAX]; /* that it asked last; the reader's */
	int64_t began_ms;              /* UTC: the first of them; the reader's */
	int64_t earlier_turns;         /* of the parked sessions, as far as they count */
	unsigned told;                 /* a person was told something that often */
	json_t *posts;                 /* texts that were posted on the bulletin */
	char **facts;
	size_t fact_count, fact_capacity;
	json_t *objective; /* what the first was begun for, NULL: not known; the reader's */
	struct session_breaker breaker;
	int64_t compacted_seq; /* the latest step that made a summary; 0: none */
	/* Deaths for want of memory, and the latest step then; the reader's. */
	int64_t ooms, oom_seq;

	/* The results of the latest reply's calls have a person's word, which stands in no journal
	 * yet. */
	bool is_confirmed;

	/* A call of the latest reply of which nobody knows whether it was done: it had begun and
	 * must not be repeated, or it is of a tool that there is not any more. */
	struct {
		int64_t seq; /* 0: there is none */
		int64_t at_ms;
		char tool[64];
	} doubt;
};

/* The kind of a tool call's step: the tool's name. A model may make one up, which then is none of
 * the kinds above. */
const char *session_step_kind(const char *name);

void session_history_begin(struct session_history *history);
/* A store_step_visit. */
int session_history_take(void *history, const struct step *step);
/* What was read was a parked session's; the one that goes on with its work follows. With `afresh` a
 * person let it go on after it was stopped for going in circles: those are counted anew. */
void session_history_next(struct session_history *history, bool afresh);
void session_history_clear(struct session_history *history);

/* Behind session_history_next, for a session without a journal of its own: are there calls of the
 * latest reply that have no result, or one that a person gave? Then they are its own from now on,
 * as its first steps. */
bool session_history_adopt(struct session_history *history);
/* A person said that what is in doubt was done. */
void session_history_confirm(struct session_history *history);

/* The session is where its journal ends: counters, facts, the calls of its latest reply. */
void session_history_apply(struct session *session, struct session_history *history);

CLEANUP_DEFINE_VALUE(struct session_history, session_history_clear)

#endif
