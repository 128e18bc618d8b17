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

int zones_get(struct zones *zones, const char *name, const struct zone **ret_zone,
	      struct error *error)
{
	struct zone *zone;
	int result;

	for (size_t i = 0; i < zones->count; i++)
		if (!strcmp(zone_name(zones->items[i]), name)) {
			*ret_zone = zones->items[i];
			return 0;
		}
	result = zone_load(name, &zone, error);
	if (result)
		return result;
	if (array_grow((void **)&zones->items, zones->count, &zones->capacity,
		       sizeof(struct zone *), ZONES_MAX)) {
		zone_free(zone);
		return error_set(error, ERROR_TOO_LARGE, "more than %d time zones", ZONES_MAX);
	}
	zones->items[zones->count++] = zone;
	*ret_zone = zone;
	return 0;
}
