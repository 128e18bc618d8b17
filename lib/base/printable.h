/* Text from anywhere, as it may be shown to a person: nothing in it moves a cursor, changes a
 * colour or the direction of writing, or begins a line that is not ours. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include "buffer.h"

/* Appends `text`. A control that is not in `kept` (ASCII, such as "\n\t") is written as what it is:
 * \x1b, \u202e. A byte that is no UTF-8 becomes U+FFFD. Ends where the buffer is full. */
void printable_append(struct buffer *out, struct span text, const char *kept);

#endif
