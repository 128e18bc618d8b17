/* A session as it went, one document: the lines of its export (lib/export/export.h), with each
 * model call's attempts at its step. */
#ifndef AGENTCTL_TRANSCRIPT_H
#define AGENTCTL_TRANSCRIPT_H

#include "place.h"

/* Turn by turn; what is long is cut. */
void transcript_print(const json_t *transcript, const struct zone *zone);

#endif
