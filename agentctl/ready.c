#include "place.h"

#include "base/clock.h"

#include <time.h>

#define STEP_MS 5

static int ask(const struct invocation *invocation, bool *ret_ready, struct error *error)
{
	CLEANUP(connection_close) struct connection *connection = NULL;
	json_t *answer;
	int result = connection_open(invocation, NULL, NULL, &connection, error);

	if (!result)
		result = rpc_call(connection->rpc, "ready", json_object(), 5000, &answer, error);
	if (result)
		return result;
	*ret_ready = json_is_true(json_object_get(answer, "ready"));
	json_decref(answer);
	return 0;
}

static int run(const struct invocation *invocation)
{
	struct timespec step = { 0, STEP_MS * 1000000L };
	struct error error;
	int64_t until;
	bool ready = false;
	long seconds;
	int result;

	if (invocation_number(invocation, "wait", 0, 0, 3600, &seconds))
		return STATUS_WRONG_USE;
	until = clock_monotonic_ms() + seconds * 1000;
	for (;;) {
		result = ask(invocation, &ready, &error);
		if ((!result && ready) || clock_monotonic_ms() >= until)
			break;
		if (result && error.code != ERROR_CLOSED && error.code != ERROR_TIMEOUT)
			break;
		nanosleep(&step, NULL);
	}
	if (result)
		return fail(&error);
	return ready ? STATUS_DONE : STATUS_FAILED;
}

const struct command command_ready = {
	.name = "ready",
	.operands = "",
	.text = "tell by the exit status whether the daemon is ready",
	.more = "0: ready; 1: it is still starting; 3: there is none.",
	.options = { { "wait", 0, "SECONDS", "wait for it that long" } },
	.run = run,
};
