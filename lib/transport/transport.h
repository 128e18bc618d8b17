/* HTTP for model calls: libcurl's multi interface behind three callbacks.
 *
 * One value owns all connections (keep-alive, HTTP/2, one DNS cache). It has no loop: it tells
 * which descriptors and which time it waits for, as curl_multi_socket_action wants it, through
 * `struct transport_loop`. Redirects are never followed, proxies and .netrc come from nowhere (no
 * environment), certificates are always verified, bodies and headers are bounded. The process
 * ignores SIGPIPE.
 *
 * A call is a list of clocks, one running at a time: connect (name, TCP, TLS), first byte (of the
 * body), progress.
 *
 * No request goes out twice. libcurl repeats one by itself when a kept connection ends without a
 * byte of answer, whatever was written before (Curl_retry_request); here that is allowed only while
 * nothing of the request has left, else the call ends with TRANSPORT_NO_ANSWER: a server may have
 * begun to work, and whether to ask again is not decided here. */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/error.h"
#include "base/span.h"

#define TRANSPORT_ERROR_BODY_MAX (64 * 1024)
#define TRANSPORT_BODY_MAX (256 * 1024 * 1024) /* bytes of one answer, after decompression */
#define TRANSPORT_HEADERS_MAX (64 * 1024)

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

/* What went wrong, and the code of the error beside it. */
enum transport_trouble {
	TRANSPORT_FINE,             /* a whole answer of any status */
	TRANSPORT_NO_HOST,          /* SYSTEM: the name cannot be resolved */
	TRANSPORT_NO_CONNECTION,    /* SYSTEM, errno in `system` where there is one */
	TRANSPORT_CONNECT_CLOCK,    /* TIMEOUT */
	TRANSPORT_TLS,              /* SYSTEM: no handshake */
	TRANSPORT_CERTIFICATE,      /* DENIED */
	TRANSPORT_FIRST_BYTE_CLOCK, /* TIMEOUT */
	TRANSPORT_PROGRESS_CLOCK,   /* TIMEOUT */
	TRANSPORT_NO_ANSWER,        /* CLOSED: not one byte of it */
	TRANSPORT_BROKE_OFF,        /* CLOSED */
	TRANSPORT_TOO_LARGE,        /* TOO_LARGE: over one of the maxima above */
	TRANSPORT_NOT_HTTP,         /* PROTOCOL: or an encoding that cannot be read */
	TRANSPORT_UNWANTED,         /* INVALID: `data` ended it */
	TRANSPORT_OTHER,            /* SYSTEM */
};

/* How a call ended. All of it is valid during `done` only. */
struct transport_end {
	int status;             /* 0: no answer */
	struct span body;       /* the beginning of an answer that is not 2xx */
	int64_t retry_after_ms; /* < 0: not given */
	enum transport_trouble trouble;
	struct error error; /* names the server and the clock that ran out, never a header */
};

struct transport_request {
	const char *url;
	const char *const *headers; /* NULL-terminated; copied */
	bool get;         /* a GET, without a body and on a connection of its own; else a POST */
	struct span body; /* copied; freed when the answer begins */
	struct transport_clocks clocks; /* 0: that clock does not run */
	/* The connection stands and the request goes out: from here on the server may have it. May
	 * be NULL. */
	void (*sent)(void *context);
	/* Bytes of a 2xx answer's body as they come; a non-zero return ends the call. */
	int (*data)(void *context, struct span bytes);
	/* The end, exactly once. */
	void (*done)(void *context, const struct transport_end *end);
	void *context;
};

/* Initialises libcurl and OpenSSL: 0.6 ms. */
int transport_new(const struct transport_loop *loop, struct transport **ret_transport,
		  struct error *error);
void transport_free(struct transport *transport);

/* Fails with ERROR_INVALID for a URL that is no http:// or https:// one; all else comes by `done`.
 * Not from within `data` or `sent`. *ret_call is good until `done` was called or the call was
 * cancelled. */
int transport_start(struct transport *transport, const struct transport_request *request,
		    struct transport_call **ret_call, struct error *error);
/* Progress as the caller understands it (a ping is none): restarts the progress clock. */
void transport_progress(struct transport_call *call);
/* Closes the connection at once (HTTP/2: the stream); `done` is not called any more. From anywhere
 * but the call's own `done`. */
void transport_cancel(struct transport_call *call);

/* From the loop: a watched descriptor is ready, the timer ran out. */
void transport_ready(struct transport *transport, int fd, bool readable, bool writable);
void transport_timer(struct transport *transport);

CLEANUP_DEFINE(struct transport *, transport_free)

#endif
