/* Zones in force, each loaded once and shared by all agents that name it. */
#ifndef AGENTD_ZONES_H
#define AGENTD_ZONES_H

#include "base/zone.h"

struct zones;

struct zones *zones_new(void);
void zones_free(struct zones *zones);

/* The zone of that name, or `fallback` with the error filled when there is none. */
const struct zone *zones_get(struct zones *zones, const char *name, const struct zone *fallback,
			     struct error *error);

#endif
