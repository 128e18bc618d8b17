/* Zones in force, each loaded once and shared by all agents that name it. */
#ifndef AGENTD_ZONES_H
#define AGENTD_ZONES_H

#include "base/zone.h"

struct zones;

struct zones *zones_new(void);
void zones_free(struct zones *zones);

/* *ret_zone: the zone of that name, valid as long as `zones` is. */
int zones_get(struct zones *zones, const char *name, const struct zone **ret_zone,
	      struct error *error);

/* tzdata may have been replaced: loads all again. Returns whether any is another now; who holds the
 * old one keeps a valid value, and asks again. */
bool zones_reload(struct zones *zones);

#endif
