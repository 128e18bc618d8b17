/* The provider of test/provider, in general answering at once (--instant). It ends with the bench.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "bench.h"

struct server;

int server_start(struct bench *bench, bool logged, struct server **ret_server, struct error *error);
/* One that does what `script` says (test/provider), and logs. */
int server_start_scripted(struct bench *bench, const char *script, struct server **ret_server,
			  struct error *error);
void server_stop(struct server *server);
unsigned server_port(const struct server *server);

/* Skips what was logged up to now. */
void server_log_skip(struct server *server);

/* The next request of the log, NULL when there is none (yet). A new reference. */
json_t *server_log_next(struct server *server);

#endif
