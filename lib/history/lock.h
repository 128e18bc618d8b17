/* Private to history: index.lock, by the rules of git itself
 * (Documentation/technical/api-lockfile): who creates it may replace the index, everybody else
 * waits or gives up. */
#ifndef HISTORY_LOCK_H
#define HISTORY_LOCK_H

#include "repository.h"

#define LOCK_DRAFT "agentd-lock"           /* what becomes index.lock */
#define REFERENCE_DRAFT "agentd-reference" /* what becomes a branch */
#define LOCK_WAIT_MS 5000
#define LOCK_OLD_S (15 * 60)

/* Remembers when this process began: a lock from before may be a dead one's. */
void lock_start(void);

/* Holding it. Holds nest: only the outermost takes the lock, so that a step that lost too many
 * races can begin again with the lock in hand. */
struct index_lock {
	struct history *h; /* NULL: not held by this one */
};

/* Waits for at most LOCK_WAIT_MS. ERROR_BUSY: somebody else holds it. */
int index_lock_take(struct history *history, struct index_lock *ret_lock, struct error *error);
void index_lock_drop(struct index_lock *lock);

/* Removes an index.lock that nobody holds any more, and what its holder held besides. */
bool index_lock_remove_stale(struct history *history);

/* Writes into the lock that is held which other lock file (by its inode) goes with it. */
int index_lock_name(const struct history *history, ino_t inode);

/* So many times somebody else may be faster before the lock is taken first. */
#define RACES_MAX 2

/* Waits that become longer, until LOCK_WAIT_MS are over. */
struct backoff {
	int64_t end_ms;
	int pause_ms;
};
#define BACKOFF ((struct backoff){ 0, 1 })
bool backoff_wait(struct backoff *backoff); /* false: the time is over */

/* Removes the lock file `name` beneath `folder` when nobody holds it any more, and remembers that.
 */
bool lock_remove_stale(struct history *history, int folder, const char *name);

CLEANUP_DEFINE_VALUE(struct index_lock, index_lock_drop)

#endif
