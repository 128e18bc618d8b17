/* The tables of state.db, and how a file gets from one version to the next. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store.h"

#define SCHEMA_APPLICATION_ID 0x61677464 /* "agtd", so that file(1) and a person can tell */

/* Makes the tables of a new file, or those that came since an old one was written, in one
 * transaction. With `readonly` it only looks: ERROR_NOT_FOUND for a file without tables. */
int schema_bring_up(struct store *store, bool readonly, struct error *error);

#endif
