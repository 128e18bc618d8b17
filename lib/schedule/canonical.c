/* Canonical text: lower-case words, one blank between them, zone names with a capital last.
 *
 *     daily 07:00 · daily 09:00,21:00 · weekly mon,wed 09:00 · weekly mon-fri 09:00
 *     monthly 1,15,last 09:00 · monthly first mon 09:00 · monthly 13 09:00 on fri · yearly jan 1
 * 09:00 every 2 weeks mon 09:00 · every 3 days 09:00 · every 30 minutes from 08:00 to 22:00 on
 * mon-fri every heartbeat · cron *\/15 9-17 * * 1-5 · once 2026-12-01 09:00 · once · on session
 * start on file change knowledge/ · none; each may end in: in jan,jul Europe/Berlin */
#include "cron.h"
#include "names.h"
#include "value.h"
#include "wall.h"

#include "base/buffer.h"
#include "base/instant.h"

#include <stdio.h>

const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };
const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
				    "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const ordinals[] = { "", "first", "second", "third", "fourth", "fifth" };
static const char *const events[] = {
	[SCHEDULE_EVENT_NONE] = "",
	[SCHEDULE_EVENT_SESSION_START] = "session start",
	[SCHEDULE_EVENT_SESSION_END] = "session end",
	[SCHEDULE_EVENT_STARTUP] = "startup",
	[SCHEDULE_EVENT_BULLETIN] = "bulletin",
	[SCHEDULE_EVENT_TASK] = "task",
	[SCHEDULE_EVENT_MESSAGE] = "message",
	[SCHEDULE_EVENT_FILE] = "file change",
};
static const struct {
	uint32_t seconds;
	const char *name;
} units[] = { { 7 * DAY_S, "week" },
	      { DAY_S, "day" },
	      { HOUR_S, "hour" },
	      { 60, "minute" },
	      { 1, "second" } };

/* ---- printing ---- */

static void print_clock(struct buffer *out, unsigned minute)
{
	buffer_printf(out, "%02u:%02u", minute / 60, minute % 60);
}

static void print_times(struct buffer *out, const struct schedule *s)
{
	for (unsigned i = 0; i < s->time_count; i++) {
		buffer_append_text(out, i ? "," : " ");
		print_clock(out, s->times[i]);
	}
}

/* Names of the bits set; three and more in a row as a range. */
static void print_names(struct buffer *out, unsigned bits, const char *const *names, unsigned count)
{
	const char *separator = " ";

	for (unsigned i = 0; i < count; i++) {
		unsigned last = i;

		if (!(bits >> i & 1))
			continue;
		while (last + 1 < count && bits >> (last + 1) & 1)
			last++;
		if (last >= i + 2) {
			buffer_printf(out, "%s%s-%s", separator, names[i], names[last]);
			i = last;
		} else {
			buffer_printf(out, "%s%s", separator, names[i]);
		}
		separator = ",";
	}
}

static void print_month_days(struct buffer *out, uint32_t days)
{
	const char *separator = " ";

	for (unsigned i = 0; i < 31; i++)
		if (days >> i & 1) {
			buffer_printf(out, "%s%u", separator, i + 1);
			separator = ",";
		}
	if (days & LAST_DAY)
		buffer_printf(out, "%slast", separator);
}

static void print_every(struct buffer *out, uint32_t seconds, bool whole_weeks)
{
	for (size_t i = whole_weeks ? 0 : 1; i < ARRAY_LENGTH(units); i++) {
		uint32_t n = seconds / units[i].seconds;

		if (seconds % units[i].seconds || (n == 1 && units[i].seconds >= DAY_S))
			continue;
		if (n == 1)
			buffer_printf(out, "every %s", units[i].name);
		else
			buffer_printf(out, "every %u %ss", n, units[i].name);
		return;
	}
}

/* Leaves in *rest what its words have not said yet. */
static void print_calendar(struct buffer *out, const struct schedule *s, struct schedule *rest)
{
	bool one_month = s->months && !(s->months & (s->months - 1));

	if (s->every_s) {
		print_every(out, s->every_s, s->every_s % (7 * DAY_S) == 0);
	} else if (s->weekday_in_month) {
		buffer_printf(out, "monthly %s", s->ordinal < 0 ? "last" : ordinals[s->ordinal]);
	} else if (s->month_days) {
		buffer_append_text(out, one_month ? "yearly" : "monthly");
		if (one_month)
			print_names(out, s->months, month_names, 12);
		rest->months = one_month ? 0 : s->months;
		print_month_days(out, s->month_days);
	} else {
		buffer_append_text(out, s->weekdays ? "weekly" : "daily");
	}
	if (!s->month_days) {
		print_names(out, s->weekdays, weekday_names, 7);
		rest->weekdays = 0;
	}
	print_times(out, s);
}

static void print_once(struct buffer *out, const struct schedule *s)
{
	struct civil c;

	buffer_append_text(out, "once");
	if (s->once_local == SCHEDULE_ONCE_UNSET)
		return;
	civil_from_instant(s->once_local, &c);
	buffer_printf(out, " %04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
	if (c.second)
		buffer_printf(out, ":%02d", c.second);
}

static void print_kind(struct buffer *out, const struct schedule *s, struct schedule *rest)
{
	char cron[256];

	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_NONE: buffer_append_text(out, "none"); break;
	case SCHEDULE_CALENDAR: print_calendar(out, s, rest); break;
	case SCHEDULE_INTERVAL: print_every(out, s->every_s, false); break;
	case SCHEDULE_TICK: buffer_append_text(out, "every heartbeat"); break;
	case SCHEDULE_ONCE: print_once(out, s); break;
	case SCHEDULE_CRON:
		cron_print(s, cron, sizeof(cron));
		buffer_printf(out, "cron %s", cron);
		rest->weekdays = 0;
		rest->months = 0;
		break;
	case SCHEDULE_EVENT:
		buffer_printf(out, "on %s", events[s->event]);
		if (s->path[0])
			buffer_printf(out, " %s", s->path);
		break;
	}
}

char *schedule_print(const struct schedule *s, char out[SCHEDULE_PRINT_SIZE])
{
	CLEANUP(buffer_clear) struct buffer b = BUFFER(SCHEDULE_PRINT_SIZE - 1);
	struct schedule rest = *s;

	print_kind(&b, s, &rest);
	if (s->window_begin != s->window_end) {
		buffer_append_text(&b, " from ");
		print_clock(&b, s->window_begin);
		buffer_append_text(&b, " to ");
		print_clock(&b, s->window_end);
	}
	if (rest.weekdays) {
		buffer_append_text(&b, " on");
		print_names(&b, rest.weekdays, weekday_names, 7);
	}
	if (rest.months) {
		buffer_append_text(&b, " in");
		print_names(&b, rest.months, month_names, 12);
	}
	if (s->zone[0])
		buffer_printf(&b, " %s", s->zone);
	snprintf(out, SCHEDULE_PRINT_SIZE, "%s", b.data ? b.data : "");
	return out;
}
