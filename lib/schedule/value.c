#include "value.h"

#include "cron.h"
#include "wall.h"

#define MINUTES 1440
#define EVERY_MAX (366u * DAY_S)

bool schedule_equal(const struct schedule *a, const struct schedule *b)
{
	return a->kind == b->kind && a->event == b->event &&
	       a->weekday_in_month == b->weekday_in_month && a->ordinal == b->ordinal &&
	       a->time_count == b->time_count && !memcmp(a->times, b->times, sizeof(a->times)) &&
	       a->weekdays == b->weekdays && a->months == b->months &&
	       a->month_days == b->month_days && a->every_s == b->every_s &&
	       a->window_begin == b->window_begin && a->window_end == b->window_end &&
	       a->cron_minutes == b->cron_minutes && a->cron_hours == b->cron_hours &&
	       a->cron_or == b->cron_or && a->once_local == b->once_local &&
	       !strncmp(a->path, b->path, sizeof(a->path)) &&
	       !strncmp(a->zone, b->zone, sizeof(a->zone));
}

bool zone_name_valid(struct span name)
{
	if (!name.length || name.length >= sizeof(((struct schedule *)NULL)->zone) ||
	    name.data[0] < 'A' || name.data[0] > 'Z')
		return false;
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !memchr("/_+-", c, 4))
			return false;
	}
	return name.data[name.length - 1] != '/';
}

bool event_path_valid(struct span path)
{
	struct span inside = path;

	if (path.length >= SCHEDULE_PATH_MAX || !utf8_valid(path))
		return false;
	if (!path.length)
		return true;
	for (size_t i = 0; i < path.length; i++)
		if ((unsigned char)path.data[i] < ' ' || path.data[i] == 0x7F)
			return false;
	for (size_t i = 0; i + 1 < path.length; i++)
		if (path.data[i] == '.' && path.data[i + 1] == '.' &&
		    (!i || path.data[i - 1] == '/') &&
		    (i + 2 == path.length || path.data[i + 2] == '/'))
			return false;
	return path.data[0] != '/' && span_equal(span_trim(inside), path);
}

static bool times_valid(const struct schedule *s)
{
	if (s->time_count > SCHEDULE_TIMES_MAX)
		return false;
	for (unsigned i = 0; i < SCHEDULE_TIMES_MAX; i++) {
		if (i >= s->time_count ? s->times[i] != 0 : s->times[i] >= MINUTES)
			return false;
		if (i && i < s->time_count && s->times[i] <= s->times[i - 1])
			return false;
	}
	return true;
}

static bool window_valid(const struct schedule *s)
{
	return s->window_begin < MINUTES && s->window_end < MINUTES &&
	       (s->window_begin != s->window_end || !s->window_begin);
}

static bool no_window(const struct schedule *s)
{
	return !s->window_begin && !s->window_end;
}

static bool no_month_days(const struct schedule *s)
{
	return !s->month_days && !s->weekday_in_month && !s->ordinal;
}

static bool no_days(const struct schedule *s)
{
	return !s->weekdays && !s->months && no_month_days(s);
}

static bool no_cron(const struct schedule *s)
{
	return !s->cron_minutes && !s->cron_hours && !s->cron_or;
}

static bool calendar_valid(const struct schedule *s)
{
	bool ordinal = s->ordinal == -1 || (s->ordinal >= 1 && s->ordinal <= 5);
	bool weeks = s->every_s && s->every_s % (7 * DAY_S) == 0;

	if (!s->time_count || !no_window(s) || !no_cron(s))
		return false;
	if (s->every_s && (s->every_s % DAY_S || s->every_s > EVERY_MAX || s->every_s == DAY_S ||
			   s->every_s == 7 * DAY_S || !no_month_days(s) || (weeks && !s->weekdays)))
		return false;
	if (s->weekday_in_month)
		return ordinal && s->weekdays && !s->month_days;
	return !s->ordinal;
}

/* Whole days have no window: their one moment lies in it or never does. */
static bool interval_valid(const struct schedule *s)
{
	if (!no_cron(s) || s->time_count || !no_month_days(s) || !window_valid(s))
		return false;
	if (s->kind == SCHEDULE_TICK)
		return !s->every_s;
	if (s->every_s >= DAY_S && !(no_window(s) && no_days(s)))
		return false;
	return s->every_s && s->every_s <= EVERY_MAX;
}

static bool cron_valid(const struct schedule *s)
{
	return s->cron_minutes && !(s->cron_minutes >> 60) && s->cron_hours &&
	       !(s->cron_hours & ~HOURS_ALL) && !(s->month_days & LAST_DAY) &&
	       s->month_days != 0x7FFFFFFF && cron_days_valid(s) && !s->time_count && !s->every_s &&
	       no_window(s) && !s->weekday_in_month && !s->ordinal;
}

static bool plain(const struct schedule *s)
{
	return no_days(s) && no_cron(s) && no_window(s) && !s->time_count && !s->every_s;
}

static bool event_valid(const struct schedule *s)
{
	return plain(s) && s->event > SCHEDULE_EVENT_NONE && s->event <= SCHEDULE_EVENT_FILE &&
	       !s->zone[0];
}

static bool once_valid(const struct schedule *s)
{
	if (s->once_local == SCHEDULE_ONCE_UNSET)
		return plain(s) && !s->zone[0];
	return plain(s) && s->once_local >= WALL_MIN && s->once_local <= WALL_MAX;
}

static bool kind_valid(const struct schedule *s)
{
	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_NONE: return plain(s) && !s->zone[0];
	case SCHEDULE_CALENDAR: return calendar_valid(s);
	case SCHEDULE_TICK:
	case SCHEDULE_INTERVAL: return interval_valid(s);
	case SCHEDULE_CRON: return cron_valid(s);
	case SCHEDULE_ONCE: return once_valid(s);
	case SCHEDULE_EVENT: return event_valid(s);
	}
	return false;
}

bool schedule_valid(const struct schedule *s)
{
	struct span zone = { s->zone, strnlen(s->zone, sizeof(s->zone)) };
	struct span path = { s->path, strnlen(s->path, sizeof(s->path)) };

	return kind_valid(s) && times_valid(s) && s->weekdays < 0x7F && s->months < 0xFFF &&
	       (s->kind == SCHEDULE_EVENT || !s->event) &&
	       (s->kind == SCHEDULE_ONCE || !s->once_local) &&
	       (!zone.length || zone_name_valid(zone)) &&
	       (s->event == SCHEDULE_EVENT_FILE ? event_path_valid(path) : !path.length);
}
