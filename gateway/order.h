/* What agentd asks for: the parameters of `complete`. */
#ifndef GATEWAY_ORDER_H
#define GATEWAY_ORDER_H

#include "model/model.h"
#include "transport/transport.h"

#define ORDER_CALL_MAX 128

/* All of it is borrowed from the parameters. */
struct order {
	const char *call;
	const char *provider, *kind, *base_url;
	const char *model, *script;
	const json_t *key, *request;
	struct transport_clocks clocks;
};

int order_read(const json_t *params, struct order *ret_order, struct error *error);

#endif
