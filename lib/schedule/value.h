/* Which values are schedules. Private. */
#ifndef SCHEDULE_VALUE_H
#define SCHEDULE_VALUE_H

#include "schedule.h"

/* Is `s` a schedule that can be printed and that its kind leaves no member without meaning in? */
bool schedule_valid(const struct schedule *s);

/* A zone name as the tz database has them: "Europe/Berlin", "UTC", "Etc/GMT-8". */
bool zone_name_valid(struct span name);

/* A path below the agent's folder that can stand at the end of a line. */
bool event_path_valid(struct span path);

#endif
