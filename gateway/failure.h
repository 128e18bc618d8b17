/* How a call ended, and why it brought no reply. */
#ifndef GATEWAY_FAILURE_H
#define GATEWAY_FAILURE_H

#include "model/model.h"
#include "transport/transport.h"

/* What was asked, as far as judging needs it. */
struct asked {
	const char *kind;
	const char *key;       /* hidden in all messages; NULL: none was sent */
	int64_t request_bytes; /* model_request_bytes */
	int64_t context;       /* 0: not known */
	bool sent;             /* the server may have the request */
};

/* Judges a call that has ended. A stream that had come to its own end is a reply, however the
 * connection ended afterwards. `stream_error`: what model_stream_feed returned, code 0: nothing.
 * Returns true and *ret_failure, or false and *ret_reply. */
bool failure_of_call(const struct asked *asked, const struct transport_end *end,
		     struct model_stream *stream, const struct error *stream_error,
		     struct model_reply **ret_reply, struct model_failure *ret_failure);

/* One of our own making, before anything was sent. */
struct model_failure failure_of_ours(enum failure_class class, const struct error *error);

#endif
