/* JSON-RPC 2.0, one line a message, over a stream socket: what all our processes speak.
 *
 * A connection is a pair of buffers without a loop of its own: whoever has one (agentd's libuv, the
 * gateway's, a blocking tool) says when to read and write. Frames are bounded; a frame that is too
 * long, no JSON object, or no request, response or notification is a protocol error, after which
 * the connection is only good for closing; the other side is told why in an error without an id.
 * Every method a side may receive stands in its permit table with the states in which it is
 * allowed; anything else is refused before a handler sees it (a notification cannot be refused: one
 * that is not allowed breaks the protocol).
 *
 *     struct rpc *rpc = rpc_new(fd, RPC_FRAME_MAX, permits, count, context);
 *     rpc_request(rpc, "complete", params, on_answer, context);       events loop:
 *     rpc_readable(rpc, &error) when the descriptor is readable;
 *     rpc_writable(rpc, &error) when it is writable and rpc_wants_write(rpc);
 *     rpc_free(rpc): open requests are answered ERROR_CLOSED.
 *
 * Parameters and results are jansson values. Functions that send steal their reference. */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>

#define RPC_FRAME_MAX (16 * 1024 * 1024)
#define RPC_QUEUE_MAX (64 * 1024 * 1024) /* bytes waiting to be written */

struct rpc;

/* Asked a method. For a request `id` is to be passed to rpc_reply or rpc_refuse, now or later (it
 * is valid until then or until the connection ends); it is 0 for a notification. `params` is
 * borrowed. */
typedef void (*rpc_handler)(struct rpc *rpc, void *context, const char *method,
			    const json_t *params, uint64_t id);

struct rpc_permit {
	const char *method;
	unsigned states;   /* bits of the states in which it is allowed; ~0u: always */
	bool notification; /* must be (true) or must not be (false) a notification */
	rpc_handler handler;
};

/* Answer to a request: `result` (borrowed), or NULL and `error`. */
typedef void (*rpc_answer)(void *context, const json_t *result, const struct error *error);

/* Takes the descriptor over. `permits` must outlive the connection. */
struct rpc *rpc_new(int fd, size_t frame_max, const struct rpc_permit *permits, size_t permit_count,
		    void *context);
void rpc_free(struct rpc *rpc);
int rpc_fd(const struct rpc *rpc);

/* The state that the permit table is matched with: one bit, 1 at the start. */
void rpc_set_state(struct rpc *rpc, unsigned state);

/* Queue and try to write at once; what does not fit waits for rpc_writable. They fail on a dead
 * connection (-ERROR_CLOSED), a full queue, and a message over frame_max (both -ERROR_TOO_LARGE;
 * the last harms nothing else). After the first two nothing more is written, but what the other
 * side had sent is still read, and then rpc_readable tells the end. A request that could not be
 * sent is not answered. An answer over the maximum is replaced by an error, so that nobody waits
 * for it. A reply to id 0 (a notification) is dropped. */
int rpc_notify(struct rpc *rpc, const char *method, json_t *params);
int rpc_request(struct rpc *rpc, const char *method, json_t *params, rpc_answer answer,
		void *context);
int rpc_reply(struct rpc *rpc, uint64_t id, json_t *result);
/* The error's code and message travel as {"code":…,"message":…,"data":{…}} and come out equal. */
int rpc_refuse(struct rpc *rpc, uint64_t id, const struct error *error);

/* Read what is there (at most 1 MiB at a time: poll again) and handle all whole frames.
 * ERROR_CLOSED: the other side is gone; ERROR_PROTOCOL. A handler may call anything but rpc_free on
 * its own connection; use rpc_close for that, which makes rpc_readable return ERROR_CLOSED. */
int rpc_readable(struct rpc *rpc, struct error *error);
/* Write what waits. Never fails: where the other side is gone, what it said last is still to be
 * read, and then rpc_readable tells the end. */
int rpc_writable(struct rpc *rpc, struct error *error);
bool rpc_wants_write(const struct rpc *rpc);
void rpc_close(struct rpc *rpc);

/* Has the other side asked for something that it was not answered yet? */
bool rpc_owes(const struct rpc *rpc);

/* For programs without a loop: send, then read and handle until the answer is there. *ret_result is
 * a new reference. `timeout_ms` < 0: for ever. */
int rpc_call(struct rpc *rpc, const char *method, json_t *params, int timeout_ms,
	     json_t **ret_result, struct error *error);
/* Blocks until at least one message was handled, or the time is over (ERROR_TIMEOUT). */
int rpc_wait(struct rpc *rpc, int timeout_ms, struct error *error);
/* Writes out all that is queued, blocking; reads nothing. */
int rpc_flush(struct rpc *rpc, struct error *error);

/* A Unix socket beneath `dir`, however long its path is (over /proc/self/fd). Mode 0600,
 * non-blocking; an old socket of that name makes way, so hold the workspace's lock. rpc_connect:
 * ERROR_NOT_FOUND when there is no such socket or nobody listens on it. */
int rpc_listen(int dir, const char *name, int *ret_fd, struct error *error);
int rpc_connect(int dir, const char *name, int *ret_fd, struct error *error);

CLEANUP_DEFINE(struct rpc *, rpc_free)

#endif
