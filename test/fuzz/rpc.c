/* Bytes of a peer: whatever they are and however they are cut, the same answers and the same end.
 */
#include "../../lib/rpc/connection.h"

#include "base/file.h"
#include "base/process.h"

#include <sys/socket.h>

#define SEEN_MAX (32 * 1024)

struct run {
	int result;
	size_t length;
	char answers[SEEN_MAX];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void echo(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	(void)context, (void)method;
	rpc_reply(rpc, id, params ? json_deep_copy(params) : NULL);
}

static void refuse(struct rpc *rpc, void *context, const char *method, const json_t *params,
		   uint64_t id)
{
	struct error error;

	(void)context, (void)method;
	error_set(&error, ERROR_INVALID, "%s", json_string_value(json_array_get(params, 0)) ?: "");
	rpc_refuse(rpc, id, &error);
}

static void keep(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	(void)rpc, (void)context, (void)method, (void)params, (void)id;
}

static void next_state(struct rpc *rpc, void *context, const char *method, const json_t *params,
		       uint64_t id)
{
	(void)context, (void)method, (void)params, (void)id;
	rpc_set_state(rpc, 2);
}

static void leave(struct rpc *rpc, void *context, const char *method, const json_t *params,
		  uint64_t id)
{
	(void)context, (void)method, (void)params, (void)id;
	rpc_close(rpc);
}

static const struct rpc_permit permits[] = {
	{ "echo", ~0u, false, echo }, { "refuse", ~0u, false, refuse },
	{ "keep", 2, false, keep },   { "next", 1, true, next_state },
	{ "leave", 2, true, leave },
};

static void answered(void *context, const json_t *result, const struct error *error)
{
	struct rpc *rpc = *(struct rpc **)context;

	if (error && rpc)
		rpc_notify(rpc, error->message, NULL);
	else if (rpc)
		rpc_notify(rpc, "result", json_deep_copy(result));
}

static void collect(int fd, struct run *run)
{
	ssize_t n = 1;

	while (n > 0 && run->length < SEEN_MAX) {
		n = recv(fd, run->answers + run->length, SEEN_MAX - run->length, MSG_DONTWAIT);
		if (n > 0)
			run->length += (size_t)n;
	}
}

static void feed_cut(struct span bytes, size_t cut, struct run *run)
{
	struct rpc *rpc, *alive;
	int fds[2];

	if (socket_pair(true, fds, NULL))
		return;
	rpc = alive = rpc_new(fds[0], 4096, permits, ARRAY_LENGTH(permits), NULL);
	rpc_request(rpc, "one", NULL, answered, &alive);
	rpc_request(rpc, "two", NULL, answered, &alive);
	run->result = rpc_feed(rpc, span_slice(bytes, 0, cut), NULL);
	if (!run->result)
		run->result = rpc_feed(rpc, span_slice(bytes, cut, bytes.length), NULL);
	collect(fds[1], run);
	alive = NULL;
	rpc_free(rpc);
	fd_close(&fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run whole, cut;
	struct span bytes = { (const char *)data + 1, size - 1 };

	if (!size)
		return 0;
	whole.length = cut.length = 0;
	feed_cut(bytes, bytes.length, &whole);
	feed_cut(bytes, bytes.length * data[0] / 255, &cut);
	if (whole.result != cut.result || whole.length != cut.length ||
	    memcmp(whole.answers, cut.answers, whole.length))
		BUG("cut at %zu: %d instead of %d", bytes.length * data[0] / 255, cut.result,
		    whole.result);
	return 0;
}
