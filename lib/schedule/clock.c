/* Times of day and ranges of them, as people write them. */
#include "draft.h"

/* Which half of the day a bare hour belongs to: 早上, "9 утра", "8 da noite". */
static bool part_is_late(int part)
{
	return part == PART_AFTERNOON || part == PART_EVENING || part == PART_NIGHT;
}

static uint16_t with_part(uint16_t minute, int part)
{
	return part_is_late(part) && minute < 720 && minute >= 60 ? minute + 720 : minute;
}

static void fault_time(struct reader *r, unsigned at, unsigned end)
{
	struct span text = span_slice(r->t->source, token_at(r, at)->begin,
				      r->t->item[end - 1].end);

	reader_fault(r, at,
		     "there is no time \"%.*s\": hours go from 0 to 23, minutes from 0 to 59, as "
		     "in \"Daily (07:00)\"",
		     text.length > 40 ? 40 : (int)text.length, text.data);
}

/* The half behind a number: "7:30 am". Returns tokens taken. */
static unsigned half_read(struct reader *r, unsigned at, int *hour)
{
	if (!is(r, at, MEANS_HALF_DAY))
		return 0;
	if (*hour >= 1 && *hour <= 12)
		*hour = *hour % 12 + token_at(r, at)->value;
	return 1;
}

/* "07:00", "7:30 pm", "07:00:00" */
static unsigned colon_read(struct reader *r, unsigned at, uint16_t *ret)
{
	unsigned end = at + 3;
	int hour = token_at(r, at)->value, minute = token_at(r, at + 2)->value;

	if (!is_sign(r, at + 1, ':') || !is(r, at + 2, MEANS_NUMBER) ||
	    !token_at(r, at + 2)->glued || token_at(r, at + 2)->digits != 2 ||
	    token_at(r, at)->digits > 2)
		return 0;
	if (is_sign(r, end, ':') && is(r, end + 1, MEANS_NUMBER) && token_at(r, end + 1)->glued)
		end += 2;
	end += half_read(r, end, &hour);
	if (hour == 24 && minute == 0)
		hour = 0;
	if (hour > 23 || minute > 59)
		fault_time(r, at, end);
	*ret = (uint16_t)(hour % 24 * 60 + minute % 60);
	return end - at;
}

/* "9点", "9点半", "9時30分", "9 Uhr", "9 Uhr 30" */
static unsigned oclock_read(struct reader *r, unsigned at, uint16_t *ret)
{
	unsigned end = at + 2;
	int hour = token_at(r, at)->value, minute = 0;

	if (!is(r, at + 1, MEANS_OCLOCK))
		return 0;
	if (is(r, end, MEANS_HALF) && token_at(r, end)->glued) {
		minute = 30;
		end++;
	} else if (is(r, end, MEANS_NUMBER) && token_at(r, end)->digits <= 2) {
		minute = token_at(r, end)->value;
		end += unit_at(r, end + 1) == UNIT_MINUTE ? 2 : 1;
	}
	if (hour > 24 || minute > 59)
		fault_time(r, at, end);
	*ret = (uint16_t)(hour % 24 * 60 + minute % 60);
	return end - at;
}

/* "9h", "09h30" where the language has it so. */
static unsigned h_read(struct reader *r, unsigned at, uint16_t *ret)
{
	struct span unit = token_text(r->t, at + 1);
	bool minutes;

	if (unit_at(r, at + 1) != UNIT_HOUR || unit.length != 1 || !token_at(r, at + 1)->glued)
		return 0;
	minutes = is(r, at + 2, MEANS_NUMBER) && token_at(r, at + 2)->glued &&
		  token_at(r, at + 2)->digits == 2;
	if ((!minutes && !r->romance) || token_at(r, at)->value > 23 ||
	    (minutes && token_at(r, at + 2)->value > 59))
		return 0;
	*ret = (uint16_t)(token_at(r, at)->value * 60 + (minutes ? token_at(r, at + 2)->value : 0));
	return minutes ? 3 : 2;
}

static unsigned number_clock_read(struct reader *r, unsigned at, uint16_t *ret)
{
	int hour = token_at(r, at)->value;
	unsigned n;

	if ((n = colon_read(r, at, ret)) || (n = oclock_read(r, at, ret)) ||
	    (n = h_read(r, at, ret)))
		return n;
	if (is(r, at + 1, MEANS_HALF_DAY) && token_at(r, at)->digits && !token_at(r, at)->ordinal) {
		if (hour > 23)
			fault_time(r, at, at + 2);
		half_read(r, at + 1, &hour);
		*ret = (uint16_t)(hour % 24 * 60);
		return 2;
	}
	return 0;
}

/* "утра", "da noite" behind a number that may be bare then. */
static bool part_behind(const struct reader *r, unsigned at)
{
	enum language l = token_at(r, at)->language;

	return is(r, at, MEANS_PART) &&
	       (l == RUSSIAN || l == SPANISH || l == PORTUGUESE || l == FRENCH || l == GERMAN);
}

/* "9" of "at 9". */
static unsigned bare_hour_read(const struct reader *r, unsigned at, uint16_t *ret_minute)
{
	if (!is(r, at, MEANS_NUMBER) || token_at(r, at)->value > 23 ||
	    token_at(r, at)->digits > 2 || token_at(r, at)->ordinal || unit_at(r, at + 1) ||
	    is_sign(r, at + 1, '/') || is_sign(r, at + 1, '.') || is(r, at + 1, MEANS_TIMES))
		return 0;
	*ret_minute = (uint16_t)(token_at(r, at)->value * 60);
	if (r->draft.parts == 1 << PART_EVENING || r->draft.parts == 1 << PART_NIGHT ||
	    r->draft.parts == 1 << PART_AFTERNOON)
		*ret_minute = with_part(*ret_minute, PART_EVENING); /* "every night at 11" */
	return 1;
}

unsigned clock_read(struct reader *r, unsigned at, uint16_t *ret_minute)
{
	unsigned begin = at, n;
	bool told = false;
	int part = -1;

	if (is(r, at, MEANS_CLOCK)) {
		*ret_minute = (uint16_t)token_at(r, at)->value;
		return 1;
	}
	if (is(r, at, MEANS_PART) && is(r, at + 1, MEANS_NUMBER) && token_at(r, at + 1)->glued)
		part = token_at(r, at++)->value; /* 早上9点 */
	else if ((told = is_sign(r, at, '@') || is(r, at, MEANS_AT)) || is(r, at, MEANS_PER))
		at++; /* French "à" is our "a" */
	if (!is(r, at, MEANS_NUMBER))
		return 0;
	n = number_clock_read(r, at, ret_minute);
	if (!n && (told || part >= 0 || part_behind(r, at + 1)))
		n = bare_hour_read(r, at, ret_minute);
	if (!n)
		return 0;
	at += n;
	if (part < 0 && part_behind(r, at))
		part = token_at(r, at++)->value;
	*ret_minute = with_part(*ret_minute, part);
	return at - begin;
}

/* ---- ranges ---- */

/* "and" joins a range only behind "between": "9:00 and 21:00" are two times. */
static bool is_dash(const struct reader *r, unsigned at, bool between)
{
	return is_sign(r, at, '-') || is_sign(r, at, '~') || is(r, at, MEANS_TO) ||
	       is(r, at, MEANS_UNTIL) || (between && is(r, at, MEANS_AND));
}

/* "8-10 AM", "11-1 PM": the first number takes the second's half unless that turns them round. */
static bool bare_begin(const struct reader *r, unsigned at, unsigned end_at, uint16_t end,
		       uint16_t *ret_begin)
{
	int hour = token_at(r, at)->value;
	bool half = is(r, end_at + 1, MEANS_HALF_DAY) ||
		    (is_sign(r, end_at + 1, ':') && is(r, end_at + 3, MEANS_HALF_DAY));

	if (hour > 23)
		return false;
	if (half && hour >= 1 && hour <= 12) {
		hour = hour % 12 + (end >= 720 || end == 0 ? 12 : 0);
		if (hour * 60 >= end && end && hour >= 12)
			hour -= 12;
	}
	*ret_begin = (uint16_t)(hour * 60);
	return true;
}

/* "9-17", "9-5": only where a schedule is surely meant. */
static unsigned bare_range_read(const struct reader *r, unsigned at, uint16_t *ret_begin,
				uint16_t *ret_end)
{
	int from = token_at(r, at)->value, to = token_at(r, at + 2)->value;

	if (!is(r, at + 2, MEANS_NUMBER) || from > 23 || to > 24 || unit_at(r, at + 3) ||
	    is(r, at + 3, MEANS_TIMES) || token_at(r, at)->ordinal ||
	    token_at(r, at + 2)->ordinal || is_sign(r, at + 3, '/'))
		return 0;
	if (to <= from && from <= 12 && to < 12)
		to += 12;
	*ret_begin = (uint16_t)(from * 60);
	*ret_end = (uint16_t)(to % 24 * 60);
	return 3;
}

unsigned range_read(struct reader *r, unsigned at, bool bare, uint16_t *ret_begin,
		    uint16_t *ret_end)
{
	unsigned begin = at, n;
	bool between = is(r, at, MEANS_FROM);

	if (between) {
		bare = true;
		at++;
	}
	n = clock_read(r, at, ret_begin);
	if (n && is_dash(r, at + n, between)) {
		unsigned last = clock_read(r, at + n + 1, ret_end);

		if (last)
			return at + n + 1 + last - begin;
	}
	if (n || !is(r, at, MEANS_NUMBER) || !is_dash(r, at + 1, between))
		return 0;
	n = clock_read(r, at + 2, ret_end);
	if (n && bare_begin(r, at, at + 2, *ret_end, ret_begin))
		return at + 2 + n - begin;
	n = !n && bare ? bare_range_read(r, at, ret_begin, ret_end) : 0;
	return n ? at + n - begin : 0;
}

/* ---- lists ---- */

static void add_time(struct draft *d, uint16_t minute)
{
	unsigned i = d->time_count;

	for (unsigned k = 0; k < d->time_count; k++)
		if (d->times[k] == minute)
			return;
	if (d->time_count == SCHEDULE_TIMES_MAX) {
		d->too_many_times = true;
		return;
	}
	for (; i && d->times[i - 1] > minute; i--)
		d->times[i] = d->times[i - 1];
	d->times[i] = minute;
	d->time_count++;
}

static void set_window(struct draft *d, uint16_t begin, uint16_t end)
{
	d->has_window = begin != end;
	d->window_begin = begin;
	d->window_end = end;
}

static unsigned list_separator(const struct reader *r, unsigned at)
{
	if (is_sign(r, at, ',') && is(r, at + 1, MEANS_AND))
		return 2;
	return is_sign(r, at, ',') || is_sign(r, at, '/') || is_sign(r, at, '&') ||
			       is_sign(r, at, '+') || is_sign(r, at, ';') || is(r, at, MEANS_AND)
		       ? 1
		       : 0;
}

/* "10AM, 2PM, 6PM and 10PM". */
static unsigned clock_list_read(struct reader *r, unsigned at)
{
	unsigned begin = at, n, gap;
	uint16_t minute, other;
	bool told = is(r, at, MEANS_AT); /* "at 9 and 17" */

	n = clock_read(r, at, &minute);
	if (!n)
		return 0;
	for (;;) {
		add_time(&r->draft, minute);
		at += n;
		gap = list_separator(r, at);
		if (!gap || range_read(r, at + gap, false, &minute, &other))
			return at - begin;
		n = clock_read(r, at + gap, &minute);
		if (!n && told)
			n = bare_hour_read(r, at + gap, &minute);
		if (!n)
			return at - begin;
		at += gap;
	}
}

/* "from 8am", "until 22:00": a window whose other side is midnight. */
static unsigned half_window_read(struct reader *r, unsigned at)
{
	bool from = is(r, at, MEANS_FROM);
	uint16_t minute;
	unsigned n;

	if (!from && !is(r, at, MEANS_UNTIL))
		return 0;
	n = clock_read(r, at + 1, &minute);
	if (n)
		set_window(&r->draft, from ? minute : 0, from ? 0 : minute);
	return n ? n + 1 : 0;
}

/* "Weekdays (9-17)", but not "Monthly (1-5)" and "Chapter (3-5)". */
static bool bare_hours_fit(const struct reader *r)
{
	return r->scheduled && r->draft.period != PERIOD_MONTHLY &&
	       r->draft.period != PERIOD_QUARTERLY && r->draft.period != PERIOD_YEARLY;
}

unsigned times_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	uint16_t begin, end;
	unsigned n;

	*ret_weight = WEIGHT_WEAK;
	if (is(r, at, MEANS_DURING) && (n = range_read(r, at + 1, true, &begin, &end))) {
		set_window(&r->draft, begin, end);
		return n + 1;
	}
	n = range_read(r, at, bare_hours_fit(r), &begin, &end);
	if (n) {
		set_window(&r->draft, begin, end);
		return n;
	}
	n = half_window_read(r, at);
	if (n) {
		*ret_weight = WEIGHT_MODIFIER;
		return n;
	}
	n = clock_list_read(r, at);
	if (n && n == 1 && is(r, at, MEANS_CLOCK) && token_at(r, at)->trust == TRUST_WHOLE)
		r->draft.whole_only = true;
	return n;
}
