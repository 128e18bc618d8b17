/* One HTTP call: an easy handle, its clocks and what came in so far. Private to transport. */
#ifndef TRANSPORT_CALL_H
#define TRANSPORT_CALL_H

#include "answer.h"
#include "transport/transport.h"

#include "base/buffer.h"

#include <curl/curl.h>

enum call_phase { PHASE_CONNECT, PHASE_FIRST_BYTE, PHASE_PROGRESS };

#define NO_DEADLINE INT64_MAX

struct transport_call {
	struct transport *transport;
	struct transport_call *next, *previous;
	struct transport_request request; /* its url, headers and body are not valid any more */
	CURL *easy;
	struct curl_slist *headers;
	char *server; /* "api.example.com" or "127.0.0.1:8080", for messages */
	enum call_phase phase;
	int64_t deadline_ms; /* monotonic */
	struct answer_head head;
	char *sending;      /* the request's body, until the answer begins */
	struct buffer body; /* of an answer that is not 2xx */
	int64_t received;
	bool tls;
	bool sent;
	bool good;        /* the answer is 2xx; known from its first byte on */
	bool cancelled;   /* within a callback: removed when libcurl has returned */
	bool body_enough; /* we ended it ourselves, with all of an error that we want */
	enum transport_trouble trouble; /* why we ended it ourselves; FINE: we did not */
	struct error error;             /* the same in words */
	char words[CURL_ERROR_SIZE];    /* libcurl's own */
};

int call_new(struct transport *transport, const struct transport_request *request,
	     struct transport_call **ret_call, struct error *error);
void call_free(struct transport_call *call);

/* Starts the clock of a phase, again if it is the same. */
void call_enter(struct transport_call *call, enum call_phase phase);
/* transport.c: the monotonic clock, read once for all that libcurl hands over at a time. */
int64_t transport_now_ms(const struct transport *transport);
/* transport.c: there is a deadline that may be earlier than all before. */
void transport_note_deadline(struct transport *transport, int64_t deadline_ms);
/* The running clock is over. */
void call_set_timeout(const struct transport_call *call, struct transport_end *end);

/* libcurl's verdict as ours: fills trouble and error, for which end->status is looked at. */
void call_judge(const struct transport_call *call, CURLcode code, struct transport_end *end);

CLEANUP_DEFINE(struct transport_call *, call_free)

#endif
