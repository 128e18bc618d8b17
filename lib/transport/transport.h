/* HTTP for model calls: libcurl's multi interface behind three callbacks.
 *
 * One value owns all connections (keep-alive, HTTP/2, one DNS cache). It has no loop: it tells which
 * descriptors and which time it waits for, as curl_multi_socket_action wants it, through `struct
 * transport_loop`. Redirects are never followed, proxies and .netrc come from nowhere (no environment),
 * certificates are always verified, bodies and headers are bounded. */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/error.h"
#include "base/span.h"

#define TRANSPORT_ERROR_BODY_MAX (64 * 1024)
#define TRANSPORT_BODY_MAX (256 * 1024 * 1024) /* received bytes of one answer */

struct transport;
struct transport_call;

/* What the loop has to do for it. */
struct transport_loop {
	void (*watch)(void *context, int fd, bool read, bool write); /* both false: no longer */
	void (*timer)(void *context, int64_t delay_ms);              /* < 0: none */
	void *context;
};

struct transport_clocks {
	uint32_t connect_ms, first_byte_ms, progress_ms;
};

struct transport_request {
	const char *url;
	const char *const *headers;  /* NULL-terminated; copied */
	struct span body;            /* copied */
	struct transport_clocks clocks;
	/* Bytes of a 2xx answer's body as they come; a non-zero return ends the call (ERROR_INVALID). */
	int (*data)(void *context, struct span bytes);
	/* The end, exactly once. status 0: no answer. error is NULL after a whole answer of any
	 * status; `body` holds the beginning of an answer >= 400. `retry_after_s` < 0: not given. */
	void (*done)(void *context, int status, struct span body, int64_t retry_after_s,
		     const struct error *error);
	void *context;
};

int transport_new(const struct transport_loop *loop, struct transport **ret_transport,
		  struct error *error);
void transport_free(struct transport *transport);

int transport_start(struct transport *transport, const struct transport_request *request,
		    struct transport_call **ret_call, struct error *error);
/* Progress as the caller understands it (a ping is none): restarts the progress clock. */
void transport_progress(struct transport_call *call);
/* Closes the connection at once; `done` is not called any more. */
void transport_cancel(struct transport_call *call);

void transport_ready(struct transport *transport, int fd, bool readable, bool writable);
void transport_timer(struct transport *transport);

#endif
