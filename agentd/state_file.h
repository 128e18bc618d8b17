/* .agentd/state.db as a file that can fail.
 *
 * At a start one that is damaged, empty or gone is set aside and a new one begun: schedule, memory
 * and repositories need nothing of it. What can still be had comes along (salvage.h): who is
 * paused, and what was spent in the windows in force.
 *
 * While the daemon runs the store's thread keeps what it cannot write (store.h). The loop goes on:
 * status, pause and resume answer at once, nothing begins and no model is called, as every intent
 * waits for its row. An incident says what is wrong and what a person can do; it ends by itself. A
 * file that is damaged is not written to any more: agentd begins anew (renewal.h), or the next
 * start sets it aside. */
#ifndef AGENTD_STATE_FILE_H
#define AGENTD_STATE_FILE_H

#include "daemon.h"

/* Opens daemon->store, whatever state the file is in. What was set aside is told by
 * state_file_tell, when there is somebody to hear it. ERROR_UNSUPPORTED: of a newer agentd. */
int state_file_open(struct daemon *daemon, struct error *error);
void state_file_tell(struct daemon *daemon);

/* A start or the store's thread met this. Damage is remembered for the next start. */
void state_file_failed(struct daemon *daemon, const struct error *error);

/* Is it one of a file that is not to be used any more? */
bool state_file_is_damage(const struct error *error);
/* Is it one whose damage was told already? What could not be written for it needs no word more. */
bool state_file_is_told(const struct daemon *daemon, const struct error *error);

/* When the store's thread has called: has trouble begun, or ended? */
void state_file_look(struct daemon *daemon);

/* NULL: it can be written; else what keeps it from that, until the next look. */
const char *state_file_trouble(const struct daemon *daemon);

void state_file_free(struct state_file *file);

#endif
