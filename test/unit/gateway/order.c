#include "order.h"

#include "model/model.h"

json_t *order_request(const char *text)
{
	json_t *request = model_request_new(256);

	model_request_add_system(request, SPAN("You are kira."), true);
	for (size_t i = 0, count = 0; i < 2 && tool_table(&count); i++)
		model_request_add_tool(request, &tool_table(&count)[3 + i]);
	model_request_add_user(request, span_of(text));
	return request;
}

json_t *order_json(const struct started_provider *p, const char *call, const char *kind,
		   const char *key)
{
	const char *base = !strcmp(kind, "openai") ? "/v1" : "";
	_free_ char *url = p ? provider_url(p, base) : xstrdup("http://127.0.0.1:1");

	return json_pack("{s:s, s:{s:s, s:s, s:s, s:o, s:i, s:i, s:i}, s:s, s:o, s:n}", "call",
			 call, "provider", "name", "claude", "kind", kind, "base_url", url, "key",
			 json_loads(key, JSON_DECODE_ANY, NULL), "connect_ms", 5000,
			 "first_byte_ms", 3000, "progress_ms", 300, "model", "m-1", "request",
			 order_request("Go on."), "script");
}
