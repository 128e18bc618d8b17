/* What a model call is made of: which model, how much of it, and the words for gateway and
 * state.db. No decision is made here. */
#ifndef AGENTD_COMPLETION_ORDER_H
#define AGENTD_COMPLETION_ORDER_H

#include "session.h"

#include "budget/budget.h"
#include "ladder/ladder.h"

/* ---- routes ---- */

/* The route of a session: its section's, its agent's, or `default`, as agentd.yaml has it now. */
const struct route *session_route(const struct session *session);

/* The model at a place of the session's route that may be used at all. NULL: there is none at this
 * place, it names no model, its provider is gone, or it has neither a price nor `free`. */
const struct model_settings *route_model(const struct session *session, size_t place);

/* Takes a model over as the session's. */
void session_set_model(struct session *session, const struct model_settings *model);

/* ---- money ---- */

enum budget_work session_work(const struct session *session);
bool model_is_accounted(const struct session *session); /* calls of the rehearsal model are not */

/* What an attempt asks of the budget. `max_tokens`: wished for. */
struct budget_ask model_ask(const struct session *session, int64_t request_bytes,
			    int64_t max_tokens);

/* ---- words ---- */

/* Parameters of the gateway's `complete`. `has_next`: a sick host is given up sooner. */
json_t *model_order(const struct session *session, json_t *request, unsigned quirks, bool has_next);

/* The step's intent: enough to see later what was asked of whom; the messages follow from the steps
 * before it. The caller frees it. */
char *model_intent(const struct session *session, const json_t *request);

#endif
