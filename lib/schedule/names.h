/* Short names of cron and of canonical text, NULL behind the last. Private. */
#ifndef SCHEDULE_NAMES_H
#define SCHEDULE_NAMES_H

extern const char *const weekday_names[]; /* from Sunday */
extern const char *const month_names[];   /* from January */

#endif
