/* What agentd asks for: the parameters of `complete`. README.md has all messages. */
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
	int64_t context; /* tokens of the model's window, 0: not known */
	unsigned quirks;
	bool follow; /* somebody wants to hear of text and tools as they come */
};

int order_read(const json_t *params, struct order *ret_order, struct error *error);

#endif
