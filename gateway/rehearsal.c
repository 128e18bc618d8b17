#include "rehearsal.h"

#include "deltas.h"

int rehearsal_answer(struct rpc *rpc, const struct order *order, uint64_t request,
		     struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	struct deltas deltas;
	int result = model_rehearse(order->request, order->script, &reply, error);

	if (result)
		return error_prefix(error, "%s: ", order->provider);
	deltas_init(&deltas, rpc, order->call);
	if (order->follow)
		deltas_text(&deltas, span_of(reply->text), 0);
	for (size_t i = 0; order->follow && i < reply->call_count; i++)
		deltas_tool(&deltas, span_of(reply->calls[i].name), 0);
	deltas_clear(&deltas);
	(void)rpc_reply(rpc, request,
			json_pack("{s:o, s:i, s:i, s:i}", "reply", model_reply_to_json(reply),
				  "status", 200, "first_byte_ms", 0, "total_ms", 0));
	return 0;
}
