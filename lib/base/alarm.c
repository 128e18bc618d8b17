#include "alarm.h"

#include "clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int alarm_open(int *ret_fd, struct error *error)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return error_set_system(error, errno, "making a wall-clock timer");
	*ret_fd = fd;
	return 0;
}

int alarm_set(int fd, int64_t at, struct error *error)
{
	struct itimerspec when = { 0 };
	int64_t shift = clock_wall_s() - (int64_t)time(NULL); /* of test builds */

	if (at - 1 > clock_wall_s() && clock_may_be_stepped())
		at = clock_wall_s() + 1;
	if (at != INT64_MAX) {
		when.it_value.tv_sec = at - shift > 0 ? at - shift : 1;
		when.it_value.tv_nsec = 1; /* zero would disarm */
	}
	/* ECANCELED reports a clock step that happened before; the new setting is in force. */
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) &&
	    errno != ECANCELED)
		return error_set_system(error, errno, "arming the wall-clock timer");
	return 0;
}

int alarm_clear(int fd)
{
	uint64_t expirations;

	return read(fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
}
