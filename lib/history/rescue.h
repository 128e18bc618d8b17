/* Private to history: saves that would drop what an agent appended meanwhile.
 *
 * A person opens MEMORY.md, the agent appends to it, the person saves what he opened. Which version
 * a save was based on nobody tells us; it is the one it differs least from, among HEAD's and those
 * that the agent's last commits of that file replaced, back to the last that was not the agent's.
 * Where that is an older one, and the save is not simply it (a revert is a wish), the two are
 * merged. A merge counts as the agent's: an editor that was open all the time saves once more what
 * it saved before. The person's save before it does not, and is where the looking back ends; to
 * take the entries out again, and nothing else, gives exactly that save, and they stay out. */
#ifndef HISTORY_RESCUE_H
#define HISTORY_RESCUE_H

#include "snapshot.h"

struct rescue {
	struct change merged; /* path and blob of the merge */
	size_t entries;       /* that come back */
	char agent[64];
};

#define RESCUES_MAX 4

/* Looks at those of the changes that are MEMORY.md or BULLETIN.md. */
int rescues_find(struct history *h, const struct snapshot *snapshot, const struct change *changes,
		 size_t count, struct rescue ret_rescues[RESCUES_MAX], size_t *ret_count,
		 struct error *error);

#endif
