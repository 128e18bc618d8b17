/* The insides of a connection, for the files of this folder and its fuzz harness. */
#ifndef RPC_CONNECTION_H
#define RPC_CONNECTION_H

#include "frames.h"
#include "open.h"
#include "queue.h"
#include "rpc.h"

struct rpc {
	int fd;
	const struct rpc_permit *permits;
	size_t permit_count;
	void *context;
	unsigned state;

	struct frames in;
	struct queue out;
	struct open_table asked; /* ours */
	struct open_table owed;  /* theirs */

	uint64_t handled; /* messages, so far */
	bool closing;     /* rpc_close was called */
	bool ended;       /* nothing more is read: end of the stream, or the protocol was broken */
	bool mute;        /* nothing more is written; what came is still read */
};

/* Handles all whole lines that are there. */
int rpc_handle(struct rpc *rpc, struct error *error);

/* Handles bytes as if they had been read. */
int rpc_feed(struct rpc *rpc, struct span bytes, struct error *error);

/* Queues a message, which is stolen, and writes what the socket takes. */
int rpc_send(struct rpc *rpc, json_t *message);

/* As rpc_request; the number is for open_abandon. */
int rpc_ask(struct rpc *rpc, const char *method, json_t *params, const struct open_request *request,
	    uint64_t *ret_number);

/* Refuses with a code of JSON-RPC's own; `code` 0: as rpc_refuse. */
int rpc_refuse_as(struct rpc *rpc, uint64_t number, const struct error *error, int code);

/* Tells the other side, which cannot be answered otherwise, why the connection ends. */
void rpc_complain(struct rpc *rpc, const struct error *error, int code);

#endif
