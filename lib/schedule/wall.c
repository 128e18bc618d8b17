#include "wall.h"

#include "base/instant.h"

#define HORIZON_YEARS 41

int64_t floor_div(int64_t value, int64_t unit)
{
	return value / unit - (value % unit < 0);
}

bool schedule_window_contains(uint16_t begin, uint16_t end, unsigned minute_of_day)
{
	if (begin == end)
		return true;
	if (begin < end)
		return minute_of_day >= begin && minute_of_day < end;
	return minute_of_day >= begin || minute_of_day < end;
}

/* ---- days ---- */

struct day {
	int64_t number; /* since 1970-01-01 */
	int year, month, day, length, weekday;
};

static struct day day_of(int64_t number)
{
	struct day d = { .number = number };

	civil_from_days(number, &d.year, &d.month, &d.day);
	d.length = days_in_month(d.year, d.month);
	d.weekday = weekday_of_days(number);
	return d;
}

static void step_day(struct day *d)
{
	d->number++;
	d->weekday = d->weekday == 6 ? 0 : d->weekday + 1;
	if (d->day < d->length)
		d->day++;
	else
		*d = day_of(d->number);
}

static bool month_day_fits(const struct schedule *s, const struct day *d)
{
	if (!s->month_days || s->month_days >> (d->day - 1) & 1)
		return true;
	return (s->month_days & LAST_DAY) && d->day == d->length;
}

static bool weekday_fits(const struct schedule *s, const struct day *d)
{
	if (!s->weekdays)
		return true;
	if (!(s->weekdays >> d->weekday & 1))
		return false;
	if (!s->weekday_in_month)
		return true;
	return s->ordinal < 0 ? d->day + 7 > d->length : (d->day - 1) / 7 + 1 == s->ordinal;
}

/* "Every other week": weeks are counted from Monday 1969-12-29, days from 1970-01-01, so that the
 * same weeks come out wherever and whenever it is asked. */
static bool turn_fits(const struct schedule *s, const struct day *d)
{
	int64_t days = s->every_s / DAY_S;

	if (s->kind != SCHEDULE_CALENDAR || !days)
		return true;
	if (days % 7 == 0)
		return floor_div(d->number + 3, 7) % (days / 7) == 0;
	return d->number % days == 0;
}

static bool day_fits(const struct schedule *s, const struct day *d)
{
	bool month_day = month_day_fits(s, d), weekday = weekday_fits(s, d);

	return (s->cron_or ? month_day || weekday : month_day && weekday) && turn_fits(s, d);
}

static bool month_fits(const struct schedule *s, const struct day *d)
{
	return !s->months || s->months >> (d->month - 1) & 1;
}

/* ---- times of a day ---- */

static int32_t listed_time_next(const struct schedule *s, int32_t second)
{
	for (unsigned i = 0; i < s->time_count; i++)
		if (s->times[i] * 60 >= second)
			return s->times[i] * 60;
	return -1;
}

static int32_t cron_time_next(const struct schedule *s, int32_t second)
{
	int32_t minute = (second + 59) / 60;

	for (int32_t hour = minute / 60; hour < 24; hour++) {
		uint64_t left = s->cron_minutes;

		if (hour == minute / 60)
			left &= ~(uint64_t)0 << minute % 60;
		if ((s->cron_hours >> hour & 1) && left)
			return hour * HOUR_S + __builtin_ctzll(left) * 60;
	}
	return -1;
}

static int32_t grid_time_next(const struct schedule *s, int32_t second)
{
	uint32_t every = s->every_s;
	int64_t at = ((int64_t)second + every - 1) / every * every;
	int64_t open = s->window_begin * 60;

	if (at < DAY_S &&
	    schedule_window_contains(s->window_begin, s->window_end, (unsigned)at / 60))
		return (int32_t)at;
	if (open <= at)
		return -1;
	at = (open + every - 1) / every * every;
	return at < DAY_S && schedule_window_contains(s->window_begin, s->window_end,
						      (unsigned)at / 60)
		       ? (int32_t)at
		       : -1;
}

int32_t wall_time_next(const struct schedule *s, int32_t second)
{
	if (s->kind == SCHEDULE_CALENDAR)
		return listed_time_next(s, second);
	if (s->kind == SCHEDULE_CRON)
		return cron_time_next(s, second);
	return grid_time_next(s, second);
}

int64_t wall_next(const struct schedule *s, int64_t wall)
{
	struct day d = day_of(floor_div(wall, DAY_S));
	int32_t second = (int32_t)(wall - d.number * DAY_S), found;
	int last = d.year + HORIZON_YEARS;

	if (wall_time_next(s, 0) < 0)
		return NEVER;
	while (d.year <= last) {
		if (!month_fits(s, &d)) {
			d = day_of(d.number + d.length - d.day + 1);
		} else {
			found = day_fits(s, &d) ? wall_time_next(s, second) : -1;
			if (found >= 0)
				return d.number * DAY_S + found;
			step_day(&d);
		}
		second = 0;
	}
	return NEVER;
}
