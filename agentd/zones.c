#include "zones.h"

#include "base/alloc.h"

#define ZONES_MAX 600 /* tzdata has fewer */

struct zones {
	struct zone **items;
	size_t count, capacity;
};

struct zones *zones_new(void)
{
	return xcalloc(1, sizeof(struct zones));
}

void zones_free(struct zones *zones)
{
	if (!zones)
		return;
	for (size_t i = 0; i < zones->count; i++)
		zone_free(zones->items[i]);
	free(zones->items);
	free(zones);
}

const struct zone *zones_get(struct zones *zones, const char *name, const struct zone *fallback,
			     struct error *error)
{
	struct zone *zone;

	if (!*name || !strcmp(name, zone_name(fallback)))
		return fallback;
	for (size_t i = 0; i < zones->count; i++)
		if (!strcmp(zone_name(zones->items[i]), name))
			return zones->items[i];
	if (zone_load(name, &zone, error))
		return fallback;
	if (array_grow((void **)&zones->items, zones->count, &zones->capacity,
		       sizeof(struct zone *), ZONES_MAX)) {
		zone_free(zone);
		error_set(error, ERROR_TOO_LARGE, "more than %d time zones", ZONES_MAX);
		return fallback;
	}
	zones->items[zones->count++] = zone;
	return zone;
}
