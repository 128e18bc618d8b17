/* Text on its way up: joined, so that agentd hears of a call at most once in DELTAS_EVERY_MS. */
#ifndef GATEWAY_DELTAS_H
#define GATEWAY_DELTAS_H

#include "rpc/rpc.h"

#define DELTAS_EVERY_MS 20

struct deltas {
	struct rpc *rpc;
	const char *call;   /* its id */
	struct buffer text; /* not sent yet */
	int64_t sent_at_ms; /* monotonic */
};

void deltas_init(struct deltas *deltas, struct rpc *rpc, const char *call);
void deltas_clear(struct deltas *deltas);

/* Adds text; sends it at once when the last is long enough ago. */
void deltas_text(struct deltas *deltas, struct span text, int64_t now_ms);
/* The name of a tool that is called; what text there is goes first. */
void deltas_tool(struct deltas *deltas, struct span name, int64_t now_ms);
/* Sends what is due; returns when the rest will be (INT64_MAX: there is none). */
int64_t deltas_tick(struct deltas *deltas, int64_t now_ms);

#endif
