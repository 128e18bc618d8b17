/* An agentd-gateway behind its walls, asked for many streams at once, as agentd asks. */
#ifndef BENCH_GATEWAY_H
#define BENCH_GATEWAY_H

#include "bench.h"

#include <stdint.h>
#include <sys/types.h>

struct gateway;

int gateway_start(struct bench *bench, struct gateway **ret_gateway, struct error *error);
void gateway_stop(struct gateway *gateway);
pid_t gateway_pid(const struct gateway *gateway);

/* Asks for `streams` replies of the server at `port`. */
int gateway_ask(struct gateway *gateway, unsigned port, size_t streams, bool follow,
		struct error *error);
/* Until all are there; *ret_text: bytes of text in all of them. Fails with the first call that
 * failed. */
int gateway_await(struct gateway *gateway, int64_t *ret_text, struct error *error);

#endif
