/* May a slot that is due run? The gates of DESIGN 2.2 in their order; the first that is shut
 * decides. */
#ifndef AGENTD_GATES_H
#define AGENTD_GATES_H

#include "roster.h"

struct gate_verdict {
	enum slot_state state; /* RUNNING: it may */
	const char *reason;    /* static, or of the resident; NULL when it may run */
};

struct gate_verdict gates_pass(struct daemon *daemon, const struct resident *resident,
			       const struct heartbeat *heartbeat, const struct beat *beat,
			       int64_t planned);

#endif
