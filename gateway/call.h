/* One model call: from agentd's order to its reply. */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "gateway.h"

/* Starts what `params` order. `request` is answered now or later; after a failure, the caller
 * refuses. */
int call_start(struct gateway *gateway, const json_t *params, uint64_t request,
	       struct error *error);

/* Closes the connection of a call; no answer comes any more. An id that is not open, or NULL:
 * nothing. */
void call_cancel(struct gateway *gateway, const char *id);

/* Sends the text that is due; returns when the next will be (INT64_MAX: none waits). */
int64_t calls_send_deltas(struct gateway *gateway);

/* Frees all open calls without an answer. */
void calls_forget(struct gateway *gateway);

#endif
