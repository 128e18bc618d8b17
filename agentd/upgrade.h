/* An installation that is replaced while we run.
 *
 * A session, the gateway and history are programs of their own, and what they say to us is of one
 * version. Where the programs on disk are of another one than this process, none of them is started
 * any more: sessions wait in the queue, those under way go on, one incident says that a restart is
 * due, and the daemon that follows goes on with all of them. Programs that were replaced by others
 * of the same version are none of this. */
#ifndef AGENTD_UPGRADE_H
#define AGENTD_UPGRADE_H

#include "daemon.h"

/* Looks at the installation: to be asked before each start of a program of ours. Raises the
 * incident, or ends it. */
bool upgrade_waits(struct daemon *daemon);

#endif
