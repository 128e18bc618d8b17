/* What the workspace lies on: the file system of .agentd is tried, and agents/ may be on another.
 */
#ifndef AGENTD_FILESYSTEMS_H
#define AGENTD_FILESYSTEMS_H

#include "daemon.h"

/* ERROR_UNSUPPORTED: one on which a promise would be broken. What else is to be known of them is
 * told once there is a state.db: a log that is older than it means that one was lost. So this is
 * called before that is opened, and after. */
int filesystems_look(struct daemon *daemon, struct error *error);

#endif
