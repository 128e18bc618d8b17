#include "connection.h"
#include "fault.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

/* Reads of one rpc_readable, so that a peer that never stops sending cannot hold the loop. */
#define READS_MAX 16

static const struct rpc_permit *find_permit(const struct rpc *rpc, const char *method)
{
	for (size_t i = 0; i < rpc->permit_count; i++)
		if (!strcmp(rpc->permits[i].method, method))
			return &rpc->permits[i];
	return NULL;
}

/* Returns 0 and the permit, or the reason why there is none. */
static int match_permit(const struct rpc *rpc, const struct message *m,
			const struct rpc_permit **ret_permit, struct error *error)
{
	const struct rpc_permit *permit = find_permit(rpc, m->method);
	bool notification = m->kind == MESSAGE_NOTIFICATION;

	if (!permit)
		return error_set(error, ERROR_UNSUPPORTED, "there is no method \"%.64s\"",
				 m->method);
	if (permit->notification != notification)
		return error_set(error, ERROR_UNSUPPORTED, "\"%s\" has to be sent %s an id",
				 permit->method, notification ? "with" : "without");
	if (!(permit->states & rpc->state))
		return error_set(error, ERROR_DENIED, "\"%s\" is not allowed now", permit->method);
	*ret_permit = permit;
	return 0;
}

static int handle_notification(struct rpc *rpc, const struct message *m, struct error *error)
{
	const struct rpc_permit *permit;

	if (match_permit(rpc, m, &permit, error)) {
		error->code = ERROR_PROTOCOL;
		return -(int)ERROR_PROTOCOL;
	}
	permit->handler(rpc, rpc->context, permit->method, m->params, 0);
	return 0;
}

static int handle_request(struct rpc *rpc, const struct message *m)
{
	struct open_request request = { .id = json_incref(m->id) };
	const struct rpc_permit *permit;
	uint64_t number;
	struct error error;

	if (open_add(&rpc->owed, &request, &number)) {
		error_set(&error, ERROR_BUSY, "%d requests are open; wait for answers", OPEN_MAX);
		rpc_send(rpc, message_fault(m->id, fault_to_json(&error, 0)));
		json_decref(request.id);
		return 0;
	}
	if (match_permit(rpc, m, &permit, &error))
		rpc_refuse_as(rpc, number, &error, FAULT_METHOD);
	else
		permit->handler(rpc, rpc->context, permit->method, m->params, number);
	return 0;
}

static int handle_response(struct rpc *rpc, const struct message *m, struct error *error)
{
	struct open_request request;
	struct error fault;

	if (!json_is_integer(m->id) ||
	    !open_take(&rpc->asked, (uint64_t)json_integer_value(m->id), &request))
		return error_set(error, ERROR_PROTOCOL, "an answer to a request that is not open");
	if (!request.answer)
		return 0;
	if (m->fault) {
		fault_from_json(m->fault, &fault);
		request.answer(request.context, NULL, &fault);
	} else {
		request.answer(request.context, m->result, NULL);
	}
	return 0;
}

static int handle_complaint(struct rpc *rpc, const struct message *m, struct error *error)
{
	struct error fault;

	fault_from_json(m->fault, &fault);
	rpc->mute = true; /* no complaint about a complaint */
	return error_set(error, ERROR_PROTOCOL, "the other side could not read us: %s",
			 fault.message);
}

static int handle_message(struct rpc *rpc, const struct message *m, struct error *error)
{
	switch (m->kind) {
	case MESSAGE_REQUEST: return handle_request(rpc, m);
	case MESSAGE_NOTIFICATION: return handle_notification(rpc, m, error);
	case MESSAGE_RESPONSE: return handle_response(rpc, m, error);
	case MESSAGE_COMPLAINT: return handle_complaint(rpc, m, error);
	case MESSAGE_BLANK: break;
	}
	return 0;
}

static int broken(struct rpc *rpc, const struct error *problem, int fault, struct error *error)
{
	rpc->ended = true;
	rpc_complain(rpc, problem, fault);
	if (error)
		*error = *problem;
	return -(int)problem->code;
}

static int handle_line(struct rpc *rpc, struct span line, struct error *error)
{
	CLEANUP(message_clear) struct message m = { 0 };
	int r, fault = FAULT_INVALID_REQUEST;
	struct error problem;

	r = message_parse(line, &m, &fault, &problem);
	if (!r) {
		rpc->handled += m.kind != MESSAGE_BLANK;
		r = handle_message(rpc, &m, &problem);
	}
	return r ? broken(rpc, &problem, fault, error) : 0;
}

static int closed(struct error *error)
{
	return error_set(error, ERROR_CLOSED, "the connection was closed");
}

int rpc_handle(struct rpc *rpc, struct error *error)
{
	struct error problem;
	struct span line;
	int r;

	/* a handler may itself read (rpc_call): all state is in *rpc, nothing is held here */
	while (!rpc->closing && !rpc->ended) {
		r = frames_next(&rpc->in, &line);
		if (r < 0) {
			error_set(&problem, ERROR_PROTOCOL, "a message of more than %zu bytes",
				  rpc->in.frame_max);
			return broken(rpc, &problem, FAULT_PARSE, error);
		}
		if (!r)
			return 0;
		r = handle_line(rpc, line, error);
		if (r)
			return r;
	}
	return closed(error);
}

int rpc_feed(struct rpc *rpc, struct span bytes, struct error *error)
{
	size_t size;
	char *room;
	int r = 0;

	for (size_t at = 0; !r && at < bytes.length; at += size) {
		size = bytes.length - at;
		size = size < FRAMES_READ_MAX ? size : FRAMES_READ_MAX;
		room = frames_reserve(&rpc->in, size);
		memcpy(room, bytes.data + at, size);
		frames_advance(&rpc->in, size);
		r = rpc_handle(rpc, error);
	}
	return r;
}

static int ended(struct rpc *rpc, struct error *error)
{
	rpc->ended = true;
	return error_set(error, ERROR_CLOSED, "the other side is gone%s",
			 frames_partial(&rpc->in) ? ", in the middle of a message" : "");
}

/* Returns 1 when there may be more, 0 when all was read, or a negative error. */
static int read_some(struct rpc *rpc, struct error *error)
{
	char *room = frames_reserve(&rpc->in, FRAMES_READ_MAX);
	ssize_t n;

	do
		n = recv(rpc->fd, room, FRAMES_READ_MAX, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return rpc_handle(rpc, error); /* gives the empty buffer back */
	if (n <= 0)
		return ended(rpc, error);
	frames_advance(&rpc->in, (size_t)n);
	return rpc_handle(rpc, error) ?: n == FRAMES_READ_MAX;
}

int rpc_readable(struct rpc *rpc, struct error *error)
{
	int r = 1;

	for (int reads = 0; r > 0 && reads < READS_MAX; reads++)
		r = rpc->closing || rpc->ended ? closed(error) : read_some(rpc, error);
	return r > 0 ? 0 : r;
}
