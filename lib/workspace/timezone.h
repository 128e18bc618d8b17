/* Time zones that nobody knows: told at their place, and another stands in. Private to
 * lib/workspace. */
#ifndef WORKSPACE_TIMEZONE_H
#define WORKSPACE_TIMEZONE_H

#include "workspace/workspace.h"

/* The zone of agentd.yaml, whose text is `yaml`; UTC stands in. Never fails. */
struct zone *timezone_of_settings(const struct settings *settings, struct span yaml,
				  struct diagnostics *found);

/* The zones of an agent's front matter, for which the workspace's stands in, and of its headings.
 */
void timezone_check(const struct workspace *workspace, struct agent *agent,
		    const struct agent_files *files, struct diagnostics *found);

#endif
