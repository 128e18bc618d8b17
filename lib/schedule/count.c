/* "4x/day", "twice a week": where a number of times falls. */
#include "settle.h"

#include <string.h>

/* N times a day: evenly through the window, on half hours. */
static void spread_day(struct settling *x, unsigned n)
{
	struct draft *d = x->d;
	unsigned begin = d->has_window ? d->window_begin : 8 * 60, end = 22 * 60, step;

	if (n > SCHEDULE_TIMES_MAX) {
		reader_fault(x->r, x->d->last,
			     "%u times a day is an interval: write \"every %u minutes\"", n,
			     1440 / n ? 1440 / n : 1);
		return;
	}
	if (d->has_window)
		end = d->window_end > begin ? d->window_end : d->window_end + 1440u;
	step = (end - begin) / n;
	if (step >= 30)
		step = step / 30 * 30;
	x->s->kind = SCHEDULE_CALENDAR;
	settle_days(x);
	for (unsigned i = 0; i < n && d->time_count < n; i++) {
		unsigned minute = (begin + i * step) % 1440;
		unsigned k = d->time_count++;

		for (; k && d->times[k - 1] > minute; k--)
			d->times[k] = d->times[k - 1];
		d->times[k] = (uint16_t)minute;
	}
	settle_times(x);
	x->s->assumed = true;
}

static void settle_count_a_day(struct settling *x, unsigned n)
{
	struct draft *d = x->d;
	unsigned listed = d->time_count ? d->time_count : (unsigned)__builtin_popcount(d->parts);

	if (d->period == PERIOD_NONE)
		d->period = PERIOD_DAILY;
	if (!listed && n > 1) {
		spread_day(x, n);
		return;
	}
	d->conflict |= listed && n > 1 && listed != n;
	settle_calendar(x);
}

static void settle_count_a_week(struct settling *x, unsigned n)
{
	static const uint8_t days[] = { 0x02, 0x02, 0x12, 0x2A, 0x36, 0x3E, 0x7E, 0x7F };

	if (n > 7) {
		reader_fault(x->r, x->d->last,
			     "%u times a week: write \"%u times a day\" or name the days", n,
			     (n + 6) / 7);
		return;
	}
	if (!x->d->weekdays)
		x->d->weekdays = n < 7 ? days[n] : 0;
	x->d->period = n < 7 ? PERIOD_WEEKLY : PERIOD_DAILY;
	settle_calendar(x);
}

static void settle_count_a_month(struct settling *x, unsigned n)
{
	static const uint32_t days[] = { 0, 1, 1 | 1 << 14, 1 | 1 << 10 | 1 << 20,
					 1 | 1 << 7 | 1 << 14 | 1 << 21 };

	x->d->period = PERIOD_MONTHLY;
	if (n > 4)
		reader_fault(x->r, x->d->last,
			     "%u times a month: write \"Weekly (Monday 09:00)\" or name the days",
			     n);
	else if (!x->d->month_days && !x->d->weekdays)
		x->d->month_days = days[n];
	settle_calendar(x);
}

static int unit_of_period(enum period period)
{
	switch (period) {
	case PERIOD_HOURLY: return UNIT_HOUR;
	case PERIOD_WEEKLY: return UNIT_WEEK;
	case PERIOD_MONTHLY: return UNIT_MONTH;
	default: return UNIT_DAY;
	}
}

void settle_count(struct settling *x)
{
	struct draft *d = x->d;
	unsigned n = d->count;
	int unit = d->count_unit ? d->count_unit : unit_of_period(d->period);

	if (unit == UNIT_DAY)
		settle_count_a_day(x, n);
	else if (unit == UNIT_WEEK)
		settle_count_a_week(x, n);
	else if (unit == UNIT_MONTH)
		settle_count_a_month(x, n);
	else if ((unit == UNIT_HOUR || unit == UNIT_MINUTE) && unit % (int)n == 0)
		settle_interval(x, (uint32_t)unit / n);
	else if (unit == UNIT_QUARTER && n <= 3 && 3 % n == 0)
		settle_months(x, 3 / n);
	else if (unit == UNIT_YEAR && n <= 12 && 12 % n == 0)
		settle_months(x, 12 / n);
	else
		reader_fault(x->r, x->d->last,
			     "%u times is no interval that can be kept: write for example \"every "
			     "20 minutes\"",
			     n);
}
