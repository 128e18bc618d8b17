/* Copies of state.db that were set aside as damaged: .agentd/state.db.damaged-TIME, each with the
 * -wal and -shm that it had. A person may look into them, agentd reads one once (salvage.h). The
 * latest ASIDE_MAX are kept, and fewer where they come to more than ASIDE_BYTES; the latest stays
 * whatever its size is. */
#ifndef AGENTD_ASIDE_H
#define AGENTD_ASIDE_H

#include "daemon.h"

#define ASIDE_MAX 5
#define ASIDE_BYTES (INT64_C(256) * 1024 * 1024)

/* Renames state.db and what belongs to it, as far as that is there. *ret_name: of the file set
 * aside, in .agentd/; NULL: there was none. The caller frees it. Until aside_done says that the
 * new state.db has all that it is to have, a note keeps the name: a start that finds one
 * (aside_is_begun) comes here again, gets the same file, and what was begun in its place is gone.
 * So that one must not be used while the note may still be there. */
int aside_put(struct daemon *daemon, char **ret_name, struct error *error);
bool aside_is_begun(const struct daemon *daemon);
int aside_done(const struct daemon *daemon, struct error *error);
/* Removes those that are too many, and logs each. */
void aside_prune(struct daemon *daemon);

#endif
