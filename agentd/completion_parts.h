/* A model call under way. Private to completion.c (its course), completion_ledger.c (what it
 * costs), completion_ladder.c (what follows when an attempt failed) and completion_end.c. */
#ifndef AGENTD_COMPLETION_PARTS_H
#define AGENTD_COMPLETION_PARTS_H

#include "completion.h"

#include "ladder/ladder.h"

struct ledger_ask;

struct completion {
	struct session *session; /* held */
	json_t *request;         /* the session's own */
	json_t *sent;            /* what goes out: that, mended */
	json_t *mended;          /* a smaller one that was found, or NULL */
	char *cause;
	struct step results[MODEL_CALLS_MAX]; /* not journalled yet; `result` is owned */
	size_t result_count;

	size_t at; /* place in the route */
	struct ladder_place place;
	int64_t rests_since; /* UTC ms: when no model could be called; 0: one can */
	int64_t attempt;     /* rows so far */

	struct ledger_ask *waiting; /* in the ledger's line */
	uv_timer_t *timer;          /* between two attempts */
	struct budget_hold hold;
	struct call_row row; /* of this attempt; strings are valid until the next */
	char decision[256], route[SETTINGS_NAME_MAX]; /* of the row: settings may be read again */
	bool holding;                                 /* `hold` is not settled */
	bool is_intended;                             /* the step has its intent */
	bool recording;                               /* rows are being written */
	bool is_recorded;                             /* the row is durable and not settled there */
	bool sending;                                 /* the gateway has it */
	bool is_probe;                                /* of a breaker that is half open */
	bool abandoned;                               /* nobody waits for the reply */
};

/* ---- completion_end.c ---- */

/* Results of the tools that ran since the call before; the strings are copied. */
void call_take_results(struct completion *call, const struct step *results, size_t count);
/* They cannot go along with the call, because it waits or is not made: they are journalled alone.
 */
void call_keep_results(struct completion *call);
void call_free_results(struct step *results, size_t count);

/* Frees it. */
void call_finish(struct completion *call);
/* The same, as it has come to nothing: the error is for the session's process, which ends. */
void call_give_up(struct completion *call, enum error_code code, const char *why);
/* The same; the session goes on without a reply. Steals the value. */
void call_answer_without(struct completion *call, const char *key, json_t *value);
/* The same, of a compression: it leaves all as it is. That it was tried is journalled, so that a
 * session that goes on after a death does not try it at once again. */
void call_attempt_failed(struct completion *call, const char *why);

/* ---- completion_ledger.c ---- */

/* The row of an attempt that is to be made. */
void attempt_row(struct completion *call);
/* It was not made, or was refused: nothing is to be paid. `charged`: what it cost is not known, and
 * what was held for it is booked. */
void attempt_settle_failed(struct completion *call, bool charged);
/* By what the provider reports; more than was foreseen alerts and trips the model's breaker. */
void attempt_settle_reply(struct completion *call, const struct model_reply *reply);
/* The settlement goes to state.db by itself, not along with a step's result. */
void attempt_keep_row(struct completion *call);

/* ---- completion_ladder.c ---- */

/* May another model further down the route be called now? */
bool failed_has_next(const struct completion *call);

/* What follows; told to the log, to who watches the session and, where a person is needed, as an
 * incident. Sets the row's decision. */
struct ladder_decision failed_decide(struct completion *call, const struct model_failure *failure);

/* Did the request not fit, and can the session make it smaller itself? Told like a decision. */
bool failed_compresses(struct completion *call, const struct model_failure *failure);

/* LADDER_MEND: does it. */
void mend_apply(struct completion *call, const struct model_failure *failure);

/* Incidents of the session's provider are over. */
void provider_is_well(const struct session *session);

/* Why a session's route has no model to call, and when the first is to be asked again (UTC ms; 0:
 * never, as agentd.yaml is). *ret_probed: that waits for a call that is out to see. */
int64_t route_rests(const struct session *session, struct buffer *why, bool *ret_probed);

/* A verdict in words; the caller frees it. */
char *over_reason(const struct session *session, const struct budget_verdict *verdict);

#endif
