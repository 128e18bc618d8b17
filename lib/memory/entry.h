/* One entry: its date, and the words of a new one. Private to lib/memory. */
#ifndef MEMORY_ENTRY_H
#define MEMORY_ENTRY_H

#include "memory/memory.h"

#define NO_DAY INT64_MIN

/* Bytes of the bullet, the blanks around it and a task box at the beginning of an item's source. */
size_t entry_bullet(struct span source);

/* Cuts a date and what separates it from the text off the front of *text: "2026-11-21: ",
 * "**2026-11-21** - ", "[2026-11-21] ". Returns the day, or NO_DAY and leaves *text alone. */
int64_t entry_take_day(struct span *text);

#endif
