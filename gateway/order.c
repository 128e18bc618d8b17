#include "order.h"

static int refuse(struct error *error, const char *what)
{
	return error_set(error, ERROR_INVALID, "complete: %s", what);
}

static uint32_t read_ms(const json_t *provider, const char *key, uint32_t default_ms)
{
	json_int_t ms = json_integer_value(json_object_get(provider, key));

	return ms > 0 && ms <= UINT32_MAX ? (uint32_t)ms : default_ms;
}

int order_read(const json_t *params, struct order *ret_order, struct error *error)
{
	const json_t *provider = json_object_get(params, "provider");
	struct order order = {
		.call = json_string_value(json_object_get(params, "call")),
		.provider = json_string_value(json_object_get(provider, "name")),
		.kind = json_string_value(json_object_get(provider, "kind")),
		.base_url = json_string_value(json_object_get(provider, "base_url")),
		.model = json_string_value(json_object_get(params, "model")),
		.script = json_string_value(json_object_get(params, "script")),
		.key = json_object_get(provider, "key"),
		.request = json_object_get(params, "request"),
		.context = json_integer_value(json_object_get(params, "context")),
		.quirks = (unsigned)json_integer_value(json_object_get(params, "quirks")),
		.follow = !json_is_false(json_object_get(params, "follow")),
		.clocks = { .connect_ms = read_ms(provider, "connect_ms", 10000),
			    .first_byte_ms = read_ms(provider, "first_byte_ms", 120000),
			    .progress_ms = read_ms(provider, "progress_ms", 180000) },
	};

	if (!order.call || strlen(order.call) > ORDER_CALL_MAX)
		return refuse(error, "\"call\" has to be a text of at most 128 bytes");
	if (!order.provider || !order.kind)
		return refuse(error, "\"provider\" has to have a name and a kind");
	if (!json_is_object(order.request))
		return refuse(error, "\"request\" has to be an object");
	if (order.context < 0)
		return refuse(error, "\"context\" has to be a number of tokens");
	if (!order.model)
		order.model = "";
	*ret_order = order;
	return 0;
}
