/* The way back from canonical text; canonical.c lists its forms. */
#include "cron.h"
#include "names.h"
#include "value.h"
#include "wall.h"

#include "base/instant.h"

struct words {
	struct span rest;
	struct span word; /* the current one; empty at the end */
};

static void step(struct words *w)
{
	size_t n = 0;

	w->rest = span_trim(w->rest);
	while (n < w->rest.length && w->rest.data[n] != ' ')
		n++;
	w->word = span_slice(w->rest, 0, n);
	w->rest = span_slice(w->rest, n, w->rest.length);
}

static bool at_word(const struct words *w, const char *text)
{
	return span_equal(w->word, span_of(text));
}

static bool take_word(struct words *w, const char *text)
{
	if (!at_word(w, text))
		return false;
	step(w);
	return true;
}

/* Cuts the next of a list's items, separated by `separator`. */
static bool cut(struct span *list, char separator, struct span *ret_item)
{
	const char *end;

	if (!list->length)
		return false;
	end = memchr(list->data, separator, list->length);
	*ret_item = span_slice(*list, 0, end ? (size_t)(end - list->data) : list->length);
	*list = span_slice(*list, ret_item->length + (end ? 1 : 0), list->length);
	return true;
}

static bool read_number(struct span text, uint32_t max, uint32_t *ret)
{
	uint32_t value = 0;

	if (!text.length || text.length > 9)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text.data[i] - '0');
	}
	*ret = value;
	return value <= max;
}

static bool read_clock(struct span text, uint16_t *ret)
{
	struct span hour, rest = text;
	uint32_t h, m;

	if (text.length != 5 || !cut(&rest, ':', &hour) || !read_number(hour, 23, &h) ||
	    !read_number(rest, 59, &m))
		return false;
	*ret = (uint16_t)(h * 60 + m);
	return true;
}

static bool read_times(struct words *w, struct schedule *s)
{
	struct span list = w->word, item;

	if (!memchr(w->word.data, ':', w->word.length))
		return false;
	while (cut(&list, ',', &item))
		if (s->time_count == SCHEDULE_TIMES_MAX ||
		    !read_clock(item, &s->times[s->time_count++]))
			return false;
	step(w);
	return true;
}

static int name_index(struct span name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (span_equal(name, span_of(names[i])))
			return i;
	return -1;
}

static bool read_names(struct words *w, const char *const *names, int count, uint16_t *ret_bits)
{
	struct span list = w->word, item, first;
	uint16_t bits = 0;

	while (cut(&list, ',', &item)) {
		int from, to;

		cut(&item, '-', &first);
		from = name_index(first, names, count);
		to = item.length ? name_index(item, names, count) : from;
		if (from < 0 || to < from)
			return false;
		for (; from <= to; from++)
			bits |= (uint16_t)(1u << from);
	}
	*ret_bits = bits;
	step(w);
	return bits != 0;
}

static const char *const ordinals[] = { "last", "first", "second", "third", "fourth", "fifth" };
static const char *const units[] = { "second",  "minute",  "hour",  "day",  "week",
				     "seconds", "minutes", "hours", "days", "weeks" };
static const uint32_t unit_seconds[] = { 1, 60, HOUR_S, DAY_S, 7 * DAY_S };

static bool read_weekdays(struct words *w, struct schedule *s)
{
	uint16_t bits;

	if (!read_names(w, weekday_names, 7, &bits))
		return false;
	s->weekdays = (uint8_t)bits;
	return true;
}

static bool read_month_days(struct words *w, struct schedule *s)
{
	struct span list = w->word, item;
	uint32_t day;

	while (cut(&list, ',', &item)) {
		if (span_equal(item, SPAN("last")))
			s->month_days |= LAST_DAY;
		else if (read_number(item, 31, &day) && day)
			s->month_days |= 1u << (day - 1);
		else
			return false;
	}
	step(w);
	return s->month_days != 0;
}

/* ---- forms ---- */

static bool read_daily(struct words *w, struct schedule *s)
{
	s->kind = SCHEDULE_CALENDAR;
	return read_times(w, s);
}

static bool read_weekly(struct words *w, struct schedule *s)
{
	s->kind = SCHEDULE_CALENDAR;
	return read_weekdays(w, s) && read_times(w, s);
}

/* "last mon 09:00" is a weekday, "last 09:00" the last day. */
static bool read_monthly(struct words *w, struct schedule *s)
{
	struct words ahead = *w;
	int ordinal = name_index(w->word, ordinals, 6);

	s->kind = SCHEDULE_CALENDAR;
	step(&ahead);
	if (ordinal >= 0 && read_weekdays(&ahead, s)) {
		*w = ahead;
		s->weekday_in_month = true;
		s->ordinal = (int8_t)(ordinal ? ordinal : -1);
		return read_times(w, s);
	}
	return read_month_days(w, s) && read_times(w, s);
}

static bool read_yearly(struct words *w, struct schedule *s)
{
	s->kind = SCHEDULE_CALENDAR;
	return read_names(w, month_names, 12, &s->months) && read_month_days(w, s) &&
	       read_times(w, s);
}

static bool read_every(struct words *w, struct schedule *s)
{
	uint32_t n = 1;
	int unit;

	if (take_word(w, "heartbeat")) {
		s->kind = SCHEDULE_TICK;
		return true;
	}
	if (read_number(w->word, 366u * DAY_S, &n))
		step(w);
	unit = name_index(w->word, units, 10) % 5;
	if (unit < 0 || n > 366u * DAY_S / unit_seconds[unit])
		return false;
	step(w);
	s->every_s = n * unit_seconds[unit];
	s->kind = SCHEDULE_INTERVAL;
	if (!w->word.length || at_word(w, "from") || at_word(w, "on") || at_word(w, "in") ||
	    zone_name_valid(w->word))
		return true;
	s->kind = SCHEDULE_CALENDAR;
	if (!memchr(w->word.data, ':', w->word.length) && !read_weekdays(w, s))
		return false;
	return read_times(w, s);
}

static bool read_cron(struct words *w, struct schedule *s)
{
	const char *begin = w->word.data;
	struct span fields;

	for (unsigned i = 0; i < 5; i++) {
		if (!w->word.length)
			return false;
		fields = (struct span){ begin, (size_t)(w->word.data + w->word.length - begin) };
		step(w);
	}
	return cron_parse(fields, s, NULL) == 0;
}

static bool read_date(struct span text, struct civil *ret)
{
	struct span year, month;
	uint32_t y, m, d;

	if (!cut(&text, '-', &year) || !cut(&text, '-', &month) || !read_number(year, 9999, &y) ||
	    !read_number(month, 12, &m) || !y || !m || !read_number(text, 31, &d) || !d ||
	    (int)d > days_in_month((int)y, (int)m))
		return false;
	*ret = (struct civil){ .year = (int)y, .month = (int)m, .day = (int)d };
	return true;
}

static bool read_once(struct words *w, struct schedule *s)
{
	struct span clock = { 0 }, second = { 0 };
	struct civil c;
	uint16_t minute;
	uint32_t seconds = 0;

	s->kind = SCHEDULE_ONCE;
	s->once_local = SCHEDULE_ONCE_UNSET;
	if (!w->word.length)
		return true;
	if (!read_date(w->word, &c))
		return false;
	step(w);
	clock = w->word;
	if (clock.length == 8 && clock.data[5] == ':') {
		second = span_slice(clock, 6, 8);
		clock = span_slice(clock, 0, 5);
		if (!read_number(second, 59, &seconds))
			return false;
	}
	if (!read_clock(clock, &minute))
		return false;
	step(w);
	s->once_local = instant_from_civil(&c) + minute * 60 + seconds;
	return true;
}

static bool read_none(struct words *w, struct schedule *s)
{
	s->kind = SCHEDULE_NONE;
	return !w->word.length;
}

static bool read_file_event(struct words *w, struct schedule *s)
{
	struct span path = { w->word.data, w->word.length + w->rest.length };

	if (path.length >= sizeof(s->path))
		return false;
	if (path.length)
		memcpy(s->path, path.data, path.length);
	*w = (struct words){ 0 };
	s->event = SCHEDULE_EVENT_FILE;
	return true;
}

static bool read_event(struct words *w, struct schedule *s)
{
	static const struct {
		const char *first, *second;
		enum schedule_event event;
	} names[] = {
		{ "session", "start", SCHEDULE_EVENT_SESSION_START },
		{ "session", "end", SCHEDULE_EVENT_SESSION_END },
		{ "startup", NULL, SCHEDULE_EVENT_STARTUP },
		{ "bulletin", NULL, SCHEDULE_EVENT_BULLETIN },
		{ "task", NULL, SCHEDULE_EVENT_TASK },
		{ "message", NULL, SCHEDULE_EVENT_MESSAGE },
		{ "file", "change", SCHEDULE_EVENT_FILE },
	};

	s->kind = SCHEDULE_EVENT;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct words ahead = *w;

		if (!take_word(&ahead, names[i].first) ||
		    (names[i].second && !take_word(&ahead, names[i].second)))
			continue;
		*w = ahead;
		s->event = (uint8_t)names[i].event;
		return names[i].event != SCHEDULE_EVENT_FILE || read_file_event(w, s);
	}
	return false;
}

static const struct {
	const char *word;
	bool (*read)(struct words *w, struct schedule *s);
} forms[] = {
	{ "daily", read_daily },   { "weekly", read_weekly }, { "monthly", read_monthly },
	{ "yearly", read_yearly }, { "every", read_every },   { "cron", read_cron },
	{ "once", read_once },     { "on", read_event },      { "none", read_none },
};

static bool read_form(struct words *w, struct schedule *s)
{
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
		if (take_word(w, forms[i].word))
			return forms[i].read(w, s);
	return false;
}

static bool read_window(struct words *w, struct schedule *s)
{
	if (!take_word(w, "from"))
		return true;
	if (!read_clock(w->word, &s->window_begin))
		return false;
	step(w);
	if (!take_word(w, "to") || !read_clock(w->word, &s->window_end))
		return false;
	step(w);
	return s->window_begin != s->window_end;
}

static bool read_suffix(struct words *w, struct schedule *s)
{
	if (!read_window(w, s) || (take_word(w, "on") && !read_weekdays(w, s)) ||
	    (take_word(w, "in") && !read_names(w, month_names, 12, &s->months)))
		return false;
	if (zone_name_valid(w->word)) {
		memcpy(s->zone, w->word.data, w->word.length);
		step(w);
	}
	return !w->word.length;
}

int schedule_parse(struct span canonical, struct schedule *ret_schedule, struct error *error)
{
	struct words w = { .rest = canonical };
	struct schedule s = { 0 };

	step(&w);
	if (!canonical.data || !read_form(&w, &s) || !read_suffix(&w, &s) || !schedule_valid(&s))
		return error_set(error, ERROR_INVALID,
				 "\"%.*s\" is no canonical schedule such as \"daily 07:00\"",
				 canonical.length > 80 ? 80 : (int)canonical.length,
				 canonical.data ? canonical.data : "");
	*ret_schedule = s;
	return 0;
}
