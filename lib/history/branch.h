/* Private to history: moving a branch, and what a commit is made durable by.
 *
 * libgit2 can sync all it writes or nothing; all is 15 syncs for a commit of one file, because both
 * reflogs and the folder of each object are among them. Here the objects themselves, the reference
 * and its folder are synced, which is what git does (core.fsync), and reflogs are left to the
 * system. */
#ifndef HISTORY_BRANCH_H
#define HISTORY_BRANCH_H

#include "snapshot.h"

/* Points the snapshot's branch to `commit`, under the reference's own lock and only if it still is
 * where the snapshot saw it (else ERROR_CONFLICT), and notes that in the reflogs. */
int branch_move(struct history *h, const struct snapshot *snapshot, const git_oid *commit,
		const struct history_author *author, struct error *error);

/* Syncs a commit that was just made: the blobs of the changes, the trees above them, itself. */
int objects_sync(struct history *h, const git_oid *commit, git_tree *tree,
		 const struct change *changes, size_t count, struct error *error);

/* Syncs a file or folder beneath .git that is there. */
int git_sync(struct history *h, const char *path, struct error *error);

#endif
