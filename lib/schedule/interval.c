/* "every …" and "… times a day". */
#include "draft.h"

int unit_at(const struct reader *r, unsigned i)
{
	return is(r, i, MEANS_UNIT) ? token_at(r, i)->value : 0;
}

/* Nothing more in this phrase: the end, a comma, a dash with blanks. */
static bool ends_phrase(const struct reader *r, unsigned at)
{
	return at >= r->end || is(r, at, MEANS_ORNAMENT) ||
	       (is(r, at, MEANS_SIGN) && !(is_sign(r, at, '-') && token_at(r, at)->glued));
}

/* "2", "2-4", "~6", "4+", "2 to 3": the lower bound. */
unsigned skip_range_of_numbers(struct reader *r, unsigned at, uint32_t *ret_n)
{
	unsigned begin = at;
	bool loose = false;

	while (is_sign(r, at, '~') || is(r, at, MEANS_ABOUT)) {
		loose = true;
		at++;
	}
	if (!is(r, at, MEANS_NUMBER) || token_at(r, at)->ordinal)
		return 0;
	*ret_n = (uint32_t)token_at(r, at++)->value;
	if (is_sign(r, at, '+')) {
		loose = true;
		at++;
	}
	if ((is_sign(r, at, '-') || is_sign(r, at, '~') || is(r, at, MEANS_TO) ||
	     is(r, at, MEANS_OR)) &&
	    is(r, at + 1, MEANS_NUMBER)) {
		loose = true;
		at += 2;
		if (is_sign(r, at, '+'))
			at++;
	}
	r->draft.loose |= loose;
	return at - begin;
}

static void set_every(struct reader *r, uint32_t n, int unit)
{
	if (!r->draft.every_n) {
		r->draft.every_n = n;
		r->draft.every_unit = unit;
	}
}

static const enum period period_of_unit[] = {
	PERIOD_NONE, PERIOD_MONTHLY, PERIOD_QUARTERLY, PERIOD_YEARLY /* of -enum unit */
};

static void set_period(struct reader *r, enum period period)
{
	if (!r->draft.period)
		r->draft.period = period;
	else if (r->draft.period != period)
		r->draft.conflict = true;
}

/* "every day", "every hour" */
static void set_single(struct reader *r, int unit)
{
	if (unit == UNIT_DAY)
		set_period(r, PERIOD_DAILY);
	else if (unit == UNIT_WEEK)
		set_period(r, PERIOD_WEEKLY);
	else if (unit < 0)
		set_period(r, period_of_unit[-unit]);
	else
		set_every(r, 1, unit);
}

static unsigned fault_unit(struct reader *r, unsigned at, uint32_t n)
{
	struct span word = at < r->end ? token_text(r->t, at) : SPAN("");

	if (!n)
		reader_fault(r, at ? at - 1 : 0,
			     "an interval of 0 never comes round: write \"every 30 "
			     "minutes\"");
	else if (is_sign(r, at, '.'))
		reader_fault(r, at - 1, "write whole numbers: \"every 90 minutes\", not 1.5 hours");
	else if (at < r->end)
		reader_fault(r, at,
			     "unknown unit \"%.*s\": write \"every %u minutes\", hours, days, "
			     "weeks or months",
			     word.length > 40 ? 40 : (int)word.length, word.data, n);
	else
		reader_fault(r, at - 1,
			     "every %u what: write \"every %u minutes\", hours, days, weeks or "
			     "months",
			     n, n);
	return 1;
}

/* "30m" of "2h30m", "and 30 minutes" of "2 hours and 30 minutes". */
static unsigned second_unit(struct reader *r, unsigned at)
{
	struct draft *d = &r->draft;
	unsigned number = at + is(r, at, MEANS_AND);
	int unit = unit_at(r, number + 1);

	if (!is(r, number, MEANS_NUMBER) || unit <= 0 || unit >= d->every_unit ||
	    d->every_n > 1000 || (number == at && !token_at(r, at)->glued))
		return 0;
	d->every_n = d->every_n * (uint32_t)(d->every_unit / unit) +
		     (uint32_t)token_at(r, number)->value;
	d->every_unit = unit;
	return number + 2 - at;
}

/* "2 hours", "2-4 hours", "6 heartbeats", "30" + nonsense */
static unsigned every_number(struct reader *r, unsigned at)
{
	uint32_t n;
	unsigned taken = skip_range_of_numbers(r, at, &n), end = at + taken;
	int unit;

	if (!taken)
		return 0;
	while (is(r, end, MEANS_FILLER))
		end++;
	unit = unit_at(r, end);
	if (is(r, end, MEANS_TICK)) {
		r->draft.tick = true;
	} else if (is(r, end, MEANS_ORDINAL) && token_at(r, end)->value == 2) {
		set_every(r, n, 1); /* "every 5 second" */
	} else if (!unit || !n) {
		return end - at + fault_unit(r, end, n);
	} else {
		set_every(r, n, unit);
		end += second_unit(r, end + 1);
		if (is(r, end + 1, MEANS_FILLER) && token_at(r, end + 1)->glued)
			end++; /* 每2小时执行 */
	}
	return end + 1 - at;
}

unsigned interval_number_read(struct reader *r, unsigned at)
{
	return every_number(r, at);
}

/* "other week", "half hour", "second day", "third Monday", "5th heartbeat", "15th" */
static unsigned every_nth(struct reader *r, unsigned at)
{
	const struct token *token = token_at(r, at);
	int n = is(r, at, MEANS_OTHER) ? 2 : token->value;
	unsigned next = at + 1;

	if (!is(r, at, MEANS_OTHER) && !is(r, at, MEANS_ORDINAL) &&
	    !(is(r, at, MEANS_NUMBER) && token->ordinal))
		return 0;
	if (is(r, next, MEANS_NOTHING) && is(r, next + 1, MEANS_TICK))
		next++; /* "5th consecutive heartbeat" */
	if (is(r, next, MEANS_TICK)) {
		r->draft.tick = true;
	} else if (unit_at(r, next) && n > 0) {
		set_every(r, (uint32_t)n, unit_at(r, next));
	} else if (is(r, next, MEANS_WEEKDAY) && is(r, at, MEANS_OTHER)) {
		set_period(r, PERIOD_BIWEEKLY);
		r->draft.weekdays |= (uint8_t)(1u << token_at(r, next)->value);
	} else if (is(r, at, MEANS_ORDINAL) && n == 2 && ends_phrase(r, next)) {
		set_every(r, 1, 1); /* "every second" */
		return 1;
	} else {
		return 0; /* days_read knows "every first Monday" */
	}
	return next + 1 - at;
}

static unsigned every_half(struct reader *r, unsigned at)
{
	unsigned next = at + 1;

	if (!is(r, at, MEANS_HALF))
		return 0;
	if (is(r, next, MEANS_PER) || is(r, next, MEANS_FILLER))
		next++;
	if (unit_at(r, next) != UNIT_HOUR && unit_at(r, next) != UNIT_DAY)
		return 0;
	set_every(r, (uint32_t)unit_at(r, next) / 2, 1);
	return next + 1 - at;
}

/* "few days", "N hours": meant as one, but how long is it? */
static unsigned every_vague(struct reader *r, unsigned at)
{
	unsigned next = at + 1;

	if (!is(r, at, MEANS_VAGUE) && !is(r, at, MEANS_TIMES))
		return 0;
	if (is(r, next, MEANS_OF))
		next++;
	if (!unit_at(r, next))
		return 0;
	reader_fault(r, at, "\"%.*s\" is no number: write for example \"every 3 %.*s\"",
		     (int)token_text(r->t, at).length, token_text(r->t, at).data,
		     (int)token_text(r->t, next).length, token_text(r->t, next).data);
	return next + 1 - at;
}

/* "every day", "every Monday", "every heartbeat", "every weekday": the noun alone. */
static unsigned every_noun(struct reader *r, unsigned at)
{
	const struct token *token = token_at(r, at);

	if (unit_at(r, at)) {
		set_single(r, unit_at(r, at));
		return 1;
	}
	if (is(r, at, MEANS_TICK) || (is(r, at, MEANS_TIME) && ends_phrase(r, at + 1))) {
		r->draft.tick = true;
		return 1;
	}
	if (is(r, at, MEANS_PART)) {
		r->draft.parts |= (uint8_t)(1u << token->value);
		return 1;
	}
	if (is(r, at, MEANS_CLOCK)) {
		enum weight weight;

		return times_read(r, at, &weight);
	}
	if (is(r, at, MEANS_PERIOD)) {
		set_period(r, (enum period)token->value);
		return 1;
	}
	return 0;
}

/* 每周两次 reads as "every week" and then "twice"; a weekday, an ordinal and a month as days. */
static unsigned every_days(struct reader *r, unsigned at)
{
	enum weight weight;
	unsigned n;

	if (!is(r, at, MEANS_WEEKDAY) && !is(r, at, MEANS_ORDINAL) && !is(r, at, MEANS_MONTH) &&
	    !is(r, at, MEANS_LAST_DAY) && !is(r, at, MEANS_FIRST_DAY) &&
	    !(is(r, at, MEANS_NUMBER) && token_at(r, at)->ordinal))
		return 0;
	n = days_read(r, at, &weight);
	if (n && r->draft.month_days && !r->draft.months)
		set_period(r, PERIOD_MONTHLY);
	if (n && r->draft.months)
		set_period(r, PERIOD_YEARLY);
	return n;
}

/* "every Mondy", "every Mox 09:00" */
static unsigned every_slip(struct reader *r, unsigned at)
{
	struct span word = token_text(r->t, at);

	if (!is(r, at, MEANS_NOTHING) || !word_nearest_weekday(word) ||
	    !(is(r, at + 1, MEANS_NUMBER) || (word.length > 3 && ends_phrase(r, at + 1))))
		return 0;
	reader_fault(r, at, "unknown weekday \"%.*s\": write \"every %s\"", (int)word.length,
		     word.data, word_nearest_weekday(word));
	return 1;
}

static unsigned every_event(struct reader *r, unsigned at)
{
	enum weight weight;

	if (!is(r, at, MEANS_SESSION) && !is(r, at, MEANS_STARTUP) && !is(r, at, MEANS_MESSAGE))
		return 0;
	if (is(r, at, MEANS_SESSION) && !is(r, at + 1, MEANS_START) && !is(r, at + 1, MEANS_END)) {
		r->draft.event = SCHEDULE_EVENT_SESSION_START;
		return 1;
	}
	return event_read(r, at, &weight);
}

/* 2時間ごと: "every" comes last. */
static unsigned number_every(struct reader *r, unsigned at)
{
	uint32_t n;
	unsigned taken = skip_range_of_numbers(r, at, &n), unit = at + taken;

	if (!taken || !n || !unit_at(r, unit) || !is(r, unit + 1, MEANS_EVERY) ||
	    token_at(r, unit + 1)->language != JAPANESE)
		return 0;
	set_every(r, n, unit_at(r, unit));
	return taken + 2;
}

unsigned interval_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	static unsigned (*const forms[])(struct reader * r, unsigned at) = {
		every_number, every_nth,  every_half,  every_vague,
		every_noun,   every_days, every_event, every_slip,
	};
	unsigned noun = at + 1, n;

	*ret_weight = WEIGHT_STRONG;
	if (!is(r, at, MEANS_EVERY))
		return number_every(r, at);
	while (is(r, noun, MEANS_FILLER) || is(r, noun, MEANS_ON))
		noun++;
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
		n = forms[i](r, noun);
		if (n)
			return noun + n - at;
	}
	return 0;
}

/* ---- counts ---- */

/* Behind a count: "per day", "/day", "a week", "daily", "every week"; 0: no unit. */
static unsigned count_unit_read(struct reader *r, unsigned at, int *ret_unit)
{
	unsigned begin = at;

	if (is_sign(r, at, '/') || is(r, at, MEANS_PER) || is(r, at, MEANS_EVERY) ||
	    is(r, at, MEANS_AT) || is(r, at, MEANS_HALF_DAY))
		at++;
	if (at > begin && unit_at(r, at)) {
		*ret_unit = unit_at(r, at);
		return at + 1 - begin;
	}
	at = begin;
	if (!is(r, at, MEANS_PERIOD))
		return 0;
	switch (token_at(r, at)->value) {
	case PERIOD_HOURLY: *ret_unit = UNIT_HOUR; break;
	case PERIOD_DAILY: *ret_unit = UNIT_DAY; break;
	case PERIOD_WEEKLY: *ret_unit = UNIT_WEEK; break;
	case PERIOD_MONTHLY: *ret_unit = UNIT_MONTH; break;
	default: return 0;
	}
	return 1;
}

/* "1日2回", 週1回: the unit first. */
static unsigned unit_count_read(struct reader *r, unsigned at)
{
	unsigned i = at;
	int unit;

	if (is(r, i, MEANS_NUMBER) && token_at(r, i)->value == 1)
		i++;
	unit = unit_at(r, i);
	if (unit != UNIT_DAY && unit != UNIT_WEEK && unit != UNIT_MONTH)
		return 0;
	i++;
	while (is(r, i, MEANS_FILLER))
		i++;
	if (!is(r, i, MEANS_NUMBER) || !is(r, i + 1, MEANS_TIMES))
		return 0;
	r->draft.count = (unsigned)token_at(r, i)->value;
	r->draft.count_unit = unit;
	return i + 2 - at;
}

unsigned count_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned end = at, n, taken;
	uint32_t count = 1;
	int unit = 0;

	*ret_weight = WEIGHT_STRONG;
	taken = unit_count_read(r, at);
	if (taken)
		return taken;
	if (is(r, at, MEANS_COUNT)) {
		count = (uint32_t)token_at(r, at)->value;
		end++;
	} else {
		n = skip_range_of_numbers(r, at, &count);
		if (!is(r, at + n, MEANS_TIMES) || (!n && !is(r, at, MEANS_TIMES)))
			return 0;
		end += n + 1;
	}
	if (is(r, end, MEANS_TIMES))
		end++;
	n = count_unit_read(r, end, &unit);
	if (!n && count == 1 && (is(r, end, MEANS_EVERY) || r->draft.every_n)) {
		*ret_weight = WEIGHT_MODIFIER;
		return end - at; /* "once every 3 days", 每3天一次 */
	}
	if (!n && (!r->draft.period || (is(r, at, MEANS_COUNT) && count == 1)))
		return 0;
	if (!n)
		*ret_weight = WEIGHT_MODIFIER;
	if (!count || count > 1440)
		return 0;
	r->draft.count = count;
	r->draft.count_unit = unit;
	return end + n - at;
}
