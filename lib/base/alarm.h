/* An alarm on the wall clock that notices when the clock is set or the machine was suspended.
 *
 * A timerfd on CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)): a sleep measured on
 * the monotonic clock would miss the morning after a night of suspend. The descriptor is readable
 * when the moment came or the clock was set; either way the caller looks at the clock again. */
#ifndef BASE_ALARM_H
#define BASE_ALARM_H

#include "error.h"

#include <stdint.h>

int alarm_open(int *ret_fd, struct error *error);

/* Arms for `at` (UTC seconds of clock_wall_s), INT64_MAX disarms. A moment in the past fires at
 * once. */
int alarm_set(int fd, int64_t at, struct error *error);

/* Clears readiness. Returns 1 when the clock was set meanwhile, 0 otherwise. */
int alarm_clear(int fd);

#endif
