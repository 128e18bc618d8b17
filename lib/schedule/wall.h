/* The wall clock: days and seconds of the day on which a schedule fires, as if there were no zones,
 * and how it meets one. A wall time is a civil time counted in seconds as if it were UTC. Private.
 */
#ifndef SCHEDULE_WALL_H
#define SCHEDULE_WALL_H

#include "schedule.h"

#define DAY_S 86400
#define HOUR_S 3600
#define HOURS_ALL 0xFFFFFFu
#define LAST_DAY (1u << 31)
#define NEVER INT64_MAX

/* 0001-01-01 and 9999-12-31T23:59:59 */
#define WALL_MIN ((int64_t)-62135596800)
#define WALL_MAX ((int64_t)253402300799)

/* First wall time >= `wall` at which a CALENDAR, CRON or INTERVAL schedule fires; NEVER where there
 * is none within 41 years, in which 29 February meets every weekday. */
int64_t wall_next(const struct schedule *s, int64_t wall);

/* First second of the day >= `second` that fits, -1 where none is left. */
int32_t wall_time_next(const struct schedule *s, int32_t second);

/* How a schedule meets a zone (DESIGN 2.2):
 * WALL: a time that does not exist fires once behind the gap, one that exists twice at the first;
 * REAL: fires whenever the clock on the wall shows it, twice in an overlap, never in a gap;
 * EPOCH: a grid from 1970-01-01T00:00Z, whatever the clocks do.
 * Cron with every hour is REAL, as crontab(5) has it for wildcard jobs: a run
 * every few minutes does not pause for the hour that is shown twice. */
enum motion { MOTION_WALL, MOTION_REAL, MOTION_EPOCH };
enum motion motion_of(const struct schedule *s);

/* A tick is an interval of the file's length; anything else is what it is. */
struct schedule tick_as_interval(const struct schedule *s, uint32_t tick_s);

int64_t floor_div(int64_t value, int64_t unit);

#endif
