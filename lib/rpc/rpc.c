#include "connection.h"

#include "base/file.h"

#include <fcntl.h>

struct rpc *rpc_new(int fd, size_t frame_max, const struct rpc_permit *permits, size_t permit_count,
		    void *context)
{
	struct rpc *rpc = xcalloc(1, sizeof(*rpc));
	int flags = fcntl(fd, F_GETFL);

	*rpc = (struct rpc){
		.fd = fd,
		.permits = permits,
		.permit_count = permit_count,
		.context = context,
		.state = 1,
	};
	frames_init(&rpc->in, frame_max);
	queue_init(&rpc->out, frame_max);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	/* jansson opens /dev/urandom for the first object it makes; behind a wall it could not */
	json_object_seed(0);
	return rpc;
}

static void answer_closed(struct rpc *rpc)
{
	struct open_request request;
	struct error error;

	error_set(&error, ERROR_CLOSED, "the connection was closed before the answer came");
	while (open_take_any(&rpc->asked, &request))
		if (request.answer)
			request.answer(request.context, NULL, &error);
}

void rpc_free(struct rpc *rpc)
{
	if (!rpc)
		return;
	rpc->ended = rpc->closing = rpc->mute = true;
	answer_closed(rpc);
	open_clear(&rpc->asked);
	open_clear(&rpc->owed);
	frames_clear(&rpc->in);
	queue_clear(&rpc->out);
	fd_close(&rpc->fd);
	free(rpc);
}

int rpc_fd(const struct rpc *rpc)
{
	return rpc->fd;
}

void rpc_set_state(struct rpc *rpc, unsigned state)
{
	rpc->state = state;
}

void rpc_close(struct rpc *rpc)
{
	rpc->closing = true;
}
