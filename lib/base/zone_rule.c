#include "zone_rule.h"

#include "instant.h"

#define DAY 86400

/* The Gregorian calendar repeats after 400 years, weekdays included. */
#define CYCLE ((int64_t)146097 * DAY)
#define CYCLE_BEGIN ((int64_t)946684800) /* 2000-01-01 */
#define INSTANT_LIMIT ((int64_t)1 << 60)

/* ---- text ---- */

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char expected)
{
	if (c->at == c->end || *c->at != expected)
		return false;
	c->at++;
	return true;
}

static bool take_number(struct cursor *c, int max, int *ret)
{
	int value = 0;
	const char *begin = c->at;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		value = value * 10 + (*c->at - '0');
		if (value > max)
			return false;
	}
	*ret = value;
	return c->at != begin;
}

static bool is_letter(char ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
}

/* "CET" or "<+0545>". */
static bool take_name(struct cursor *c)
{
	const char *begin = c->at;

	if (take(c, '<')) {
		while (c->at < c->end && *c->at != '>')
			c->at++;
		return take(c, '>');
	}
	while (c->at < c->end && is_letter(*c->at))
		c->at++;
	return c->at - begin >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct cursor *c, int hours_max, int32_t *ret_s)
{
	int sign = 1, hours, minutes = 0, seconds = 0;

	if (take(c, '-'))
		sign = -1;
	else
		take(c, '+');
	if (!take_number(c, hours_max, &hours))
		return false;
	if (take(c, ':')) {
		if (!take_number(c, 59, &minutes))
			return false;
		if (take(c, ':') && !take_number(c, 59, &seconds))
			return false;
	}
	*ret_s = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

/* Offsets of a TZ string count westwards. */
static bool take_offset(struct cursor *c, int32_t *ret_east)
{
	int32_t west;

	if (!take_time(c, 24, &west))
		return false;
	*ret_east = -west;
	return true;
}

static bool take_month_day(struct cursor *c, struct rule_day *day)
{
	int month, week, weekday;

	if (!take_number(c, 12, &month) || !take(c, '.') || !take_number(c, 5, &week) ||
	    !take(c, '.') || !take_number(c, 6, &weekday) || month < 1 || week < 1)
		return false;
	*day = (struct rule_day){ 'M', (uint8_t)month, (uint8_t)week, (uint16_t)weekday, 0 };
	return true;
}

static bool take_day(struct cursor *c, struct rule_day *day)
{
	int number;

	if (!take(c, ','))
		return false;
	if (take(c, 'M')) {
		if (!take_month_day(c, day))
			return false;
	} else {
		bool julian = take(c, 'J');

		if (!take_number(c, 365, &number) || (julian && number < 1))
			return false;
		*day = (struct rule_day){ julian ? 'J' : '0', 0, 0, (uint16_t)number, 0 };
	}
	day->time_s = 2 * 3600;
	return !take(c, '/') || take_time(c, 167, &day->time_s);
}

bool zone_rule_parse(struct span text, struct zone_rule *ret_rule)
{
	struct cursor c = { text.data, text.data + text.length };
	struct zone_rule rule = { .present = true };

	if (!take_name(&c) || !take_offset(&c, &rule.standard))
		return false;
	if (c.at < c.end) {
		rule.has_dst = true;
		rule.dst = rule.standard + 3600;
		if (!take_name(&c))
			return false;
		if (c.at < c.end && *c.at != ',' && !take_offset(&c, &rule.dst))
			return false;
		if (!take_day(&c, &rule.start) || !take_day(&c, &rule.end))
			return false;
	}
	if (c.at != c.end)
		return false;
	*ret_rule = rule;
	return true;
}

/* ---- evaluation ---- */

static int64_t month_rule_days(const struct rule_day *day, int year)
{
	int64_t first = days_from_civil(year, day->month, 1);
	int ahead = (day->day - weekday_of_days(first) + 7) % 7;
	int in_month = ahead + (day->week - 1) * 7;

	if (in_month >= days_in_month(year, day->month))
		in_month -= 7; /* week 5 is the last one */
	return first + in_month;
}

static int64_t rule_instant(const struct rule_day *day, int year, int32_t offset)
{
	int64_t days;

	if (day->kind == 'M') {
		days = month_rule_days(day, year);
	} else {
		days = days_from_civil(year, 1, 1) + day->day;
		if (day->kind == 'J' && (day->day < 60 || days_in_month(year, 2) == 28))
			days--;
	}
	return days * DAY + day->time_s - offset;
}

struct change {
	int64_t at;
	int32_t offset;
};

/* Keeps the list in order. Of two changes at one moment the one to DST counts: so RFC 9636 writes
 * "DST all year", a December end that falls on the January start. */
static void insert_change(struct change *list, unsigned *count, struct change change,
			  const struct zone_rule *rule)
{
	unsigned i = (*count)++;

	while (i > 0 && (list[i - 1].at > change.at ||
			 (list[i - 1].at == change.at && change.offset != rule->dst))) {
		list[i] = list[i - 1];
		i--;
	}
	list[i] = change;
}

static unsigned changes_around(const struct zone_rule *rule, int year, struct change list[6])
{
	unsigned count = 0, kept = 0;

	for (int y = year - 1; y <= year + 1; y++) {
		insert_change(
			list, &count,
			(struct change){ rule_instant(&rule->start, y, rule->standard), rule->dst },
			rule);
		insert_change(
			list, &count,
			(struct change){ rule_instant(&rule->end, y, rule->dst), rule->standard },
			rule);
	}
	for (unsigned i = 0; i < count; i++) {
		if (i + 1 < count && list[i + 1].at == list[i].at)
			continue;
		if (kept && list[kept - 1].offset == list[i].offset)
			continue;
		list[kept++] = list[i];
	}
	return kept;
}

/* Most moments lie between the two changes of their own year. */
static bool segment_within_year(const struct zone_rule *rule, int year, int64_t t, int64_t shift,
				struct segment *ret)
{
	int64_t start = rule_instant(&rule->start, year, rule->standard);
	int64_t end = rule_instant(&rule->end, year, rule->dst);

	if (start < end && t >= start && t < end)
		*ret = (struct segment){ start + shift, end + shift, rule->dst };
	else if (end < start && t >= end && t < start)
		*ret = (struct segment){ end + shift, start + shift, rule->standard };
	else
		return false;
	return true;
}

static int64_t floor_to(int64_t value, int64_t unit)
{
	int64_t rest = value % unit;

	return value - (rest < 0 ? rest + unit : rest);
}

struct segment zone_rule_segment(const struct zone_rule *rule, int64_t instant)
{
	int64_t t = instant, shift;
	struct change list[6];
	struct segment found = { INT64_MIN, INT64_MAX, rule->standard };
	struct civil local;
	unsigned count;

	if (!rule->has_dst || rule->dst == rule->standard || t > INSTANT_LIMIT ||
	    t < -INSTANT_LIMIT)
		return found;
	shift = floor_to(t - CYCLE_BEGIN, CYCLE);
	t -= shift;
	civil_from_instant(t + rule->standard, &local);
	if (segment_within_year(rule, local.year, t, shift, &found))
		return found;
	count = changes_around(rule, local.year, list);
	if (count == 1)
		return (struct segment){ INT64_MIN, INT64_MAX, list[0].offset };
	found.offset = list[0].offset == rule->dst ? rule->standard : rule->dst;
	for (unsigned i = 0; i < count; i++) {
		if (list[i].at > t) {
			found.end = list[i].at + shift;
			break;
		}
		found.begin = list[i].at + shift;
		found.offset = list[i].offset;
	}
	return found;
}
