/* The size of one beat's request for an agent with a SOUL.md of three lines. */
#include "farm.h"
#include "served.h"
#include "server.h"

#define BYTES_PER_TOKEN 4 /* the usual rule of thumb for English text and JSON */

static double body_bytes(const json_t *request)
{
	const json_t *headers = json_object_get(request, "headers");
	const char *length = json_string_value(json_object_get(headers, "content-length"));
	_free_ char *body = json_dumps(json_object_get(request, "body"), JSON_COMPACT);

	return length ? strtod(length, NULL) : body ? (double)strlen(body) : 0;
}

static int run(struct bench *bench, struct error *error)
{
	static const struct row bytes_row = { .name = "a beat's request, first call",
					      .unit = "bytes" };
	static const struct row tokens_row = { "a beat's request / 4", "tokens", GOAL_AT_MOST, 700,
					       NULL };
	CLEANUP(served_stop) struct served *served = NULL;
	char agent[AGENT_NAME_SIZE];
	struct farm *farm;
	json_t *request;
	int result = farm_get(bench, 1, &farm, error);

	if (!result)
		result = farm_use(farm, bench->logged, error);
	if (!result)
		result = served_start(bench, farm, &served, error);
	server_log_skip(bench->logged);
	if (!result)
		result = served_run(served, farm_agent(0, agent), error);
	if (!result)
		result = served_await_end(served, NULL, error);
	if (result)
		return result;
	request = server_log_next(bench->logged);
	report_add_one(bench->report, &bytes_row, body_bytes(request));
	report_add_one(bench->report, &tokens_row, body_bytes(request) / BYTES_PER_TOKEN);
	json_decref(request);
	return farm_use(farm, bench->plain, error);
}

const struct measure measure_prompt = {
	.name = "prompt",
	.text = "size of a beat's request for a three-line agent",
	.run = run,
};
