/* Private to history: a step that is under way, as one line in .git/agentd-pending.
 *
 * The commit object is made first, then the line is written, then the file in the work tree is
 * replaced, then the branch is moved, then the index is brought in step, then the line is removed.
 * Killed in between, the next call reads the line and goes on: what an agent wrote is never
 * committed as the person's, and no index stays behind. */
#ifndef HISTORY_PENDING_H
#define HISTORY_PENDING_H

#include "snapshot.h"

enum pending_kind {
	PENDING_EDITS, /* a person's edits: the files are on disk, only the index may lag */
	PENDING_WRITE, /* an agent's file: may be on disk or not */
	PENDING_MERGE, /* entries that a person's save dropped: must get on disk */
};

int pending_set(struct history *h, enum pending_kind kind, const git_oid *commit,
		struct error *error);
void pending_drop(struct history *h);

/* Finishes what the line tells of, if there is one. */
int pending_finish(struct history *h, struct error *error);

/* Does the rest of a step: the files of a merge, then branch and index. *ret_commit is the commit
 * that HEAD has then; it is made anew where HEAD has moved on. ret_changes (may be NULL) are the
 * files it changed. ERROR_CONFLICT: there is nothing left to finish; the line can go. */
int pending_complete(struct history *h, enum pending_kind kind, const git_oid *commit,
		     git_oid *ret_commit, struct changes *ret_changes, struct error *error);

#endif
