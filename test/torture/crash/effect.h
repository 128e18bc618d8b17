/* What leaves a program of ours in a record, and what the journal must hold by then.
 *
 * An effect is work that cannot be taken back: an order or a confirmation to another process, a
 * request on the network, a command, a file or a branch in its place. The n-th of its kind wants at
 * least n rows of what was meant; of a file that holds many entries, a row for each entry in it. */
#ifndef CRASH_EFFECT_H
#define CRASH_EFFECT_H

#include "operation.h"

#include <stdbool.h>

struct effect {
	const char *name;
	const char *intents; /* SELECT that yields how many are in state.db */
	const char *entries; /* sh(1) command that prints how many the effect makes; NULL: it is one
				more than before. $FILE is the file that gets its name. */
	bool is_after;       /* `entries` looks at the folder when the effect is there */
};

/* The kinds, from 0; NULL: there are no more. */
const struct effect *effect_at(size_t number);

/* Which kind an operation is; NULL: none. Then *ret_unknown tells whether it leaves a program of
 * ours all the same, and nothing here says what it wants. */
const struct effect *effect_find(const struct operation *operation, bool *ret_unknown);

#endif
