/* Private to history: what a person would call a commit. */
#ifndef HISTORY_SUBJECT_H
#define HISTORY_SUBJECT_H

#include "snapshot.h"

#define SUBJECT_MAX 72

/* "edit SOUL.md and MEMORY.md", "add knowledge/billing.md", "rename a.md to b.md"; the first one
 * "begin agent kira" or "begin workspace". */
void subject_of_edits(const struct history *h, const struct snapshot *snapshot,
		      const struct change *changes, size_t count, char out[SUBJECT_MAX + 1]);

#endif
