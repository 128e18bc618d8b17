/* What the kernel has killed for want of memory: under a limit of the machine's or of a unit's
 * (MemoryMax=), which is not ours and comes as a SIGKILL like any other. The control group that
 * agentd and its children are in counts these (cgroup v2, memory.events). */
#ifndef AGENTD_MEMORY_KILLS_H
#define AGENTD_MEMORY_KILLS_H

#include <stdint.h>

/* How many of its processes so far; 0 where nobody counts. */
int64_t memory_kills(void);

#endif
