/* Private to history: what an interrupted replacement of a file left beside it.
 *
 * file_replace_if makes the new content under a name of its own, exchanges the names, and looks at
 * what came out of the place. Killed before the exchange it leaves the new content or a part of it;
 * killed after, what stood in the place: the old content, or a save of a person that slipped in
 * between. The first two go; a person's save goes back into its place, or is merged with what
 * stands there since, and is looked at as any other, once nobody writes to it any more. What cannot
 * be brought back stays where it is. */
#ifndef HISTORY_LEFTOVERS_H
#define HISTORY_LEFTOVERS_H

#include "repository.h"

/* `before` and `after`: the blobs that the replacement of `path` was from and to; `before` NULL:
 * there was no such file. Only while no job of this repository is under way. ERROR_BUSY: somebody
 * writes to one of them, or to the file. */
int leftovers_settle(struct history *h, const char *path, const git_oid *before,
		     const git_oid *after, struct error *error);

/* After the machine was down: a name that had been taken away may be back. Those whose bytes git
 * has go, in all folders that HEAD knows. */
void leftovers_sweep(struct history *h);

#endif
