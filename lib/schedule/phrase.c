/* One phrase of a schedule at a time: which kind of words begins here? */
#include "draft.h"

#include <stdio.h>

void reader_fault(struct reader *r, unsigned at, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	va_list args;

	if (r->broken)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	r->broken = true;
	error_set(r->error, ERROR_INVALID, "%s", message);
	if (r->error)
		r->error->column = r->t->item[at < r->t->count ? at : r->t->count].column;
}

static unsigned tick_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	bool per = is(r, at, MEANS_PER) && is(r, at + 1, MEANS_TICK);

	*ret_weight = WEIGHT_STRONG;
	if (is(r, at, MEANS_COUNT) && is(r, at + 1, MEANS_PER) &&
	    (is(r, at + 2, MEANS_SESSION) || is(r, at + 2, MEANS_TICK))) {
		r->draft.tick = is(r, at + 2, MEANS_TICK);
		if (!r->draft.tick)
			r->draft.event = SCHEDULE_EVENT_SESSION_START;
		return 3;
	}
	if (!per && !(is(r, at, MEANS_TICK) && token_at(r, at)->value))
		return 0;
	r->draft.tick = true;
	return per ? 2 : 1 + is(r, at + 1, MEANS_TICK);
}

static unsigned period_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	enum period period = (enum period)token_at(r, at)->value;

	*ret_weight = WEIGHT_WEAK;
	if (!is(r, at, MEANS_PERIOD))
		return 0;
	if (token_at(r, at)->trust == TRUST_WHOLE)
		r->draft.whole_only = true;
	/* "every 2 hours, weekdays only": days of something else */
	if (period == PERIOD_WEEKDAYS && (r->draft.weight || r->draft.parts || r->draft.period))
		r->draft.weekdays |= 0x3E;
	else if (period == PERIOD_WEEKENDS &&
		 (r->draft.weight || r->draft.parts || r->draft.period))
		r->draft.weekdays |= 0x41;
	else if (!r->draft.period)
		r->draft.period = period;
	else if (r->draft.period != period)
		r->draft.conflict = true;
	return 1;
}

static unsigned part_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	*ret_weight = WEIGHT_WEAK;
	if (!is(r, at, MEANS_PART))
		return 0;
	if (token_at(r, at)->trust == TRUST_WHOLE)
		r->draft.whole_only = true;
	r->draft.parts |= (uint8_t)(1u << token_at(r, at)->value);
	return 1;
}

/* "during waking hours", "business hours" */
static unsigned hours_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned noun = at;
	bool business;

	*ret_weight = WEIGHT_MODIFIER;
	while (is(r, noun, MEANS_DURING) || is(r, noun, MEANS_ON) || is(r, noun, MEANS_FILLER))
		noun++;
	if (!is(r, noun, MEANS_HOURS) &&
	    !(noun > at && is(r, noun, MEANS_GATE) && token_at(r, noun)->value == 0))
		return 0;
	business = is(r, noun, MEANS_HOURS) && token_at(r, noun)->value == PART_BUSINESS;
	r->draft.has_window = true;
	r->draft.window_assumed = true;
	r->draft.window_begin = business ? 9 * 60 : 8 * 60;
	r->draft.window_end = business ? 18 * 60 : 22 * 60;
	return noun + 1 - at;
}

/* ":15" and "15" where hours are spoken of */
static unsigned minute_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned number = at + is_sign(r, at, ':');

	*ret_weight = WEIGHT_MODIFIER;
	if (r->draft.period != PERIOD_HOURLY || !is(r, number, MEANS_NUMBER) ||
	    is_sign(r, number + 1, ':') || is(r, number + 1, MEANS_HALF_DAY) ||
	    is_sign(r, number + 1, '-') || unit_at(r, number + 1))
		return 0;
	if (token_at(r, number)->value > 59)
		reader_fault(r, number, "there is no minute %d: write \"Hourly (:15)\"",
			     token_at(r, number)->value);
	r->draft.hourly_minute = true;
	r->draft.minute = (uint8_t)(token_at(r, number)->value % 60);
	return number + 1 - at;
}

/* "30 seconds", "(five minutes)": no word says that it comes round. */
static unsigned duration_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	struct draft before = r->draft;
	uint32_t n;
	unsigned taken = skip_range_of_numbers(r, at, &n);

	*ret_weight = WEIGHT_MODIFIER;
	r->draft = before;
	if (!taken || !unit_at(r, at + taken))
		return 0;
	r->draft.duration = true;
	return taken + 1;
}

static unsigned utc_offset_read(struct reader *r, unsigned at)
{
	struct draft *d = &r->draft;
	bool west = is_sign(r, at, '-');
	int hours = token_at(r, at + 1)->value;

	if ((!west && !is_sign(r, at, '+')) || !is(r, at + 1, MEANS_NUMBER) ||
	    !token_at(r, at + 1)->glued)
		return 0;
	if (is_sign(r, at + 2, ':') || hours > (west ? 12 : 14))
		reader_fault(r, at + 1,
			     "no time zone has a name with this offset: write one such as "
			     "Asia/Kolkata");
	if (hours) /* Etc names count westwards */
		snprintf(d->zone_text, sizeof(d->zone_text), "Etc/GMT%c%d", west ? '+' : '-',
			 hours % 15);
	return is_sign(r, at + 2, ':') ? 4 : 2;
}

unsigned zone_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	struct draft *d = &r->draft;

	*ret_weight = WEIGHT_MODIFIER;
	if (is(r, at, MEANS_ZONE_NAME)) {
		d->zone = token_text(r->t, at);
		return 1;
	}
	/* "et", "pt", "ist" are words of other languages as well: only behind a time */
	if (!is(r, at, MEANS_ZONE) || !(d->time_count || d->has_window || d->parts || d->period))
		return 0;
	d->zone_word = token_at(r, at)->value;
	d->zone = token_text(r->t, at);
	if (!strcmp(zone_words[d->zone_word].text, "utc") ||
	    !strcmp(zone_words[d->zone_word].text, "gmt"))
		return 1 + utc_offset_read(r, at + 1);
	return 1;
}

/* In order of what must be tried first: "2x per day" before the number 2. */
static unsigned (*const forms[])(struct reader *r, unsigned at, enum weight *ret_weight) = {
	event_read, interval_read, count_read,    tick_read,   hours_read, times_read,
	days_read,  minute_read,   duration_read, period_read, part_read,  zone_read,
};

static unsigned read_forms(struct reader *r, unsigned at, enum weight *ret_weight)
{
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
		struct draft before = r->draft;
		bool broken = r->broken;
		unsigned n = forms[i](r, at, ret_weight);

		if (n)
			return n;
		r->draft = before;
		r->broken = broken;
	}
	return 0;
}

/* "on Mondays", "at 9", "the 1st": small words before a phrase belong to it. */
unsigned phrase_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned n = read_forms(r, at, ret_weight), skip = 0;
	struct draft before = r->draft;
	bool verb = false;

	while (!n && skip < 3 &&
	       (is(r, at + skip, MEANS_ON) || is(r, at + skip, MEANS_AT) ||
		is(r, at + skip, MEANS_FILLER) || is(r, at + skip, MEANS_TIME) ||
		is(r, at + skip, MEANS_ABOUT) || is(r, at + skip, MEANS_OF) ||
		is(r, at + skip, MEANS_HALF_DAY) /* German "am" */)) {
		verb |= is(r, at + skip, MEANS_TIME);
		skip++;
		n = read_forms(r, at + skip, ret_weight);
	}
	if (verb && n &&
	    *ret_weight < WEIGHT_STRONG) { /* "run every session", but "check Monday" */
		r->draft = before;
		return 0;
	}
	if (!n)
		return 0;
	r->draft.last = at + skip;
	if (*ret_weight > r->draft.weight)
		r->draft.weight = *ret_weight;
	return skip + n;
}
