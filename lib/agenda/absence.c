#include "agenda.h"

/* Less is what clocks are off by, and what a loop that is busy takes. */
#define NOTICED_MS 10000

enum agenda_absence agenda_absence(const struct agenda_look *then, const struct agenda_look *now)
{
	int64_t ran = now->monotonic_ms - then->monotonic_ms;
	int64_t slept = now->boot_ms - then->boot_ms - ran;
	int64_t jumped = now->wall_ms - then->wall_ms - (now->boot_ms - then->boot_ms);

	if (!then->wall_ms)
		return ABSENCE_DOWN;
	if (slept < NOTICED_MS && jumped < NOTICED_MS)
		return ABSENCE_HELD_UP;
	return slept >= jumped ? ABSENCE_SUSPENDED : ABSENCE_CLOCK_SET;
}

const char *agenda_absence_reason(enum agenda_absence absence)
{
	static const char *const reasons[] = {
		[ABSENCE_DOWN] = "missed: the daemon was not running",
		[ABSENCE_SUSPENDED] = "missed: the machine was suspended",
		[ABSENCE_CLOCK_SET] = "missed: the clock was set forward",
		[ABSENCE_HELD_UP] = "missed: the daemon was held up",
	};

	return reasons[absence];
}
