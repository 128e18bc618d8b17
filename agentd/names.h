/* What people's files name at this moment: agents, sections, providers and models. Rows of state.db
 * that are of none of these are of no use, unless what they are of comes back.
 *
 * Of an agent whose files are broken nobody knows which sections it has: all that it had are taken
 * to be there. */
#ifndef AGENTD_NAMES_H
#define AGENTD_NAMES_H

#include "daemon.h"

struct names;

/* A copy, which the store's thread may ask. */
struct names *names_take(const struct daemon *daemon);
void names_free(struct names *names);

/* A store_is_named; context: the names. */
bool names_has(void *context, enum named kind, const char *name, const char *key);

#endif
