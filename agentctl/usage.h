/* Usage rows: one line for each attempt at a model call. */
#ifndef AGENTCTL_USAGE_H
#define AGENTCTL_USAGE_H

#include "place.h"

/* Those since `since` (UTC seconds), oldest first. `store` NULL: nothing is recorded; `agent` NULL:
 * all. As JSON: one array, each row on a line of its own. */
int usage_print(const struct workspace *workspace, struct store *store, const char *agent,
		int64_t since, bool json, struct error *error);

/* "reply", "under way", or the class of failure. */
const char *usage_result(const struct call_row *row);

#endif
