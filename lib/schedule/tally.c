/* How many moments lie in a stretch of time, and which is the latest, without going through all of
 * them: a machine that was off for a month missed millions of seconds. */
#include "wall.h"

#include "base/instant.h"

/* Wall times in [begin, end). Whole days are counted by what one of them has. */
static int64_t count_of_wall(const struct schedule *s, int64_t begin, int64_t end, int64_t per_day)
{
	int64_t count = 0, wall = begin;

	while ((wall = wall_next(s, wall)) < end) {
		int64_t day = floor_div(wall, DAY_S) * DAY_S;

		if (wall - day == wall_time_next(s, 0) && day + DAY_S <= end) {
			count += per_day;
			wall = day + DAY_S;
			continue;
		}
		count++;
		wall++;
	}
	return count;
}

static int64_t count_of_day(const struct schedule *s)
{
	int64_t count = 0;

	for (int32_t at = 0; at < DAY_S && (at = wall_time_next(s, at)) >= 0; at++)
		count++;
	return count;
}

/* Moments of real time in (from, to]: whatever the clock on the wall shows between two changes. */
static int64_t count_real(const struct schedule *s, const struct zone *zone, int64_t from,
			  int64_t to)
{
	int64_t per_day = count_of_day(s), count = 0;

	for (int64_t t = from + 1, end; t <= to; t = end) {
		int32_t offset = zone_offset(zone, t);

		end = zone_next_change(zone, t);
		if (end > to)
			end = to + 1;
		count += count_of_wall(s, t + offset, end + offset, per_day);
	}
	return count;
}

static int64_t count_each(const struct schedule *s, const struct zone *zone, int64_t from,
			  int64_t to)
{
	int64_t count = 0;

	while (!schedule_next(s, zone, 0, from, &from) && from <= to)
		count++;
	return count;
}

/* A time that is shown twice or never is up to schedule_next: moments near a change are counted one
 * by one, and these schedules have few a day. */
static int64_t count_wall(const struct schedule *s, const struct zone *zone, int64_t from,
			  int64_t to)
{
	int64_t per_day = count_of_day(s), count = 0;

	while (from < to) {
		int64_t change = zone_next_change(zone, from - DAY_S), end = to;
		int32_t offset = zone_offset(zone, from);

		if (change <= from + DAY_S) {
			end = change + DAY_S < to ? change + DAY_S : to;
			count += count_each(s, zone, from, end);
		} else {
			if (change - DAY_S < to)
				end = change - DAY_S;
			count += count_of_wall(s, from + 1 + offset, end + 1 + offset, per_day);
		}
		from = end;
	}
	return count;
}

static bool is_every_day(const struct schedule *s)
{
	return s->window_begin == s->window_end && !s->weekdays && !s->months && !s->month_days;
}

static int64_t count_epoch(const struct schedule *s, const struct zone *zone, int64_t from,
			   int64_t to)
{
	if (!is_every_day(s))
		return count_each(s, zone, from, to);
	return floor_div(to, s->every_s) - floor_div(from, s->every_s);
}

int64_t schedule_count(const struct schedule *s, const struct zone *zone, uint32_t tick_s,
		       int64_t from, int64_t to)
{
	struct schedule in_force = tick_as_interval(s, tick_s);
	int64_t first;

	if (schedule_next(s, zone, tick_s, from, &first) || first > to)
		return 0;
	if (to > WALL_MAX)
		to = WALL_MAX;
	from = first - 1;
	if (in_force.kind == SCHEDULE_ONCE)
		return 1;
	switch (motion_of(&in_force)) {
	case MOTION_REAL: return count_real(&in_force, zone, from, to);
	case MOTION_WALL: return count_wall(&in_force, zone, from, to);
	case MOTION_EPOCH: return count_epoch(&in_force, zone, from, to);
	}
	return 0;
}

int schedule_latest(const struct schedule *s, const struct zone *zone, uint32_t tick_s,
		    int64_t from, int64_t to, int64_t *ret_at)
{
	int64_t low = from, high = to, at;

	if (schedule_next(s, zone, tick_s, low, &at) || at > to)
		return -ERROR_NOT_FOUND;
	/* What comes after `low` is not later than `to`; after `high` it is, or nothing comes. */
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (!schedule_next(s, zone, tick_s, middle, &at) && at <= to)
			low = middle;
		else
			high = middle;
	}
	return schedule_next(s, zone, tick_s, low, ret_at);
}
