/* A session as it went, one document: the lines of its export (lib/export/export.h), with each
 * model call's attempts at its step. */
#ifndef AGENTCTL_TRANSCRIPT_H
#define AGENTCTL_TRANSCRIPT_H

#include "place.h"

/* The session whose id begins with `prefix` (case ignored, WHY_PREFIX_LEAST characters or more),
 * from state.db or, where it has left that, from its export. `store` NULL: nothing is recorded.
 * ERROR_NOT_FOUND: none; ERROR_INVALID: more than one, or too few characters. */
int transcript_find(const struct workspace *workspace, struct store *store, const char *prefix,
		    json_t **ret_transcript, struct error *error);

/* Turn by turn; what is long is cut. */
void transcript_print(const json_t *transcript, const struct zone *zone);

#endif
