/* A session that has ended becomes a file (lib/export), on the store's thread, behind all that is
 * to be written, when for a second no other has ended, or after 15 s. One that was missed (a crash,
 * a full disk) is made after the next start, at the latest before the session leaves state.db. */
#ifndef AGENTD_EXPORT_H
#define AGENTD_EXPORT_H

#include "daemon.h"

struct exports;

struct exports *exports_new(struct daemon *daemon);
/* What waits is handed to the store's thread. Call before it stops. NULL is fine. */
void exports_flush(struct exports *exports);
/* When the loop has closed its handles. NULL is fine. */
void exports_free(struct exports *exports);

/* Its end is on its way into state.db, or there. */
void export_session(struct daemon *daemon, const char *id);

/* After a start: looks at the newest sessions, and makes what is missing. */
void export_missing(struct daemon *daemon);

#endif
