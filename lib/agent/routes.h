/* Which models a section of HEARTBEAT.md asks for. Private to lib/agent. */
#ifndef AGENT_ROUTES_H
#define AGENT_ROUTES_H

#include "outline.h"

/* Takes a line `route: NAME` that stands first below the heading of a beat (or in the one beat of a
 * file) out of the text, into the part. */
void routes_read(struct outline *o, struct diagnostics *found);

/* A name (NULL: none) that agentd.yaml does not know is an error: the default route, which is taken
 * in its place, may cost a hundred times as much. */
void routes_check(const struct settings *settings, const char *name, unsigned line, unsigned column,
		  struct diagnostics *found);

#endif
