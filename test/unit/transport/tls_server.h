/* A TLS server with a certificate of its own, where the machine has one (openssl, nghttpd). */
#ifndef TEST_TRANSPORT_TLS_SERVER_H
#define TEST_TRANSPORT_TLS_SERVER_H

#include "base/process.h"

struct tls_server {
	struct process process;
	unsigned port;
	char folder[64]; /* with "certificate", its own authority */
};

enum tls_server_kind {
	TLS_HTTP1, /* openssl: answers one request with a short event stream */
	TLS_HTTP2, /* nghttpd: answers what was sent */
};

/* Returns false, and says so, where the program is not there. */
bool tls_server_start(struct tls_server *server, enum tls_server_kind kind);
void tls_server_stop(struct tls_server *server);

/* A port of 127.0.0.1 that was free a moment ago; the descriptor that is bound to it. */
int tls_take_port(unsigned *ret_port);

#endif
