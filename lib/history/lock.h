/* Private to history: index.lock, by the rules of git itself (Documentation/technical/api-lockfile): who
 * creates it may replace the index, everybody else waits or gives up. */
#ifndef HISTORY_LOCK_H
#define HISTORY_LOCK_H

#include "repository.h"

#define LOCK_DRAFT "agentd-lock" /* what becomes index.lock */
#define LOCK_WAIT_MS 5000
#define LOCK_OLD_S (15 * 60)

/* Remembers when this process began: a lock from before may be a dead one's. */
void lock_start(void);

struct index_lock {
	int git, fd; /* fd -1: not held */
	struct stat made;
};

#define INDEX_LOCK_NONE ((struct index_lock){ -1, -1, { 0 } })

/* Waits for at most LOCK_WAIT_MS. ERROR_BUSY: somebody else holds it. */
int index_lock_take(struct history *history, struct index_lock *ret_lock, struct error *error);
void index_lock_drop(struct index_lock *lock);

/* Waits that become longer, until LOCK_WAIT_MS are over. */
struct backoff {
	int64_t end_ms;
	int pause_ms;
};
#define BACKOFF ((struct backoff){ 0, 1 })
bool backoff_wait(struct backoff *backoff); /* false: the time is over */

/* Removes the lock file `name` beneath .git when nobody holds it any more. */
bool lock_remove_stale(int git, const char *name);

CLEANUP_DEFINE_VALUE(struct index_lock, index_lock_drop)

#endif
