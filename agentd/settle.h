/* Changes wait here until nothing more has happened for `debounce`, then each thing that changed is
 * looked at once. */
#ifndef AGENTD_SETTLE_H
#define AGENTD_SETTLE_H

#include "roster.h"

struct settle;

struct settle *settle_new(struct daemon *daemon);
void settle_free(struct settle *settle);

/* `path`: of what changed, below the agent's folder; "" when that folder itself came, went or was
 * renamed. `folder`: it is a folder. */
void settle_agent(struct settle *settle, const char *agent, const char *path, bool folder);
void settle_workspace(struct settle *settle);  /* shared/ or a file beside agentd.yaml */
void settle_settings(struct settle *settle);   /* agentd.yaml */
void settle_everything(struct settle *settle); /* events were lost */

#endif
