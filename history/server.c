#include "server.h"

#include "rpc/rpc.h"

#include <errno.h>
#include <poll.h>

static void on_request(struct rpc *rpc, void *context, const char *method, const json_t *params,
		       uint64_t id)
{
	struct workers *workers = context;
	struct error error = { 0 };
	struct job *job = NULL;

	if (!job_new(method, params, id, &job, &error) && !workers_add(workers, job, &error))
		return;
	job_free(job);
	rpc_refuse(rpc, id, &error);
}

/* The loop turns, whatever its workers do. */
static void on_alive(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)context;
	(void)method;
	(void)params;
	rpc_reply(rpc, id, json_object());
}

static const struct rpc_permit permits[] = {
	{ "ping", ~0u, false, on_alive },     { "edits", ~0u, false, on_request },
	{ "write", ~0u, false, on_request },  { "log", ~0u, false, on_request },
	{ "bundle", ~0u, false, on_request },
};

static void answer(struct rpc *rpc, struct workers *workers)
{
	struct job *job;

	while ((job = workers_next_done(workers))) {
		if (job->result)
			rpc_reply(rpc, job->request, steal_pointer(&job->result));
		else
			rpc_refuse(rpc, job->request, &job->error);
		job_free(job);
	}
}

static int wait(struct rpc *rpc, struct workers *workers, struct pollfd watched[2],
		struct error *error)
{
	watched[0] = (struct pollfd){ .fd = rpc_fd(rpc), .events = POLLIN };
	watched[1] = (struct pollfd){ .fd = workers_fd(workers), .events = POLLIN };
	if (rpc_wants_write(rpc))
		watched[0].events |= POLLOUT;
	if (poll(watched, 2, -1) < 0 && errno != EINTR)
		return error_set_system(error, errno, "waiting for requests");
	return 0;
}

int server_run(int fd, struct workers *workers, struct error *error)
{
	CLEANUP(rpc_free)
	struct rpc *rpc = rpc_new(fd, RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), workers);
	struct pollfd watched[2];
	int result = 0;

	while (!result) {
		result = wait(rpc, workers, watched, error);
		if (!result && watched[1].revents)
			answer(rpc, workers);
		if (!result && watched[0].revents & POLLOUT)
			result = rpc_writable(rpc, error);
		if (!result && watched[0].revents & ~POLLOUT)
			result = rpc_readable(rpc, error);
	}
	return result == -ERROR_CLOSED ? 0 : result;
}
