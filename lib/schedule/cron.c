#include "cron.h"

#include "names.h"
#include "wall.h"

#include "base/buffer.h"

#include <stdio.h>
#include <strings.h>

enum { MINUTE, HOUR, MONTH_DAY, MONTH, WEEKDAY, FIELDS };

static const struct field {
	const char *noun;
	int min, max;
	const char *const *names; /* of min, min + 1, … */
} fields[FIELDS] = {
	[MINUTE] = { "minute", 0, 59, NULL },
	[HOUR] = { "hour", 0, 23, NULL },
	[MONTH_DAY] = { "day of the month", 1, 31, NULL },
	[MONTH] = { "month", 1, 12, month_names },
	[WEEKDAY] = { "weekday", 0, 7, weekday_names },
};

static const struct {
	const char *name, *expression; /* NULL: @reboot */
} nicknames[] = {
	{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" },   { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" }, { "@reboot", NULL },
};

/* ---- fields ---- */

struct expression {
	struct span field[FIELDS];
	size_t column[FIELDS];
	uint64_t bits[FIELDS];
	bool star[FIELDS];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns the number of fields there are; beyond five they are only counted. */
static unsigned split(struct span text, struct expression *e)
{
	unsigned count = 0;

	for (size_t i = 0; i < text.length;) {
		size_t begin = i;

		while (i < text.length && !is_blank(text.data[i]))
			i++;
		if (i > begin) {
			if (count < FIELDS) {
				e->field[count] = span_slice(text, begin, i);
				e->column[count] = begin + 1;
			}
			count++;
		} else {
			i++;
		}
	}
	return count;
}

static bool read_number(struct span *rest, const struct field *field, int *ret)
{
	size_t digits = 0;
	int value = 0;

	while (digits < rest->length && digits < 3 && rest->data[digits] >= '0' &&
	       rest->data[digits] <= '9')
		value = value * 10 + (rest->data[digits++] - '0');
	for (int i = 0; !digits && field->names && field->names[i]; i++)
		if (rest->length >= 3 && !strncasecmp(rest->data, field->names[i], 3)) {
			value = field->min + i;
			digits = 3;
		}
	*rest = span_slice(*rest, digits, rest->length);
	*ret = value;
	return digits > 0;
}

static bool take(struct span *rest, char expected)
{
	if (!rest->length || rest->data[0] != expected)
		return false;
	*rest = span_slice(*rest, 1, rest->length);
	return true;
}

/* One of a field's comma-separated parts: "*", "9", "9-17", each with "/2". */
static bool read_part(struct span *rest, const struct field *field, uint64_t *bits)
{
	int first = field->min, last = field->max, step = 1;
	static const struct field step_field = { .noun = "step" };

	if (!take(rest, '*') && !take(rest, '?')) {
		if (!read_number(rest, field, &first))
			return false;
		last = first;
		if (take(rest, '-')) {
			if (!read_number(rest, field, &last))
				return false;
			if (field->max == 7 && last == 0 && first > 0)
				last = 7; /* SAT-SUN */
		} else if (rest->length && rest->data[0] == '/') {
			last = field->max; /* "5/15": from 5 on, as everybody but Vixie reads it */
		}
	}
	if (take(rest, '/') && (!read_number(rest, &step_field, &step) || step < 1))
		return false;
	if (first < field->min || last > field->max || first > last)
		return false;
	for (int i = first; i <= last; i += step)
		*bits |= (uint64_t)1 << i;
	return true;
}

static bool read_field(struct span text, const struct field *field, uint64_t *ret_bits)
{
	uint64_t bits = 0;

	do {
		if (!read_part(&text, field, &bits))
			return false;
	} while (take(&text, ','));
	if (bits >> 7 & 1 && field->max == 7)
		bits = (bits | 1) & 0x7F; /* 7 is Sunday too */
	*ret_bits = bits;
	return !text.length;
}

/* "8:20" in a field of hours: what was meant is known. */
static bool clock_in_field(const struct expression *e, unsigned i, char *out, size_t size)
{
	const char *colon = memchr(e->field[i].data, ':', e->field[i].length);
	struct span hour, minute;

	if (!colon || i > HOUR)
		return false;
	hour = span_slice(e->field[i], 0, (size_t)(colon - e->field[i].data));
	minute = span_slice(e->field[i], hour.length + 1, e->field[i].length);
	while (minute.length > 1 && minute.data[0] == '0')
		minute = span_slice(minute, 1, minute.length);
	snprintf(out, size, "write \"%.*s %.*s %.*s %.*s %.*s\"", (int)minute.length, minute.data,
		 (int)hour.length, hour.data, (int)e->field[2].length, e->field[2].data,
		 (int)e->field[3].length, e->field[3].data, (int)e->field[4].length,
		 e->field[4].data);
	return true;
}

static int fail_at(struct error *error, size_t column)
{
	if (error)
		error->column = (unsigned)column;
	return -ERROR_INVALID;
}

static int fail_field(const struct expression *e, unsigned i, struct error *error)
{
	const struct field *field = &fields[i];
	int length = e->field[i].length > 40 ? 40 : (int)e->field[i].length;
	char advice[300];

	if (!clock_in_field(e, i, advice, sizeof(advice))) {
		if (i == MONTH_DAY && memchr(e->field[i].data, 'L', e->field[i].length))
			snprintf(advice, sizeof(advice),
				 "write \"Monthly (last day, 09:00)\" instead of cron");
		else if (i == WEEKDAY && memchr(e->field[i].data, '#', e->field[i].length))
			snprintf(advice, sizeof(advice),
				 "write \"Monthly (first Monday, 09:00)\" instead of cron");
		else
			snprintf(advice, sizeof(advice),
				 "write %d-%d, *, a list, or a step such as */%d%s", field->min,
				 field->max, field->min + 2,
				 i == WEEKDAY ? ", or MON-FRI"
				 : i == MONTH ? ", or JAN-MAR"
					      : "");
	}
	error_set(error, ERROR_INVALID, "cron: \"%.*s\" is no %s: %s", length, e->field[i].data,
		  field->noun, advice);
	return fail_at(error, e->column[i]);
}

static uint64_t all_bits(unsigned i)
{
	int max = i == WEEKDAY ? 6 : fields[i].max;

	return (((uint64_t)1 << (max + 1)) - 1) & ~(((uint64_t)1 << fields[i].min) - 1);
}

/* Vixie: a day field that begins with `*` (also in a step of it) leaves the choice to the other
 * one. */
static void store(const struct expression *e, struct schedule *s)
{
	uint64_t days = e->bits[MONTH_DAY] >> 1, weekdays = e->bits[WEEKDAY];
	bool all_days = e->bits[MONTH_DAY] == all_bits(MONTH_DAY);
	bool all_weekdays = weekdays == all_bits(WEEKDAY);
	bool either = !e->star[MONTH_DAY] && !e->star[WEEKDAY];

	*s = (struct schedule){ .kind = SCHEDULE_CRON };
	s->cron_minutes = e->bits[MINUTE];
	s->cron_hours = (uint32_t)e->bits[HOUR];
	if (e->bits[MONTH] != all_bits(MONTH))
		s->months = (uint16_t)(e->bits[MONTH] >> 1);
	if (either && (all_days || all_weekdays))
		return; /* either matches: every day */
	s->month_days = all_days ? 0 : (uint32_t)days;
	s->weekdays = all_weekdays ? 0 : (uint8_t)weekdays;
	s->cron_or = either && s->month_days && s->weekdays;
}

static int parse_fields(struct span text, struct schedule *ret_schedule, struct error *error)
{
	struct expression e = { 0 };
	unsigned count = split(text, &e);

	if (count != FIELDS) {
		error_set(error, ERROR_INVALID,
			  "cron: %u fields instead of five (minute, hour, day of the month, month, "
			  "weekday): write for example \"Cron (0 9 * * MON-FRI)\"",
			  count);
		return fail_at(error, 1);
	}
	for (unsigned i = 0; i < FIELDS; i++) {
		if (!read_field(e.field[i], &fields[i], &e.bits[i]))
			return fail_field(&e, i, error);
		e.star[i] = e.field[i].data[0] == '*' || e.field[i].data[0] == '?';
	}
	store(&e, ret_schedule);
	return 0;
}

int cron_parse(struct span text, struct schedule *ret_schedule, struct error *error)
{
	struct span trimmed = span_trim(text);

	if (!trimmed.length || trimmed.data[0] != '@')
		return parse_fields(text, ret_schedule, error);
	for (size_t i = 0; i < ARRAY_LENGTH(nicknames); i++) {
		if (!span_equal_nocase(trimmed, span_of(nicknames[i].name)))
			continue;
		if (nicknames[i].expression)
			return parse_fields(span_of(nicknames[i].expression), ret_schedule, error);
		*ret_schedule = (struct schedule){ .kind = SCHEDULE_EVENT,
						   .event = SCHEDULE_EVENT_STARTUP };
		return 0;
	}
	error_set(
		error, ERROR_INVALID,
		"cron: unknown name \"%.*s\": write @hourly, @daily, @weekly, @monthly, @yearly or "
		"@reboot",
		trimmed.length > 40 ? 40 : (int)trimmed.length, trimmed.data);
	return fail_at(error, (size_t)(trimmed.data - text.data) + 1);
}

static bool field_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       memchr("*,-/:?#", c, 7);
}

bool cron_looks_like(struct span text, bool named)
{
	struct expression e = { 0 };
	bool star = named;

	if (split(text, &e) != FIELDS)
		return false;
	for (unsigned i = 0; i < FIELDS; i++) {
		char first = e.field[i].data[0];

		for (size_t k = 0; k < e.field[i].length; k++)
			if (!field_char(e.field[i].data[k]))
				return false;
		if (first == '*')
			star = true;
		else if (i < MONTH && (first < '0' || first > '9') && first != '?')
			return false;
	}
	return star;
}

/* ---- printing ---- */

/* The step of which `bits` is exactly first, first + step, … within the field; 0: there is none. A
 * lone first one is a step beyond the field's end. */
static int step_of(uint64_t bits, int first, int max)
{
	uint64_t again = 0;
	int step = max - first + 1;

	if (!bits || __builtin_ctzll(bits) != first)
		return 0;
	if (bits & (bits - 1))
		step = __builtin_ctzll(bits & (bits - 1)) - first;
	for (int i = first; i <= max; i += step)
		again |= (uint64_t)1 << i;
	return again == bits ? step : 0;
}

static void print_runs(uint64_t bits, struct buffer *out)
{
	const char *separator = "";

	while (bits) {
		int first = __builtin_ctzll(bits), last = first;

		while (last < 63 && bits >> (last + 1) & 1)
			last++;
		if (last > first + 1)
			buffer_printf(out, "%s%d-%d", separator, first, last);
		else
			buffer_printf(out, "%s%d", separator, last = first);
		bits &= ~((((uint64_t)2 << (last - first)) - 1) << first);
		separator = ",";
	}
}

/* A step of `*` makes the two day fields an AND: sometimes needed, sometimes wrong, else nice. */
enum star { STAR_WRONG, STAR_NICE, STAR_NEEDED };

static void print_field(unsigned i, uint64_t bits, enum star star, struct buffer *out)
{
	int min = fields[i].min, max = i == WEEKDAY ? 6 : fields[i].max;
	int step = step_of(bits, min, max);
	bool many = __builtin_popcountll(bits) > 2 || (min == 0 && step * 2 == max + 1);

	if (!bits || bits == all_bits(i))
		buffer_append_text(out, "*");
	else if (step && (star == STAR_NEEDED || (star == STAR_NICE && many)))
		buffer_printf(out, "*/%d", step);
	else if (step && many)
		buffer_printf(out, "%d-%d/%d", min, max, step);
	else
		print_runs(bits, out);
}

static enum star star_of_days(const struct schedule *s)
{
	if (s->cron_or)
		return STAR_WRONG;
	return s->month_days && s->weekdays ? STAR_NEEDED : STAR_NICE;
}

bool cron_days_valid(const struct schedule *s)
{
	if (!s->month_days || !s->weekdays)
		return !s->cron_or;
	return s->cron_or || step_of((uint64_t)s->month_days << 1, 1, 31) ||
	       step_of(s->weekdays, 0, 6);
}

void cron_print(const struct schedule *s, char *out, size_t size)
{
	CLEANUP(buffer_clear) struct buffer b = BUFFER(1024);
	const uint64_t bits[FIELDS] = { s->cron_minutes, s->cron_hours,
					(uint64_t)s->month_days << 1, (uint64_t)s->months << 1,
					s->weekdays };

	for (unsigned i = 0; i < FIELDS; i++) {
		enum star star = i == MONTH_DAY || i == WEEKDAY ? star_of_days(s) : STAR_NICE;

		if (i)
			buffer_append_text(&b, " ");
		print_field(i, bits[i], star, &b);
	}
	snprintf(out, size, "%s", b.data);
}
