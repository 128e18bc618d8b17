/* What agent_parse needs of HEARTBEAT.md besides the beats. Private to lib/agent. */
#ifndef AGENT_HEARTBEATS_H
#define AGENT_HEARTBEATS_H

#include "agent/agent.h"

#define DAILY_HOUR 9

/* heartbeats_parse with the hour of a bare "Daily", and the front matter that was found (to be
 * cleared). `settings` (may be NULL) knows the routes. */
void heartbeats_read(struct span raw, const struct heartbeats *previous,
		     const struct settings *settings, int daily_hour, struct heartbeats *ret_beats,
		     struct front_matter *ret_matter, struct diagnostics *found);

#endif
