/* Which layer a heading names. Private to lib/memory. */
#ifndef MEMORY_LAYER_H
#define MEMORY_LAYER_H

#include "memory/memory.h"

/* By label (L0 … L3) anywhere in the heading, then by the word that stands first in it.
 * *ret_labelled tells which of the two it was. */
enum memory_layer layer_of_heading(struct span heading, bool *ret_labelled);

#endif
