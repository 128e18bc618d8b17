/* From what was gathered to a schedule: days, times, intervals and their defaults. */
#include "settle.h"
#include "value.h"
#include "wall.h"

#define WORKDAYS 0x3E
#define WEEKEND 0x41
#define MONDAY 0x02
#define QUARTERS 0x249 /* January, April, July, October */

/* The hour that a part of the day stands for, and where it lies (DESIGN 2.2). */
static const struct {
	uint8_t hour, begin, end;
} parts[PARTS] = {
	[PART_MORNING] = { 8, 8, 12 },     [PART_MIDDAY] = { 12, 11, 14 },
	[PART_AFTERNOON] = { 15, 12, 18 }, [PART_EVENING] = { 18, 18, 22 },
	[PART_NIGHT] = { 22, 22, 6 },      [PART_WAKING] = { 8, 8, 22 },
	[PART_BUSINESS] = { 9, 9, 18 },
};

/* ---- times ---- */

static void use_times(struct settling *x)
{
	memcpy(x->s->times, x->d->times, sizeof(x->s->times));
	x->s->time_count = x->d->time_count;
}

static void use_time(struct settling *x, unsigned minute)
{
	x->s->times[x->s->time_count++] = (uint16_t)minute;
	x->s->assumed = true;
}

/* What is written, else the parts of the day, else where the window begins, else the period's own.
 */
void settle_times(struct settling *x)
{
	struct draft *d = x->d;

	if (d->time_count) {
		use_times(x);
		return;
	}
	for (int part = 0; part <= PART_NIGHT && !d->has_window; part++)
		if (d->parts >> part & 1)
			use_time(x, parts[part].hour * 60u);
	if (x->s->time_count)
		return;
	if (d->has_window)
		use_time(x, d->window_begin);
	else
		use_time(x, d->period == PERIOD_NIGHTLY ? 23 * 60u : (unsigned)x->daily_hour * 60u);
}

static void settle_window(struct settling *x)
{
	struct draft *d = x->d;

	for (int part = 0; part <= PART_NIGHT && !d->has_window; part++) {
		if (!(d->parts >> part & 1))
			continue;
		d->has_window = d->window_assumed = true;
		d->window_begin = (uint16_t)(parts[part].begin * 60);
		d->window_end = (uint16_t)(parts[part].end * 60);
	}
	if (d->has_window) {
		x->s->window_begin = d->window_begin;
		x->s->window_end = d->window_end;
		x->s->assumed |= d->window_assumed;
	}
}

/* ---- days ---- */

static void settle_monthly(struct settling *x)
{
	struct draft *d = x->d;
	struct schedule *s = x->s;

	s->months = d->months;
	if (d->period == PERIOD_QUARTERLY && !s->months)
		s->months = QUARTERS;
	if (d->period == PERIOD_YEARLY && !s->months)
		s->months = 1;
	s->weekdays = d->weekdays;
	s->month_days = d->month_days;
	if (d->weekdays && !d->month_days) {
		s->weekday_in_month = true;
		s->ordinal = d->ordinal ? d->ordinal : 1;
	} else if (!d->month_days) {
		s->month_days = 1;
	}
}

static void settle_weekly(struct settling *x, uint32_t weeks)
{
	x->s->weekdays = x->d->weekdays ? x->d->weekdays : MONDAY;
	x->s->months = x->d->months;
	x->s->every_s = weeks > 1 ? weeks * UNIT_WEEK : 0;
	if (x->d->month_days)
		reader_fault(x->r, x->d->last,
			     "a week has no days of the month: write \"Monthly (1st, 09:00)\" or "
			     "\"Weekly (Monday 09:00)\"");
}

static void settle_daily(struct settling *x)
{
	struct draft *d = x->d;

	x->s->weekdays = d->weekdays;
	if (d->period == PERIOD_WEEKDAYS)
		x->s->weekdays = WORKDAYS;
	if (d->period == PERIOD_WEEKENDS)
		x->s->weekdays = WEEKEND;
	x->s->months = d->months;
	x->s->month_days = d->month_days;
}

void settle_days(struct settling *x)
{
	struct draft *d = x->d;

	switch (d->period) {
	case PERIOD_WEEKLY: settle_weekly(x, 1); break;
	case PERIOD_BIWEEKLY: settle_weekly(x, 2); break;
	case PERIOD_MONTHLY:
	case PERIOD_QUARTERLY:
	case PERIOD_YEARLY: settle_monthly(x); break;
	case PERIOD_NONE:
		if (d->ordinal || d->month_days)
			settle_monthly(x);
		else
			settle_daily(x);
		break;
	case PERIOD_HOURLY:
	case PERIOD_DAILY:
	case PERIOD_NIGHTLY:
	case PERIOD_WEEKDAYS:
	case PERIOD_WEEKENDS:
		if (d->ordinal)
			settle_monthly(x);
		else
			settle_daily(x);
		break;
	}
	if (x->s->weekdays == 0x7F && !x->s->weekday_in_month && !x->s->every_s)
		x->s->weekdays = 0;
}

void settle_calendar(struct settling *x)
{
	x->s->kind = SCHEDULE_CALENDAR;
	settle_days(x);
	settle_times(x);
}

/* ---- intervals ---- */

void settle_interval(struct settling *x, uint32_t seconds)
{
	x->s->kind = SCHEDULE_INTERVAL;
	x->s->every_s = seconds;
	x->s->weekdays = x->d->weekdays;
	x->s->months = x->d->months;
	if (x->d->period == PERIOD_WEEKDAYS)
		x->s->weekdays = WORKDAYS;
	if (x->d->period == PERIOD_WEEKENDS)
		x->s->weekdays = WEEKEND;
	if (x->d->period == PERIOD_NIGHTLY)
		x->d->parts |= 1u << PART_NIGHT;
	if (x->s->weekdays == 0x7F)
		x->s->weekdays = 0;
	if (x->d->month_days || x->d->ordinal)
		reader_fault(x->r, x->d->last,
			     "an interval cannot keep to days of the month: write it as \"Cron (0 "
			     "*/2 1 * *)\"");
	settle_window(x);
}

/* "every 2 months": those that divide the year, from January. */
void settle_months(struct settling *x, uint32_t n)
{
	if (!n || n > 12 || 12 % n) {
		reader_fault(x->r, x->d->last,
			     "%u months do not divide a year: write \"every 2 months\", 3, 4 or "
			     "6, or name the months",
			     n);
		return;
	}
	for (unsigned i = 0; i < 12 && !x->d->months && n > 1; i += n)
		x->s->months |= (uint16_t)(1u << i);
	if (!x->d->months)
		x->d->months = x->s->months;
	x->d->period = PERIOD_MONTHLY;
	settle_calendar(x);
}

static void settle_whole_days(struct settling *x, uint32_t days)
{
	struct draft *d = x->d;

	if (days == 1 || !(d->time_count || d->has_window || d->parts || d->weekdays)) {
		settle_interval(x, days * UNIT_DAY);
		return;
	}
	settle_calendar(x);
	if (days % 7 == 0 && !x->s->weekdays)
		x->s->weekdays = MONDAY;
	x->s->every_s = days * UNIT_DAY;
}

static void settle_every(struct settling *x)
{
	struct draft *d = x->d;
	uint64_t n = d->every_n, seconds = d->every_unit > 0 ? n * (uint64_t)d->every_unit : 0;

	d->conflict |= d->period >= PERIOD_WEEKLY && d->every_unit != UNIT_WEEK;
	if (seconds > 366u * DAY_S || n > 31622400) {
		reader_fault(x->r, x->d->last,
			     "an interval may be a year at most: write \"Yearly (1 January, "
			     "09:00)\"");
	} else if (d->every_unit == UNIT_MONTH || d->every_unit == UNIT_QUARTER) {
		settle_months(x, (uint32_t)n * (d->every_unit == UNIT_MONTH ? 1 : 3));
	} else if (d->every_unit == UNIT_YEAR) {
		reader_fault(x->r, x->d->last,
			     "every %u years is not kept track of: write \"Once (2026-12-01 "
			     "09:00)\" or \"Yearly (1 January, 09:00)\"",
			     (unsigned)n);
	} else if (d->every_unit == UNIT_WEEK) {
		x->s->kind = SCHEDULE_CALENDAR;
		settle_weekly(x, (uint32_t)n);
		settle_times(x);
	} else if (d->time_count && seconds < UNIT_DAY) {
		d->conflict = true; /* "every 2 hours: 10AM, 2PM": what is listed is surer */
		settle_calendar(x);
	} else if (d->every_unit == UNIT_DAY && n == 1) {
		d->period = d->period ? d->period : PERIOD_DAILY;
		settle_calendar(x);
	} else if (seconds % UNIT_DAY == 0 && seconds > UNIT_DAY) {
		settle_whole_days(x, (uint32_t)(seconds / UNIT_DAY));
	} else if (seconds > UNIT_DAY &&
		   (d->time_count || d->has_window || d->parts || d->weekdays)) {
		reader_fault(x->r, x->d->last,
			     "this interval comes at another time each day: write it without a "
			     "time, or in whole days");
	} else if (seconds == UNIT_DAY &&
		   (d->has_window || d->parts || d->weekdays || d->time_count)) {
		settle_calendar(x);
	} else {
		settle_interval(x, (uint32_t)seconds);
	}
}

/* "Hourly", "Hourly (:15)": the latter is cron's, as a grid begins at midnight. */
static void settle_hourly(struct settling *x)
{
	struct draft *d = x->d;

	if (d->time_count) {
		d->conflict = true;
		settle_calendar(x);
	} else if (!d->hourly_minute || !d->minute) {
		settle_interval(x, UNIT_HOUR);
	} else {
		x->s->kind = SCHEDULE_CRON;
		x->s->cron_minutes = (uint64_t)1 << d->minute;
		for (unsigned hour = 0; hour < 24; hour++)
			if (!d->has_window ||
			    schedule_window_contains(d->window_begin, d->window_end,
						     hour * 60 + d->minute))
				x->s->cron_hours |= 1u << hour;
		x->s->weekdays = d->weekdays;
	}
}

/* ---- all ---- */

static void settle_kind(struct settling *x)
{
	struct draft *d = x->d;

	if (d->event) {
		x->s->kind = SCHEDULE_EVENT;
		x->s->event = (uint8_t)d->event;
		if (d->path.length < sizeof(x->s->path) && d->path.length)
			memcpy(x->s->path, d->path.data, d->path.length);
	} else if (d->tick) {
		d->conflict |= d->period >= PERIOD_WEEKLY;
		settle_interval(x, 0);
		x->s->kind = SCHEDULE_TICK;
	} else if (d->every_n) {
		settle_every(x);
	} else if (d->count) {
		settle_count(x);
	} else if (d->period == PERIOD_HOURLY) {
		settle_hourly(x);
	} else {
		settle_calendar(x);
	}
}

/* "30 February"; of intervals only those on the day's grid can be told without a zone. */
static bool never_comes(const struct schedule *s)
{
	bool calendar = s->kind == SCHEDULE_CALENDAR;

	return (calendar || (s->kind == SCHEDULE_INTERVAL && DAY_S % s->every_s == 0)) &&
	       wall_next(s, 946684800) == NEVER; /* 2000-01-01 */
}

static void settle_faults(struct settling *x)
{
	if (x->d->too_many_times)
		reader_fault(x->r, x->d->last,
			     "more than %d times a day: write an interval, \"every 30 minutes\", "
			     "or cron",
			     SCHEDULE_TIMES_MAX);
	else if (x->d->event && !event_path_valid(x->d->path))
		reader_fault(x->r, x->d->last,
			     "the path must lie below the agent's folder: write \"On file change "
			     "(knowledge/)\"");
	else if (!schedule_valid(x->s))
		reader_fault(
			x->r, x->d->last,
			"these words do not make one schedule: write \"Daily (07:00)\", "
			"\"Weekly (Monday 09:00)\", \"Every 30 minutes\" or \"Cron (0 9 * * 1-5)\"");
	else if (never_comes(x->s))
		reader_fault(x->r, x->d->last,
			     "this moment never comes: no month has that day, or no point of the "
			     "interval lies in the window");
}

bool draft_settle(struct reader *r, const struct schedule_options *options, unsigned line,
		  struct schedule *ret_schedule, struct diagnostics *found)
{
	struct schedule s = { 0 };
	struct settling x = { .r = r, .d = &r->draft, .s = &s, .daily_hour = 9 };

	if (r->broken || r->draft.weight < WEIGHT_WEAK)
		return false;
	if (options && options->daily_hour >= 0 && options->daily_hour < 24)
		x.daily_hour = options->daily_hour;
	settle_kind(&x);
	settle_zone(&x);
	if (!r->broken)
		settle_faults(&x);
	if (r->broken)
		return false;
	if (!options || !options->quiet)
		settle_hint(&x, line, found);
	*ret_schedule = s;
	return true;
}
