/* One model call: from agentd's order to its reply. */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "gateway.h"

/* Starts what `params` order. `request` is answered now or later with a reply or a failure of the
 * call; an order that is none (our bug), or one too many, fails here, and the caller refuses. */
int call_start(struct gateway *gateway, const json_t *params, uint64_t request,
	       struct error *error);

/* Closes the connection of a call and answers it with FAILURE_CANCELLED. An id that is not open, or
 * NULL: nothing. */
void call_cancel(struct gateway *gateway, const char *id);

/* Sends the text that is due; returns when the next will be (INT64_MAX: none waits). */
int64_t calls_send_deltas(struct gateway *gateway);

/* Frees all open calls without an answer. */
void calls_forget(struct gateway *gateway);

#endif
