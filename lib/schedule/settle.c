/* From what was gathered to a schedule: defaults, counts, conflicts, hints. */
#include "draft.h"
#include "value.h"
#include "wall.h"

#include <stdio.h>

#define WORKDAYS 0x3E
#define WEEKEND 0x41
#define MONDAY 0x02
#define QUARTERS 0x249 /* January, April, July, October */

/* The hour that a part of the day stands for, and where it lies (DESIGN 2.2). */
static const struct {
	uint8_t hour, begin, end;
} parts[PARTS] = {
	[PART_MORNING] = { 8, 8, 12 },    [PART_MIDDAY] = { 12, 11, 14 },
	[PART_AFTERNOON] = { 15, 12, 18 }, [PART_EVENING] = { 18, 18, 22 },
	[PART_NIGHT] = { 22, 22, 6 },     [PART_WAKING] = { 8, 8, 22 },
	[PART_BUSINESS] = { 9, 9, 18 },
};

struct settling {
	struct reader *r;
	struct draft *d;
	struct schedule *s;
	int daily_hour;
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

/* What is written, else the parts of the day, else where the window begins, else the period's own. */
static void settle_times(struct settling *x)
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
		reader_fault(x->r, 0, "a week has no days of the month: write \"Monthly (1st, 09:00)\" or "
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

static void settle_days(struct settling *x)
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

static void settle_calendar(struct settling *x)
{
	x->s->kind = SCHEDULE_CALENDAR;
	settle_days(x);
	settle_times(x);
}

/* ---- intervals ---- */

static void settle_interval(struct settling *x, uint32_t seconds)
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
		reader_fault(x->r, 0, "an interval cannot keep to days of the month: write it as \"Cron (0 "
			     "*/2 1 * *)\"");
	settle_window(x);
}

/* "every 2 months": those that divide the year, from January. */
static void settle_months(struct settling *x, uint32_t n)
{
	if (!n || n > 12 || 12 % n) {
		reader_fault(x->r, 0, "%u months do not divide a year: write \"every 2 months\", 3, 4 or "
			     "6, or name the months", n);
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
		reader_fault(x->r, 0, "an interval may be a year at most: write \"Yearly (1 January, "
			     "09:00)\"");
	} else if (d->every_unit == UNIT_MONTH || d->every_unit == UNIT_QUARTER) {
		settle_months(x, (uint32_t)n * (d->every_unit == UNIT_MONTH ? 1 : 3));
	} else if (d->every_unit == UNIT_YEAR) {
		reader_fault(x->r, 0, "every %u years is not kept track of: write \"Once (2026-12-01 "
			     "09:00)\" or \"Yearly (1 January, 09:00)\"", (unsigned)n);
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
	} else if (seconds > UNIT_DAY && (d->time_count || d->has_window || d->parts || d->weekdays)) {
		reader_fault(x->r, 0, "this interval comes at another time each day: write it without a "
			     "time, or in whole days");
	} else if (seconds == UNIT_DAY && (d->has_window || d->parts || d->weekdays || d->time_count)) {
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
			if (!d->has_window || schedule_window_contains(d->window_begin, d->window_end,
								       hour * 60 + d->minute))
				x->s->cron_hours |= 1u << hour;
		x->s->weekdays = d->weekdays;
	}
}

/* ---- counts ---- */

/* N times a day: evenly through the window, on half hours. */
static void spread_day(struct settling *x, unsigned n)
{
	struct draft *d = x->d;
	unsigned begin = d->has_window ? d->window_begin : 8 * 60, end = 22 * 60, step;

	if (n > SCHEDULE_TIMES_MAX) {
		reader_fault(x->r, 0, "%u times a day is an interval: write \"every %u minutes\"", n,
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
	use_times(x);
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
		reader_fault(x->r, 0, "%u times a week: write \"%u times a day\" or name the days", n,
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
		reader_fault(x->r, 0, "%u times a month: write \"Weekly (Monday 09:00)\" or name the days",
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

static void settle_count(struct settling *x)
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
		reader_fault(x->r, 0, "%u times is no interval that can be kept: write for example \"every "
			     "20 minutes\"", n);
}

/* ---- zones ---- */

/* "asia/taipei" as the tz database writes it. */
static void copy_zone(struct span name, char out[40])
{
	bool lower = true, first = true;

	for (size_t i = 0; i < name.length; i++)
		lower &= name.data[i] < 'A' || name.data[i] > 'Z';
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];

		out[i] = lower && first && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
		first = c == '/' || c == '_' || c == '-';
	}
	out[name.length] = '\0';
}

static void settle_zone(struct settling *x)
{
	struct draft *d = x->d;
	const char *name = d->zone_word >= 0 ? zone_words[d->zone_word].zone : NULL;

	if (x->s->kind == SCHEDULE_EVENT || !d->zone.length)
		return;
	if (d->zone_text[0])
		name = d->zone_text;
	if (name)
		snprintf(x->s->zone, sizeof(x->s->zone), "%s", name);
	else if (d->zone_word < 0 && d->zone.length < sizeof(x->s->zone))
		copy_zone(d->zone, x->s->zone);
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

static void settle_faults(struct settling *x)
{
	if (x->d->too_many_times)
		reader_fault(x->r, 0, "more than %d times a day: write an interval, \"every 30 minutes\", "
			     "or cron", SCHEDULE_TIMES_MAX);
	else if (x->d->event && !event_path_valid(x->d->path))
		reader_fault(x->r, 0, "the path must lie below the agent's folder: write \"On file change "
			     "(knowledge/)\"");
	else if (!schedule_valid(x->s))
		reader_fault(x->r, 0, "these words do not make one schedule: write \"Daily (07:00)\", "
			     "\"Weekly (Monday 09:00)\", \"Every 30 minutes\" or \"Cron (0 9 * * 1-5)\"");
	else if ((x->s->kind == SCHEDULE_CALENDAR || x->s->kind == SCHEDULE_INTERVAL) &&
		 wall_next(x->s, 946684800) == NEVER)
		reader_fault(x->r, 0, "this moment never comes: no month has that day, or no point of the "
			     "interval lies in the window");
}

static void hint_zone(const struct draft *d, unsigned line, struct diagnostics *found)
{
	const struct zone_word *word = d->zone_word >= 0 ? &zone_words[d->zone_word] : NULL;
	int length = (int)d->zone.length;

	if (!word || d->zone_text[0] || (word->zone && !strcmp(word->zone, "UTC")))
		return;
	if (word->ambiguous)
		diagnostics_add(found, SEVERITY_WARNING, "schedule-zone-ambiguous", line, 1,
				"\"%.*s\" may be more than one time zone, read as %s: write %s", length,
				d->zone.data, word->zone ? word->zone : "the file's own", word->ambiguous);
	else
		diagnostics_add(found, SEVERITY_INFO, "schedule-zone", line, 1,
				"\"%.*s\" is read as %s, with that place's daylight saving time", length,
				d->zone.data, word->zone);
}

void draft_hint(const struct schedule *s, unsigned line, struct diagnostics *found)
{
	char text[SCHEDULE_PRINT_SIZE];

	schedule_print(s, text);
	if (s->assumed)
		diagnostics_add(found, SEVERITY_INFO, "schedule-assumed", line, 1,
				"the time is not written, read as \"%s\"", text);
	if (s->kind != SCHEDULE_TICK && schedule_shortest_interval(s, 0) < 60)
		diagnostics_add(found, SEVERITY_WARNING, "schedule-too-often", line, 1,
				"\"%s\" is more often than the shortest interval of a beat, 60 seconds: "
				"write \"every minute\" or more", text);
	if (s->cron_or)
		diagnostics_add(found, SEVERITY_WARNING, "schedule-cron-days", line, 1,
				"cron runs when the day of the month or the weekday fits, not only when both "
				"do: for the first Monday write \"Monthly (first Monday, 09:00)\"");
}

static void hint(const struct settling *x, unsigned line, struct diagnostics *found)
{
	char text[SCHEDULE_PRINT_SIZE];

	schedule_print(x->s, text);
	draft_hint(x->s, line, found);
	hint_zone(x->d, line, found);
	if (x->d->loose)
		diagnostics_add(found, SEVERITY_INFO, "schedule-vague", line, 1,
				"a range is kept as its lower bound, read as \"%s\"", text);
	if (x->d->conflict)
		diagnostics_add(found, SEVERITY_WARNING, "schedule-conflict", line, 1,
				"the heading says two different things, read as \"%s\": write one of them",
				text);
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
		hint(&x, line, found);
	*ret_schedule = s;
	return true;
}
