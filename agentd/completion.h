/* A turn's model call, from the request to its reply: reserved, journalled, made, and when it fails
 * taken over the ladder (lib/ladder): again here, the next model of the route, or mended.
 *
 *     begin → reserve (ledger) → record (journal) → order (gateway) → reply
 *       ↑                                                  │ failure
 *       └──────── again · next · mend ── decide ←──────────┘
 *
 * Every attempt is a row of the ledger, durable before its first byte leaves. Each begins from the
 * session's own request, so that a model that broke off in the middle of an answer leaves nothing
 * behind but what it cost. */
#ifndef AGENTD_COMPLETION_H
#define AGENTD_COMPLETION_H

#include "session.h"

#include "budget/budget.h"

/* The session asks (session->asked) for the next reply. `results` of the tools that ran since are
 * journalled along; their strings are copied, the request is borrowed. */
void completion_start(struct session *session, json_t *request, const struct step *results,
		      size_t result_count);

/* Has it been sent, or is it about to be? Else it waits: for money, for its turn, for a model. */
bool completion_is_under_way(const struct session *session);

/* Nobody waits for it any more: its connection is closed; what it may have cost is booked. */
void completion_abandon(struct session *session);

#endif
