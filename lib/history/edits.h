/* Private to history: commits of a person's edits. */
#ifndef HISTORY_EDITS_H
#define HISTORY_EDITS_H

#include "snapshot.h"

/* As history_commit_edits, after history_begin. *ret_commit is all zero when there was nothing. */
int edits_commit(struct history *h, int64_t at, git_oid *ret_commit, size_t *ret_merged,
		 struct history_files *ret_files, struct error *error);

#endif
