#include "instant.h"

#include "error.h"

#include <stdio.h>

/* Algorithms: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": the year begins in
 * March, so that the leap day is its last. */
int64_t days_from_civil(int year, int month, int day)
{
	int64_t y, era, year_of_era, day_of_year;
	int shifted = month - 1;

	year += shifted / 12;
	shifted %= 12;
	if (shifted < 0) {
		shifted += 12;
		year--;
	}
	y = (int64_t)year - (shifted < 2);
	era = (y >= 0 ? y : y - 399) / 400;
	year_of_era = y - era * 400;
	day_of_year = (153 * ((shifted + 10) % 12) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era -
			      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	*ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

int weekday_of_days(int64_t days)
{
	int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */

	return (int)(weekday < 0 ? weekday + 7 : weekday);
}

int days_in_month(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : lengths[month - 1];
}

int64_t instant_from_civil(const struct civil *c)
{
	return days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * 3600 +
	       c->minute * 60 + c->second;
}

void civil_from_instant(int64_t instant, struct civil *ret_civil)
{
	int64_t days = instant / 86400, second = instant % 86400;

	if (second < 0) {
		second += 86400;
		days--;
	}
	civil_from_days(days, &ret_civil->year, &ret_civil->month, &ret_civil->day);
	ret_civil->hour = (int)(second / 3600);
	ret_civil->minute = (int)(second / 60 % 60);
	ret_civil->second = (int)(second % 60);
}

char *instant_print(int64_t instant, char out[INSTANT_SIZE])
{
	struct civil c;

	civil_from_instant(instant, &c);
	snprintf(out, INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year % 10000, c.month,
		 c.day, c.hour, c.minute, c.second);
	return out;
}

/* Reads exactly `digits` digits at *at and moves past them. */
static bool take_number(struct span text, size_t *at, size_t digits, int *ret_value)
{
	int value = 0;

	if (*at + digits > text.length)
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = text.data[*at + i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*at += digits;
	*ret_value = value;
	return true;
}

static bool take_char(struct span text, size_t *at, const char *any_of)
{
	if (*at >= text.length || !strchr(any_of, text.data[*at]))
		return false;
	++*at;
	return true;
}

static bool take_date(struct span text, size_t *at, struct civil *c)
{
	return take_number(text, at, 4, &c->year) && take_char(text, at, "-") &&
	       take_number(text, at, 2, &c->month) && take_char(text, at, "-") &&
	       take_number(text, at, 2, &c->day);
}

static bool take_time(struct span text, size_t *at, struct civil *c)
{
	int ignored;

	if (!take_char(text, at, "Tt ") || !take_number(text, at, 2, &c->hour) ||
	    !take_char(text, at, ":") || !take_number(text, at, 2, &c->minute))
		return false;
	if (!take_char(text, at, ":"))
		return true;
	if (!take_number(text, at, 2, &c->second))
		return false;
	if (take_char(text, at, "."))
		while (take_number(text, at, 1, &ignored))
			;
	return true;
}

static bool civil_is_valid(const struct civil *c)
{
	return c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
	       c->second <= 60;
}

int instant_parse(struct span text, int64_t *ret_instant)
{
	struct civil c = { 0 };
	size_t at = 0;
	int hours, minutes, sign;

	if (!take_date(text, &at, &c))
		return -(int)ERROR_INVALID;
	if (at < text.length && !take_time(text, &at, &c))
		return -(int)ERROR_INVALID;
	if (!civil_is_valid(&c))
		return -(int)ERROR_INVALID;
	if (c.second == 60) /* a leap second is the last second of its minute */
		c.second = 59;
	if (at == text.length) {
		*ret_instant = instant_from_civil(&c);
		return 1;
	}
	if (take_char(text, &at, "Zz")) {
		hours = minutes = 0;
		sign = 1;
	} else {
		sign = text.data[at] == '-' ? -1 : 1;
		if (!take_char(text, &at, "+-") || !take_number(text, &at, 2, &hours) ||
		    !take_char(text, &at, ":") || !take_number(text, &at, 2, &minutes) ||
		    hours > 23 || minutes > 59)
			return -(int)ERROR_INVALID;
	}
	if (at != text.length)
		return -(int)ERROR_INVALID;
	*ret_instant = instant_from_civil(&c) - sign * (hours * 3600 + minutes * 60);
	return 0;
}
