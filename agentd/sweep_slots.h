/* Slots that are to run, and of which nobody knows: no session waits for them, no row is on its way
 * and the scheduler owes them to nobody. What was so at two sweeps is due again, as after a start.
 */
#ifndef AGENTD_SWEEP_SLOTS_H
#define AGENTD_SWEEP_SLOTS_H

#include "daemon.h"

struct sweep_slots;

struct sweep_slots *sweep_slots_new(void);
void sweep_slots_free(struct sweep_slots *slots);

/* In a work: those that were recorded before that moment (UTC s) and have no session. */
int sweep_slots_read(struct store *store, struct sweep_slots *slots, int64_t before,
		     struct error *error);
/* On the loop. Returns how many are to be looked at once more. */
size_t sweep_slots_look(struct daemon *daemon, struct sweep_slots *slots);

#endif
