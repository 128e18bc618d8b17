/* The server: connections, one thread, epoll. */
#ifndef PROVIDER_SERVER_H
#define PROVIDER_SERVER_H

#include "script.h"
#include "wire.h"

struct server_options {
	struct script *script;
	const struct wire *wire; /* NULL: by the request's path */
	bool instant;
	int log; /* descriptor, or -1 */
};

/* Listens on 127.0.0.1; `port` 0 takes a free one. */
int server_listen(unsigned port, int *ret_fd, unsigned *ret_port, struct error *error);

/* Serves until SIGTERM or SIGINT. Takes `listener` over. */
int server_run(int listener, const struct server_options *options, struct error *error);

#endif
