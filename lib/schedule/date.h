/* Dates in headings: of a log, or of the one moment of `Once (2026-12-01 09:00)`. Private. */
#ifndef SCHEDULE_DATE_H
#define SCHEDULE_DATE_H

#include "draft.h"

struct date {
	unsigned begin, end; /* tokens */
	bool exact;          /* year, month and day are known */
	int year, month, day;
};

/* The first date in tokens [begin, r->end). */
bool date_find(const struct reader *r, unsigned begin, struct date *ret);

/* "2026-12-01 09:00 Europe/Berlin" from token `at` on, into a SCHEDULE_ONCE. Returns where it ends,
 * 0 where it is none (then r->broken says why, if it was meant as one). */
unsigned once_read(struct reader *r, unsigned at, int daily_hour, struct schedule *ret);

#endif
