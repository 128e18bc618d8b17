/* agentd's sentences, as a person reads them.
 *
 * What agentd says of its work (a session's reason, an incident) is stored, logged and sent with
 * moments in UTC, "2026-11-21T08:00:00Z". Tables show the workspace's clock; in front of a person
 * the sentences beside them do, too. JSON and logs keep UTC. */
#ifndef AGENTCTL_WORDS_H
#define AGENTCTL_WORDS_H

#include "base/zone.h"

#include <jansson.h>

/* The text with each moment that stands in it as a word of its own (a file's name may hold one,
 * too, and keeps it) as "Sat 2026-11-21 09:00" on the clock of the zone. The caller frees it. */
char *words_local(const char *text, const struct zone *zone);

/* The same for all that agentd itself says in a document: each "reason", "session_reason" and
 * "words", and "text" of "incidents". What models, servers and people said stays as it
 * is, and so do the steps of a session. */
void words_localise(json_t *document, const struct zone *zone);

#endif
