/* POSTs of JSON that are no model calls: the webhooks of alerts. No key goes with them. */
#ifndef GATEWAY_POST_H
#define GATEWAY_POST_H

#include "gateway.h"

/* Starts what `params` order: {"url","body":{…},"timeout_ms"}. `request` is answered {"status":N}
 * as soon as the server's answer is known to be one, or refused; after a failure, the caller
 * refuses. */
int post_start(struct gateway *gateway, const json_t *params, uint64_t request,
	       struct error *error);

/* Frees all open ones without an answer. */
void posts_forget(struct gateway *gateway);

#endif
