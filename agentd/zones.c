#include "zones.h"

#include "base/alloc.h"

#define ZONES_MAX 600 /* tzdata has fewer */

struct zones {
	struct zone **items; /* the newest of a name first; older ones may be in use */
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

static int add_zone(struct zones *zones, struct zone *zone, struct error *error)
{
	if (array_grow((void **)&zones->items, zones->count, &zones->capacity,
		       sizeof(struct zone *), ZONES_MAX)) {
		zone_free(zone);
		return error_set(error, ERROR_TOO_LARGE, "more than %d time zones", ZONES_MAX);
	}
	zones->items[zones->count++] = zone;
	return 0;
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
	result = add_zone(zones, zone, error);
	if (!result)
		*ret_zone = zone;
	return result;
}

/* The new one takes the old one's place, which is kept at the end. */
static bool reload_zone(struct zones *zones, size_t place)
{
	struct zone *old = zones->items[place], *zone;

	if (zone_load(zone_name(old), &zone, NULL))
		return false;
	if (zone_equal(zone, old)) {
		zone_free(zone);
		return false;
	}
	if (add_zone(zones, zone, NULL))
		return false;
	zones->items[zones->count - 1] = old;
	zones->items[place] = zone;
	return true;
}

static bool is_newest(const struct zones *zones, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (!strcmp(zone_name(zones->items[i]), zone_name(zones->items[place])))
			return false;
	return true;
}

bool zones_reload(struct zones *zones)
{
	size_t count = zones->count;
	bool any = false;

	for (size_t i = 0; i < count; i++)
		if (is_newest(zones, i) && reload_zone(zones, i))
			any = true;
	return any;
}
