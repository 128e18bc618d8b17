/* The wall clock alone: days and seconds of the day on which a schedule fires, as if there were
 * no zones. A wall time is a civil time counted in seconds as if it were UTC. Private. */
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

int64_t floor_div(int64_t value, int64_t unit);

#endif
