/* Slots of a section, as scheduler.c and scheduler_restore.c share them. */
#ifndef AGENTD_SLOTS_H
#define AGENTD_SLOTS_H

#include "scheduler.h"

#define MISSED_MAX 10000 /* rows for slots of one section that nobody was there for */

/* The next slot of a schedule after `from`, in the agent's zone and with its tick. */
int scheduler_next(const struct daemon *daemon, const struct resident *resident,
		   const struct schedule *schedule, int64_t from, int64_t *ret_at);

/* A row of state.db, `running`, without a session; strings are the resident's. */
struct slot scheduler_slot(const struct resident *resident, const struct heartbeat *heartbeat,
			   int64_t planned);

/* Arms what is not armed, and the alarm for the first of all. */
void scheduler_arm_sections(struct daemon *daemon, struct resident *resident);
void scheduler_set_alarm(struct daemon *daemon);

#endif
