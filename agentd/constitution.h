/* The constitution that an agent had last, for the time when its file was emptied or deleted:
 * .agentd/last-good/AGENT-CONSTITUTION.md. */
#ifndef AGENTD_CONSTITUTION_H
#define AGENTD_CONSTITUTION_H

#include "daemon.h"

/* The last good text, for a file that was emptied or deleted; the caller frees it. NULL: there was
 * none. */
char *constitution_recall(const struct daemon *daemon, const char *agent);

/* Whole or not at all: what is kept here may have to stand in for the person's own words. */
void constitution_keep(const struct daemon *daemon, const char *agent, const char *text);

/* The agent is gone: another one of that name is not bound by this one's constitution. */
void constitution_forget(const struct daemon *daemon, const char *agent);

#endif
