/* Which directory a watch descriptor belongs to, found by descriptor and by tag. A dense list and
 * two indexes of 4-byte places into it: a few dozen bytes a directory beside its path. */
#ifndef WATCH_TABLE_H
#define WATCH_TABLE_H

#include "base/alloc.h"

#include <stdint.h>

#define TABLE_MAX (1024 * 1024) /* the kernel's own limit is lower nearly everywhere */

struct watched {
	uint64_t tag; /* not 0 */
	char *path;   /* owned; where it was when it was added */
	int wd;       /* > 0 */
};

enum table_key { TABLE_BY_WD, TABLE_BY_TAG };

struct table {
	struct watched *items;
	size_t count, capacity;
	uint32_t *places[2]; /* by table_key: index + 1; 0: empty */
	size_t size;         /* of each, a power of two */
};

void table_clear(struct table *table);

/* Valid until the table is changed. NULL: none. */
struct watched *table_find(const struct table *table, enum table_key by, uint64_t key);

/* Adds one whose descriptor and tag are not there yet; takes the path over.
 * -ERROR_TOO_LARGE: full, the path stays the caller's. */
int table_add(struct table *table, const struct watched *watched);

/* Removes one that table_find gave. */
void table_remove(struct table *table, struct watched *watched);

#endif
