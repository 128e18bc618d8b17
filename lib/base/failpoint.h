/* Named places where a test build can be told to fail.
 *
 * AGENTD_FAILPOINTS="name=action[@n][,…]" is read at the first hit, in builds configured with
 * -DAGENTD_FAILPOINTS=ON only; in all others FAILPOINT() is the constant 0 and the names are not in
 * the binary. Actions: `kill` (SIGKILL to ourselves), `error:ENOSPC` (the errno to return, by name
 * or number), `delay:250` (milliseconds), `eat` (all memory that there is; `eat:65536`: where
 * what is handled has more bytes than that), `spin` (for ever). `@n`
 * means the n-th hit only, `@n+` from the n-th on; without it, every hit.
 * AGENTD_FAILPOINTS_LOG=FILE appends the name of each hit, one a line, so that a sweep can count
 * and name the points it kills at.
 *
 * Names are `layer.verb`: `file.write`, `file.sync`, `file.rename`, `store.commit`, … */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#include <stdint.h>

#ifdef AGENTD_FAILPOINTS
int failpoint_hit(const char *name, int64_t bytes); /* 0, or the errno that the test wants */
#define FAILPOINT(name) failpoint_hit(name, 0)
#define FAILPOINT_OF(name, bytes) failpoint_hit(name, bytes)
#else
#define FAILPOINT(name) 0
#define FAILPOINT_OF(name, bytes) 0
#endif

#endif
