/* Text in columns, as wide as their widest cell. */
#ifndef AGENTCTL_COLUMNS_H
#define AGENTCTL_COLUMNS_H

#include <stddef.h>

#define COLUMNS_MAX 12

struct columns {
	size_t width; /* how many columns */
	char **cells;
	size_t count, capacity;
};

/* Adds a row; `columns->width` strings, NULL is empty. */
void columns_row(struct columns *columns, const char *const *cells);
void columns_print(struct columns *columns); /* and clears */

#endif
