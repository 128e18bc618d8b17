/* Requests that are no model calls, and of whose answers only the status counts: POSTs of JSON (the
 * webhooks of alerts) and GETs (looks at monitored services). No key goes with them. */
#ifndef GATEWAY_POST_H
#define GATEWAY_POST_H

#include "gateway.h"

/* Starts what `params` order: {"url","body":{…},"timeout_ms"}. `request` is answered {"status":N}
 * as soon as the server's answer is known to be one, or refused: with ERROR_CLOSED where the server
 * may have it all the same. After a failure, the caller refuses. */
int post_start(struct gateway *gateway, const json_t *params, uint64_t request,
	       struct error *error);

/* The same for a GET: {"url","timeout_ms"}, answered {"status","total_ms"}. What keeps the server's
 * status from us is an answer, too, with "status":0 and "message"; only what we cannot do is
 * refused. Each clock has all of the time: whether the sum was too long is for agentd to say. */
int get_start(struct gateway *gateway, const json_t *params, uint64_t request, struct error *error);

/* Frees all open ones without an answer. */
void posts_forget(struct gateway *gateway);

#endif
