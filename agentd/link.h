/* An rpc connection on the loop. */
#ifndef AGENTD_LINK_H
#define AGENTD_LINK_H

#include "rpc/rpc.h"

#include <uv.h>

struct link;

/* The other side is gone or broke the protocol. The link is dead; the callee frees it. */
typedef void (*link_closed)(void *owner, const struct error *error);

/* Takes the descriptor over. `context` is given to the permits' handlers, `owner` to `closed`. */
struct link *link_new(uv_loop_t *loop, int fd, const struct rpc_permit *permits,
		      size_t permit_count, void *context, link_closed closed, void *owner);

/* May be called from a handler of this very link. Open requests are answered ERROR_CLOSED at once,
 * unless the call comes from a handler: then right after it. */
void link_free(struct link *link);

/* In `closed`, for ERROR_CLOSED: has the other side only stopped sending (shutdown(2), as `echo … |
 * socat` does) and may still hear answers? If the callee wants to answer, it keeps the link and
 * frees it afterwards. */
bool link_still_hears(const struct link *link);

struct rpc *link_rpc(const struct link *link);

/* Handles what is there to be read, now; `closed` is not called. May free the link as a handler
 * may. */
void link_read(struct link *link);
/* Is there anything to be read? */
bool link_has_news(const struct link *link);
/* When something was heard or said last, on the monotonic clock. */
int64_t link_moved_ms(const struct link *link);

/* The four ways to send. They steal the reference and see to it that what did not fit is written
 * later. link_notify fails as rpc_notify does. */
int link_notify(struct link *link, const char *method, json_t *params);
void link_request(struct link *link, const char *method, json_t *params, rpc_answer answer,
		  void *context);
void link_reply(struct link *link, uint64_t id, json_t *result);
void link_refuse(struct link *link, uint64_t id, const struct error *error);

#endif
