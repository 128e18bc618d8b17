/* What the parts of settling share. Private. */
#ifndef SCHEDULE_SETTLE_H
#define SCHEDULE_SETTLE_H

#include "draft.h"

struct settling {
	struct reader *r;
	struct draft *d;
	struct schedule *s;
	int daily_hour;
};

void settle_days(struct settling *x);
void settle_times(struct settling *x);
void settle_calendar(struct settling *x);
void settle_interval(struct settling *x, uint32_t seconds);
void settle_months(struct settling *x, uint32_t n); /* "every N months" */
void settle_count(struct settling *x);              /* "3 times a week" */
void settle_zone(struct settling *x);
void settle_hint(const struct settling *x, unsigned line, struct diagnostics *found);

#endif
