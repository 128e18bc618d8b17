/* Sets the machine's clock to what it is: it moves by the microseconds in between, which cancels
 * every timer that asked for it (TFD_TIMER_CANCEL_ON_SET). Prints by how many nanoseconds. */
#include <stdio.h>
#include <time.h>

static long long ns_of(const struct timespec *t)
{
	return t->tv_sec * 1000000000LL + t->tv_nsec;
}

int main(void)
{
	struct timespec wall, before, after;

	if (clock_gettime(CLOCK_MONOTONIC, &before) || clock_gettime(CLOCK_REALTIME, &wall) ||
	    clock_settime(CLOCK_REALTIME, &wall) || clock_gettime(CLOCK_MONOTONIC, &after)) {
		perror("clock_setter");
		return 1;
	}
	printf("at most %lld\n", ns_of(&after) - ns_of(&before));
	return 0;
}
