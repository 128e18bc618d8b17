/* A session that has ended becomes a file (lib/export), on the store's thread and behind all that
 * is to be written. One that was missed (a crash, a full disk) is made after the next start, at the
 * latest before the session leaves state.db. */
#ifndef AGENTD_EXPORT_H
#define AGENTD_EXPORT_H

#include "daemon.h"

/* Its end is on its way into state.db, or there. */
void export_session(struct daemon *daemon, const char *id);

/* After a start: looks at the newest sessions, and makes what is missing. */
void export_missing(struct daemon *daemon);

#endif
