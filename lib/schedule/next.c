#include "wall.h"

#include "base/instant.h"

enum motion motion_of(const struct schedule *s)
{
	if (s->kind == SCHEDULE_CRON)
		return s->cron_hours == HOURS_ALL ? MOTION_REAL : MOTION_WALL;
	if (s->kind == SCHEDULE_CALENDAR)
		return MOTION_WALL;
	if (HOUR_S % s->every_s == 0)
		return MOTION_REAL;
	return DAY_S % s->every_s == 0 ? MOTION_WALL : MOTION_EPOCH;
}

/* Wall times ascend and so do the instants they stand for: the first that lies behind `from` is it.
 * Those of an overlap's second pass lie before it. */
static int64_t next_wall(const struct schedule *s, const struct zone *zone, int64_t from)
{
	int64_t wall = from + zone_offset(zone, from), at;
	struct civil c;

	for (;;) {
		wall = wall_next(s, wall + 1);
		if (wall > WALL_MAX)
			return NEVER;
		civil_from_instant(wall, &c);
		at = zone_from_local(zone, &c);
		if (at > from)
			return at;
	}
}

static int64_t next_real(const struct schedule *s, const struct zone *zone, int64_t from)
{
	int64_t t = from + 1, wall, change;
	int32_t offset;

	for (;;) {
		offset = zone_offset(zone, t);
		wall = wall_next(s, t + offset);
		if (wall > WALL_MAX)
			return NEVER;
		change = zone_next_change(zone, t);
		if (wall - offset < change)
			return wall - offset;
		t = change;
	}
}

/* From one point of the grid to the next that the clock shows as open. */
static int64_t next_epoch(const struct schedule *s, const struct zone *zone, int64_t from)
{
	struct schedule open = *s;
	int64_t every = s->every_s, t = (floor_div(from, every) + 1) * every, wall, change;
	int64_t end = t + (int64_t)41 * 366 * DAY_S;
	int32_t offset;

	open.every_s = 1;
	while (t < end) {
		offset = zone_offset(zone, t);
		wall = wall_next(&open, t + offset);
		if (wall == t + offset)
			return t;
		if (wall > WALL_MAX)
			return NEVER;
		change = zone_next_change(zone, t);
		t = wall - offset < change ? wall - offset : change;
		t = floor_div(t + every - 1, every) * every;
	}
	return NEVER;
}

static int64_t next_once(const struct schedule *s, const struct zone *zone, int64_t from)
{
	struct civil c;
	int64_t at;

	if (s->once_local < WALL_MIN || s->once_local > WALL_MAX)
		return NEVER;
	civil_from_instant(s->once_local, &c);
	at = zone_from_local(zone, &c);
	return at > from ? at : NEVER;
}

static int64_t next_repeated(const struct schedule *s, const struct zone *zone, int64_t from)
{
	if (s->kind == SCHEDULE_INTERVAL && !s->every_s)
		return NEVER;
	switch (motion_of(s)) {
	case MOTION_WALL: return next_wall(s, zone, from);
	case MOTION_REAL: return next_real(s, zone, from);
	case MOTION_EPOCH: return next_epoch(s, zone, from);
	}
	return NEVER;
}

struct schedule tick_as_interval(const struct schedule *s, uint32_t tick_s)
{
	struct schedule interval = *s;

	if (s->kind == SCHEDULE_TICK) {
		interval.kind = SCHEDULE_INTERVAL;
		interval.every_s = tick_s;
	}
	return interval;
}

int schedule_next(const struct schedule *s, const struct zone *zone, uint32_t tick_s, int64_t from,
		  int64_t *ret_at)
{
	struct schedule in_force = tick_as_interval(s, tick_s);
	int64_t at = NEVER;

	if (from > WALL_MAX)
		return -ERROR_NOT_FOUND;
	if (from < WALL_MIN)
		from = WALL_MIN;
	switch ((enum schedule_kind)in_force.kind) {
	case SCHEDULE_CALENDAR:
	case SCHEDULE_INTERVAL:
	case SCHEDULE_CRON: at = next_repeated(&in_force, zone, from); break;
	case SCHEDULE_ONCE: at = next_once(s, zone, from); break;
	case SCHEDULE_NONE:
	case SCHEDULE_EVENT:
	case SCHEDULE_TICK: break;
	}
	if (at == NEVER)
		return -ERROR_NOT_FOUND;
	*ret_at = at;
	return 0;
}

/* ---- the shortest interval ---- */

#define SAMPLE_BEGIN ((int64_t)946684800) /* 2000-01-01 */
#define SAMPLE_DAYS 3000                  /* two 29ths of February */

/* Within one day, and what the day's first and last moment are. */
static int32_t shortest_in_day(const struct schedule *s, int32_t *ret_first, int32_t *ret_last)
{
	int32_t shortest = INT32_MAX, before = wall_time_next(s, 0);

	*ret_first = before;
	for (int32_t at = before; (at = wall_time_next(s, at + 1)) >= 0; before = at)
		if (at - before < shortest)
			shortest = at - before;
	*ret_last = before;
	return shortest;
}

static int64_t shortest_between_days(const struct schedule *s)
{
	int64_t begin = floor_div(SAMPLE_BEGIN, DAY_S), end = begin + SAMPLE_DAYS, before = -1;
	int64_t shortest = INT64_MAX, wall = SAMPLE_BEGIN;

	while (shortest > 1) {
		int64_t day;

		wall = wall_next(s, wall);
		if (wall == NEVER || (day = floor_div(wall, DAY_S)) >= end)
			break;
		if (before >= 0 && day - before < shortest)
			shortest = day - before;
		before = day;
		wall = (day + 1) * DAY_S;
	}
	return shortest;
}

uint32_t schedule_shortest_interval(const struct schedule *s, uint32_t tick_s)
{
	struct schedule in_force = tick_as_interval(s, tick_s);
	int32_t first, last;
	int64_t shortest, days;

	if (in_force.kind == SCHEDULE_INTERVAL)
		return in_force.every_s ? in_force.every_s : UINT32_MAX;
	if (in_force.kind != SCHEDULE_CALENDAR && in_force.kind != SCHEDULE_CRON)
		return UINT32_MAX;
	shortest = shortest_in_day(&in_force, &first, &last);
	if (first < 0)
		return UINT32_MAX;
	days = shortest_between_days(&in_force);
	if (days != INT64_MAX && days * DAY_S - (last - first) < shortest)
		shortest = days * DAY_S - (last - first);
	return shortest == INT32_MAX ? UINT32_MAX : (uint32_t)shortest;
}
