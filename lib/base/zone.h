/* A time zone as a value: the transitions of a TZif file (RFC 8536) and the rule that goes on
 * behind the last one. Loading opens the system's tzdata; everything else is pure. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "error.h"
#include "instant.h"

struct zone; /* immutable after loading; may be shared between threads */

/* Loads `name` ("Europe/Berlin", "UTC") from TZDIR or /usr/share/zoneinfo. Names with "..", an
 * initial "/" or over 64 bytes are invalid. ERROR_NOT_FOUND: no such zone. The caller frees it. */
int zone_load(const char *name, struct zone **ret_zone, struct error *error);

/* The same from the bytes of a TZif file, versions 1 to 4. Pure. */
int zone_parse(const char *name, struct span tzif, struct zone **ret_zone, struct error *error);

void zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);

/* The same name, loaded from the same bytes: tzdata has not been replaced in between. */
bool zone_equal(const struct zone *a, const struct zone *b);

/* Seconds east of UTC at `instant`. */
int32_t zone_offset(const struct zone *zone, int64_t instant);

/* Wall-clock time at `instant`. */
void zone_to_local(const struct zone *zone, int64_t instant, struct civil *ret_local);

/* The instant at which the wall clock shows `local`. A time that does not exist yields the first
 * instant after the gap; one that exists twice yields the first of the two. */
int64_t zone_from_local(const struct zone *zone, const struct civil *local);

/* First instant after `after` at which the offset changes, or INT64_MAX. */
int64_t zone_next_change(const struct zone *zone, int64_t after);

/* The host's zone name (TZ, /etc/timezone, the /etc/localtime link), "UTC" where none is known.
 * `out` has room for 65 bytes. */
void zone_host_name(char out[65]);

CLEANUP_DEFINE(struct zone *, zone_free)

#endif
