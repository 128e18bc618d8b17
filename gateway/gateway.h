/* The loop: agentd's socket on one side, libcurl's sockets on the other. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "rpc/rpc.h"
#include "transport/transport.h"

#include <uv.h>

/* Twice the streams that are promised; each may need two descriptors while its name is looked up,
 * and the walls give 4,096. */
#define GATEWAY_CALLS_MAX 2000

struct call;
struct post;
struct watcher;

struct gateway {
	uv_loop_t loop;
	uv_poll_t socket; /* agentd's */
	int socket_events;
	uv_prepare_t before_wait;
	uv_timer_t transport_timer, delta_timer;
	struct rpc *rpc;
	struct transport *transport;
	struct watcher **watchers; /* by descriptor */
	size_t watcher_count;
	json_t *secrets;
	struct call *first; /* open calls */
	size_t call_count;
	struct post *first_post;
	size_t post_count;
	struct error error; /* why it ended; code 0: agentd closed */
};

/* Takes `fd` (to agentd) and the reference `secrets` over. */
int gateway_open(struct gateway *gateway, int fd, json_t *secrets, struct error *error);
/* Until agentd closes; else fails with ERROR_PROTOCOL. */
int gateway_run(struct gateway *gateway, struct error *error);
void gateway_close(struct gateway *gateway);

/* Text waits and is to be looked at then (monotonic ms). */
void gateway_wake_deltas(struct gateway *gateway, int64_t at_ms);

#endif
