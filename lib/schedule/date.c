#include "date.h"

#include "base/instant.h"

static bool is_year(const struct reader *r, unsigned at)
{
	return is(r, at, MEANS_NUMBER) && token_at(r, at)->digits == 4 &&
	       token_at(r, at)->value >= 1900;
}

static bool is_short(const struct reader *r, unsigned at)
{
	return is(r, at, MEANS_NUMBER) && token_at(r, at)->digits >= 1 &&
	       token_at(r, at)->digits <= 2;
}

static bool same_sign(const struct reader *r, unsigned a, unsigned b, const char *signs)
{
	return is(r, a, MEANS_SIGN) && is(r, b, MEANS_SIGN) &&
	       token_at(r, a)->value == token_at(r, b)->value && token_at(r, a)->value &&
	       strchr(signs, token_at(r, a)->value);
}

static struct date exact(unsigned begin, unsigned end, int year, int month, int day)
{
	return (struct date){
		.begin = begin, .end = end, .exact = true, .year = year, .month = month, .day = day
	};
}

/* 2026-12-01, 2026/12/01, 2026.12.1 · 2026年12月1日 · 2026-W47 */
static bool year_first(const struct reader *r, unsigned at, struct date *ret)
{
	bool units = unit_at(r, at + 1) == UNIT_YEAR && unit_at(r, at + 3) == UNIT_MONTH;

	if (!is_year(r, at))
		return false;
	if (is_sign(r, at + 1, '-') && token_at(r, at + 2)->glued && is(r, at + 2, MEANS_UNIT)) {
		*ret = (struct date){ .begin = at, .end = at + 3 };
		return true;
	}
	if (!is_short(r, at + 2) || !(units || same_sign(r, at + 1, at + 3, "-/.")))
		return false;
	if (!is_short(r, at + 4)) {
		*ret = (struct date){ .begin = at, .end = at + 3 };
		return units;
	}
	*ret = exact(at, at + 5, token_at(r, at)->value, token_at(r, at + 2)->value,
		     token_at(r, at + 4)->value);
	if (units && unit_at(r, at + 5) == UNIT_DAY)
		ret->end++;
	return true;
}

/* 01.12.2026; 12/01/2026, of which nobody knows which is the month */
static bool year_last(const struct reader *r, unsigned at, struct date *ret)
{
	if (!is_short(r, at) || !is_short(r, at + 2) || !is_year(r, at + 4) ||
	    !same_sign(r, at + 1, at + 3, "./-"))
		return false;
	*ret = exact(at, at + 5, token_at(r, at + 4)->value, token_at(r, at + 2)->value,
		     token_at(r, at)->value);
	ret->exact = is_sign(r, at + 1, '.');
	return true;
}

/* May 19, 2026 · 1st of December 2026 · May 2026 */
static bool month_name(const struct reader *r, unsigned at, struct date *ret)
{
	unsigned month = at, end;
	int day = 0;

	if (is_short(r, at)) {
		day = token_at(r, at)->value;
		month++;
		if (is_sign(r, month, '.') || is(r, month, MEANS_OF))
			month++;
	}
	if (!is(r, month, MEANS_MONTH))
		return false;
	end = month + 1;
	if (!day && is_short(r, end))
		day = token_at(r, end++)->value;
	if (is_sign(r, end, ',') || is(r, end, MEANS_OF))
		end++;
	if (!is_year(r, end))
		return false;
	*ret = exact(at, end + 1, token_at(r, end)->value, token_at(r, month)->value + 1, day);
	ret->exact = day > 0;
	return true;
}

bool date_find(const struct reader *r, unsigned begin, struct date *ret)
{
	for (unsigned at = begin; at < r->end; at++)
		if (year_first(r, at, ret) || year_last(r, at, ret) || month_name(r, at, ret))
			return true;
	return false;
}

/* Blanks in words: "T", "at", commas. */
static unsigned skip_to_clock(const struct reader *r, unsigned at)
{
	while (is_sign(r, at, ',') || is(r, at, MEANS_ON) || is(r, at, MEANS_FILLER) ||
	       (is(r, at, MEANS_NOTHING) && token_at(r, at)->glued &&
		token_text(r->t, at).length == 1))
		at++;
	return at;
}

unsigned once_read(struct reader *r, unsigned at, int daily_hour, struct schedule *ret)
{
	struct date date;
	enum weight weight;
	uint16_t minute = (uint16_t)(daily_hour * 60);
	unsigned end, n;

	if (!date_find(r, at, &date) || date.begin > at + 2)
		return 0;
	if (!date.exact || date.month < 1 || date.month > 12 || date.day < 1 ||
	    date.day > days_in_month(date.year, date.month)) {
		reader_fault(r, date.begin,
			     "there is no such date: write \"Once (2026-12-01 09:00)\"");
		return 0;
	}
	end = skip_to_clock(r, date.end);
	n = clock_read(r, end, &minute);
	*ret = (struct schedule){ .kind = SCHEDULE_ONCE, .assumed = !n };
	end = n ? end + n : date.end;
	r->draft.has_window = true; /* a zone may follow */
	n = zone_read(r, end, &weight);
	ret->once_local = days_from_civil(date.year, date.month, date.day) * 86400 + minute * 60;
	return end + n;
}
