/* Which state to look at next: by chance, from a seed, so that each can be made again. */
#ifndef CRASH_CHOICE_H
#define CRASH_CHOICE_H

#include "disk.h"

/* The operations between two commits, as places for a crash: from < happened <= to. What was not
 * synced before `old` is, but for some states, as if it had reached the disk by itself. */
struct region {
	size_t old, from, to;
};

/* Ways to choose the fates of what was not durable; their names are printed. */
#define CHOICE_KINDS 12
extern const char *const choice_names[CHOICE_KINDS];

/* Fills the state (its `fates` have room for all operations). Returns which way it was. */
unsigned choose(const struct disk *disk, const struct operation *operations,
		const struct region *region, uint64_t seed, struct state *ret_state);

#endif
