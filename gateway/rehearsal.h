/* The model that is none: no network, the same deltas and the same reply. */
#ifndef GATEWAY_REHEARSAL_H
#define GATEWAY_REHEARSAL_H

#include "order.h"
#include "rpc/rpc.h"

int rehearsal_answer(struct rpc *rpc, const struct order *order, uint64_t request,
		     struct error *error);

#endif
