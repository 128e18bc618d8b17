/* Weekdays, days of the month, months. */
#include "draft.h"
#include "wall.h"

static unsigned separator(const struct reader *r, unsigned at)
{
	if (is_sign(r, at, ',') && is(r, at + 1, MEANS_AND))
		return 2;
	return is_sign(r, at, ',') || is_sign(r, at, '/') || is_sign(r, at, '&') ||
			       is_sign(r, at, '+') || is(r, at, MEANS_AND)
		       ? 1
		       : 0;
}

static bool is_dash(const struct reader *r, unsigned at)
{
	return is_sign(r, at, '-') || is_sign(r, at, '~') || is(r, at, MEANS_TO);
}

static void add_weekdays(struct draft *d, int from, int to)
{
	for (int day = from;; day = (day + 1) % 7) {
		d->weekdays |= (uint8_t)(1u << day);
		if (day == to)
			return;
	}
}

/* "Mon", "Mon-Fri", "Mon/Wed/Fri", "Monday, Tuesday and Friday" */
static unsigned weekday_list(struct reader *r, unsigned at)
{
	unsigned begin = at, gap;

	if (!is(r, at, MEANS_WEEKDAY))
		return 0;
	for (;;) {
		int from = token_at(r, at)->value;

		if (token_at(r, at)->trust == TRUST_WHOLE)
			r->draft.whole_only = true;
		if (is_dash(r, at + 1) && is(r, at + 2, MEANS_WEEKDAY)) {
			add_weekdays(&r->draft, from, token_at(r, at + 2)->value);
			at += 2;
		} else {
			add_weekdays(&r->draft, from, from);
		}
		at++;
		gap = separator(r, at);
		if (!gap || !is(r, at + gap, MEANS_WEEKDAY))
			return at - begin;
		at += gap;
	}
}

/* "of the month", "of month" */
static unsigned of_month(const struct reader *r, unsigned at)
{
	unsigned n = 1;

	if (!is(r, at, MEANS_OF))
		return 0;
	while (is(r, at + n, MEANS_FILLER) || is(r, at + n, MEANS_EVERY))
		n++;
	return unit_at(r, at + n) == UNIT_MONTH ? n + 1 : 0;
}

/* "first Monday", "last Friday of the month" */
static unsigned ordinal_weekday(struct reader *r, unsigned at, enum weight *ret_weight)
{
	bool number = is(r, at, MEANS_NUMBER) && token_at(r, at)->ordinal;
	unsigned n;

	if (!is(r, at, MEANS_ORDINAL) && !number)
		return 0;
	*ret_weight = WEIGHT_WEAK;
	if (is(r, at + 1, MEANS_PERIOD) && token_at(r, at + 1)->value == PERIOD_WEEKDAYS) {
		reader_fault(r, at,
			     "\"%.*s\" business day has no fixed day: write \"Monthly (1st, "
			     "09:00)\" or \"Monthly (first Monday, 09:00)\"",
			     (int)token_text(r->t, at).length, token_text(r->t, at).data);
		*ret_weight = WEIGHT_STRONG;
		return 2;
	}
	if (number && (token_at(r, at)->value < 1 || token_at(r, at)->value > 5))
		return 0;
	n = weekday_list(r, at + 1);
	if (!n)
		return 0;
	r->draft.whole_only = false;
	r->draft.ordinal = (int8_t)token_at(r, at)->value;
	return 1 + n + of_month(r, at + 1 + n);
}

static bool monthly(const struct reader *r)
{
	return r->draft.period == PERIOD_MONTHLY || r->draft.period == PERIOD_QUARTERLY ||
	       r->draft.period == PERIOD_YEARLY;
}

/* A number that is a day of the month: "1st", "1号", "1." and, where months are spoken of, "1". */
static unsigned month_day(const struct reader *r, unsigned at, bool bare)
{
	const struct token *token = token_at(r, at);

	if (is(r, at, MEANS_ORDINAL) && token->value < 0 && bare)
		return 1; /* "Monthly (1st and last)" */
	if (!is(r, at, MEANS_NUMBER) || token->digits > 2)
		return 0;
	if (token->ordinal)
		return unit_at(r, at + 1) == UNIT_DAY ? 2 : 1;
	if (!bare || is_sign(r, at + 1, ':') || is(r, at + 1, MEANS_HALF_DAY) ||
	    is(r, at + 1, MEANS_TIMES) || is(r, at + 1, MEANS_OCLOCK))
		return 0;
	if (is_sign(r, at + 1, '.'))
		return 2;
	if (unit_at(r, at + 1))
		return unit_at(r, at + 1) == UNIT_DAY && token_at(r, at + 1)->glued ? 2 : 0;
	return 1;
}

static void add_month_day(struct reader *r, unsigned at)
{
	int day = token_at(r, at)->value;

	if (is(r, at, MEANS_ORDINAL))
		r->draft.month_days |= LAST_DAY;
	else if (day >= 1 && day <= 31)
		r->draft.month_days |= 1u << (day - 1);
	else
		reader_fault(r, at,
			     "there is no day %d in a month: write 1 to 31, or \"last day\", as in "
			     "\"Monthly (1st, 09:00)\"",
			     day);
}

/* "1st", "1st and 15th of the month" */
static unsigned month_day_list(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned begin = at, n, gap;

	*ret_weight = WEIGHT_MODIFIER;
	n = month_day(r, at, monthly(r));
	if (!n)
		return 0;
	for (;;) {
		add_month_day(r, at);
		at += n;
		gap = separator(r, at);
		n = gap ? month_day(r, at + gap, monthly(r)) : 0;
		if (!n)
			break;
		at += gap;
	}
	n = of_month(r, at);
	if (n)
		*ret_weight = WEIGHT_WEAK;
	return at + n - begin;
}

static void add_months(struct draft *d, int from, int to)
{
	for (int month = from;; month = (month + 1) % 12) {
		d->months |= (uint16_t)(1u << month);
		if (month == to)
			return;
	}
}

/* "March 1", "1st of March", "March", "June-August" */
static unsigned month_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned day = 0, month = at, end;

	*ret_weight = WEIGHT_MODIFIER;
	if (is(r, at, MEANS_NUMBER)) {
		day = month_day(r, at, true);
		month = at + day;
		if (is(r, month, MEANS_OF))
			month++;
		if (!day || !is(r, month, MEANS_MONTH))
			return 0;
		add_month_day(r, at);
	}
	if (!is(r, month, MEANS_MONTH))
		return 0;
	end = month + 1;
	if (!day && is_dash(r, end) && is(r, end + 1, MEANS_MONTH)) {
		add_months(&r->draft, token_at(r, month)->value, token_at(r, end + 1)->value);
		return end + 2 - at;
	}
	add_months(&r->draft, token_at(r, month)->value, token_at(r, month)->value);
	if (!day && (day = month_day(r, end, true))) {
		add_month_day(r, end);
		end += day;
	}
	return end - at;
}

static unsigned month_list(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned begin = at, n = month_read(r, at, ret_weight), gap;

	if (!n)
		return 0;
	for (;;) {
		at += n;
		gap = separator(r, at);
		if (!gap || !is(r, at + gap, MEANS_MONTH) ||
		    !(n = month_read(r, at + gap, ret_weight)))
			return at - begin;
		at += gap;
	}
}

static unsigned special_day(struct reader *r, unsigned at, enum weight *ret_weight)
{
	*ret_weight = WEIGHT_WEAK;
	if (is(r, at, MEANS_LAST_DAY))
		r->draft.month_days |= LAST_DAY;
	else if (is(r, at, MEANS_FIRST_DAY))
		r->draft.month_days |= 1;
	else
		return 0;
	r->draft.whole_only = true;
	return 1 + of_month(r, at + 1);
}

/* "except Sunday", "not on weekends": all the other days. */
static unsigned excepted_days(struct reader *r, unsigned at, enum weight *ret_weight)
{
	uint8_t before = r->draft.weekdays, excepted = 0;
	unsigned begin = at + 1, n;

	*ret_weight = WEIGHT_MODIFIER;
	if (!is(r, at, MEANS_NOT))
		return 0;
	while (is(r, begin, MEANS_ON) || is(r, begin, MEANS_FILLER))
		begin++;
	r->draft.weekdays = 0;
	n = weekday_list(r, begin);
	excepted = r->draft.weekdays;
	if (!n && is(r, begin, MEANS_PERIOD)) {
		n = 1;
		excepted = token_at(r, begin)->value == PERIOD_WEEKENDS   ? 0x41
			   : token_at(r, begin)->value == PERIOD_WEEKDAYS ? 0x3E
									  : 0;
	}
	if (!n || !excepted || excepted == 0x7F)
		return 0;
	r->draft.whole_only = false;
	r->draft.weekdays = (before ? before : 0x7F) & (uint8_t)~excepted;
	return begin + n - at;
}

unsigned days_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	unsigned n;

	*ret_weight = WEIGHT_WEAK;
	if ((n = excepted_days(r, at, ret_weight)) || (n = ordinal_weekday(r, at, ret_weight)))
		return n;
	if ((n = weekday_list(r, at))) {
		*ret_weight = WEIGHT_WEAK;
		return n;
	}
	if ((n = special_day(r, at, ret_weight)) || (n = month_list(r, at, ret_weight)))
		return n;
	return month_day_list(r, at, ret_weight);
}
