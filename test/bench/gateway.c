#include "gateway.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#include <stdio.h>
#include <unistd.h>

#define PATIENCE_MS 120000

struct gateway {
	struct process process;
	struct rpc *rpc;
	unsigned calls; /* asked for, ever */
	size_t open;
	int64_t text;
	struct error error; /* of the first call that failed */
};

static void on_delta(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)rpc, (void)context, (void)method, (void)params, (void)id;
}

static const struct rpc_permit permits[] = {
	{ .method = "delta", .states = ~0u, .notification = true, .handler = on_delta },
};

static int spawn(struct gateway *gateway, const char *path, int socket, struct error *error)
{
	const struct sandbox_policy policy = { .role = SANDBOX_GATEWAY };
	char *words[SANDBOX_WORDS_MAX];
	const char *argv[SANDBOX_WORDS_MAX + 2] = { "agentd-gateway" };
	struct process_plan plan = { .path = path, .argv = argv, .directory = -1 };
	_fd_ int filter = -1, secrets = -1;
	size_t count = sandbox_policy_words(&policy, words);
	int result = sandbox_filter_build(SANDBOX_GATEWAY, &filter, error);

	if (!result)
		result = memory_file_sealed("secrets", SPAN("{}"), &secrets, error);
	memcpy(argv + 1, words, count * sizeof(*words));
	plan.fds[plan.fd_count++] = (struct process_fd){ STDERR_FILENO, STDERR_FILENO };
	plan.fds[plan.fd_count++] = (struct process_fd){ socket, 3 };
	plan.fds[plan.fd_count++] = (struct process_fd){ filter, 4 };
	plan.fds[plan.fd_count++] = (struct process_fd){ secrets, 5 };
	if (!result)
		result = process_spawn(&plan, &gateway->process, error);
	while (count)
		free(words[--count]);
	return result;
}

int gateway_start(struct bench *bench, struct gateway **ret_gateway, struct error *error)
{
	struct gateway *gateway = xcalloc(1, sizeof(*gateway));
	_free_ char *path = xasprintf("%s/libexec/agentd/agentd-gateway", bench->build);
	int pair[2], result = socket_pair(true, pair, error);

	gateway->process = PROCESS_NONE;
	if (!result) {
		result = spawn(gateway, path, pair[1], error);
		close(pair[1]);
		gateway->rpc = rpc_new(pair[0], RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits),
				       gateway);
	}
	if (result)
		gateway_stop(gateway);
	else
		*ret_gateway = gateway;
	return result;
}

void gateway_stop(struct gateway *gateway)
{
	struct process_end end;

	if (!gateway)
		return;
	rpc_free(gateway->rpc); /* it ends when its socket does */
	if (gateway->process.pid)
		process_reap(&gateway->process, true, &end, NULL);
	free(gateway);
}

pid_t gateway_pid(const struct gateway *gateway)
{
	return gateway->process.pid;
}

static void on_answer(void *context, const json_t *result, const struct error *error)
{
	struct gateway *gateway = context;
	const json_t *text = json_object_get(json_object_get(result, "reply"), "text");
	const json_t *failure = json_object_get(result, "failure");

	gateway->open--;
	gateway->text += (int64_t)json_string_length(text);
	if (gateway->error.code || text)
		return;
	if (failure)
		error_set(&gateway->error, ERROR_REMOTE, "%s",
			  json_string_value(json_object_get(failure, "message")));
	else
		gateway->error = *error;
}

int gateway_ask(struct gateway *gateway, unsigned port, size_t streams, bool follow,
		struct error *error)
{
	_free_ char *url = xasprintf("http://127.0.0.1:%u/v1", port);

	gateway->text = 0;
	for (size_t i = 0; i < streams; i++) {
		_free_ char *call = xasprintf("c%u", gateway->calls++);
		json_t *params = json_pack(
			"{s:s,s:{s:s,s:s,s:s,s:i,s:i,s:i},s:s,s:{s:[],s:[{s:s,s:s}],s:[],s:i},s:b}",
			"call", call, "provider", "name", "bench", "kind", "openai", "base_url",
			url, "connect_ms", 30000, "first_byte_ms", 30000, "progress_ms", 30000,
			"model", "bench-model-1", "request", "system", "messages", "role", "user",
			"text", "Daily check", "tools", "max_tokens", 4096, "follow", (int)follow);

		if (rpc_request(gateway->rpc, "complete", params, on_answer, gateway))
			return error_set(error, ERROR_CLOSED, "the gateway is gone");
		gateway->open++;
	}
	return rpc_flush(gateway->rpc, error);
}

int gateway_await(struct gateway *gateway, int64_t *ret_text, struct error *error)
{
	int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;

	while (gateway->open) {
		int result = rpc_wait(gateway->rpc, 1000, error);

		if (result && result != -ERROR_TIMEOUT)
			return result;
		if (clock_monotonic_ms() > deadline)
			return error_set(error, ERROR_TIMEOUT, "%zu streams are still open",
					 gateway->open);
	}
	if (gateway->error.code) {
		*error = gateway->error;
		return -(int)error->code;
	}
	*ret_text = gateway->text;
	return 0;
}
