#include "connection.h"
#include "fault.h"
#include "message.h"

#include <sys/socket.h>

/* Whoever polls sees the end, once all that the other side had sent is read. */
static void fall_silent(struct rpc *rpc)
{
	rpc->mute = true;
	queue_clear(&rpc->out);
	shutdown(rpc->fd, SHUT_RDWR);
}

static int write_out(struct rpc *rpc)
{
	if (!rpc->mute && queue_write(&rpc->out, rpc->fd))
		fall_silent(rpc);
	return rpc->mute ? -(int)ERROR_CLOSED : 0;
}

int rpc_send(struct rpc *rpc, json_t *message)
{
	int r = rpc->mute || rpc->closing ? -(int)ERROR_CLOSED : queue_add(&rpc->out, message);

	json_decref(message);
	if (r == -(int)ERROR_BUSY) {
		fall_silent(rpc); /* what is lost would be missed: such a stream must not go on */
		return -(int)ERROR_TOO_LARGE;
	}
	return r ? r : write_out(rpc);
}

int rpc_writable(struct rpc *rpc, struct error *error)
{
	(void)error;
	write_out(rpc);
	return 0;
}

bool rpc_wants_write(const struct rpc *rpc)
{
	return !rpc->mute && !queue_is_empty(&rpc->out);
}

bool rpc_owes(const struct rpc *rpc)
{
	return open_has(&rpc->owed);
}

int rpc_notify(struct rpc *rpc, const char *method, json_t *params)
{
	return rpc_send(rpc, message_notification(method, params));
}

int rpc_ask(struct rpc *rpc, const char *method, json_t *params, const struct open_request *request,
	    uint64_t *ret_number)
{
	struct open_request unsent;
	int r = rpc->ended ? -(int)ERROR_CLOSED : open_add(&rpc->asked, request, ret_number);

	if (r) {
		json_decref(params);
		return r;
	}
	r = rpc_send(rpc, message_request(method, params, *ret_number));
	if (r)
		open_take(&rpc->asked, *ret_number, &unsent);
	return r;
}

int rpc_request(struct rpc *rpc, const char *method, json_t *params, rpc_answer answer,
		void *context)
{
	struct open_request request = { .answer = answer, .context = context };
	uint64_t number;

	return rpc_ask(rpc, method, params, &request, &number);
}

/* The other side waits for an answer, so it is told that the one it should get does not fit. */
static int refuse_oversized(struct rpc *rpc, json_t *id)
{
	struct error error;

	error_set(&error, ERROR_TOO_LARGE,
		  "the answer is larger than %zu bytes, the most that one "
		  "message may have",
		  rpc->out.frame_max);
	return rpc_send(rpc, message_fault(id, fault_to_json(&error, 0)));
}

int rpc_reply(struct rpc *rpc, uint64_t id, json_t *result)
{
	struct open_request request;
	int r;

	if (!open_take(&rpc->owed, id, &request)) {
		json_decref(result);
		return id ? -(int)ERROR_NOT_FOUND : 0;
	}
	r = rpc_send(rpc, message_result(request.id, result));
	if (r == -(int)ERROR_TOO_LARGE && !rpc->mute)
		r = refuse_oversized(rpc, request.id);
	json_decref(request.id);
	return r;
}

int rpc_refuse_as(struct rpc *rpc, uint64_t number, const struct error *error, int code)
{
	struct open_request request;
	int r;

	if (!open_take(&rpc->owed, number, &request))
		return number ? -(int)ERROR_NOT_FOUND : 0;
	r = rpc_send(rpc, message_fault(request.id, fault_to_json(error, code)));
	json_decref(request.id);
	return r;
}

int rpc_refuse(struct rpc *rpc, uint64_t id, const struct error *error)
{
	return rpc_refuse_as(rpc, id, error, 0);
}

void rpc_complain(struct rpc *rpc, const struct error *error, int code)
{
	rpc_send(rpc, message_fault(NULL, fault_to_json(error, code)));
}
