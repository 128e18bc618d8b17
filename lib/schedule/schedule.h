/* Schedules: what people write above a checklist, as a value.
 *
 *     text --schedule_read_heading--> struct schedule --schedule_print--> canonical text --+
 *                                       |  ^---------------- schedule_parse ---------------+
 *                                       +--schedule_next(zone, t)--> the next moment
 *
 * All pure: time and zone are arguments. parse(print(s)) == s for every valid s. A schedule is a
 * flat value without pointers, so that it can be copied, compared with schedule_equal and kept by
 * the thousand.
 *
 * Rules (what people write is in words.h, one table a language, and where it counts in heading.c):
 * - Bare periods get a time: Daily 09:00, Nightly 23:00, Weekly Monday 09:00, Monthly the 1st
 * 09:00, Yearly 1 January 09:00 (`daily_hour` changes the 9); morning 08, noon 12, afternoon 15,
 * evening 18, night 22; waking hours are 08:00-22:00. `assumed` says that this happened.
 * - An interval that divides the day lies on the local day's grid from midnight, any other on a
 * grid from 1970-01-01T00:00Z; one that divides an hour runs on real time and knows no DST.
 * - A wall-clock time that does not exist fires once, right after the gap; one that exists twice
 * fires once, at the first. Monthly on the 31st skips shorter months; `last` exists.
 * - Cron follows crontab(5) of Vixie cron: when both day fields are restricted either one matches;
 * with every hour (`*`) it runs on real time, as an interval that divides an hour does.
 * - Ranges ("every 2-4 hours") are their lower bound; "~" and "+" are dropped. */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include "base/diagnostic.h"
#include "base/error.h"
#include "base/span.h"
#include "base/zone.h"

enum schedule_kind {
	SCHEDULE_NONE,     /* text without a schedule: standing context */
	SCHEDULE_CALENDAR, /* times of day on days */
	SCHEDULE_INTERVAL, /* every N units, perhaps in a window of the day */
	SCHEDULE_CRON,
	SCHEDULE_ONCE,
	SCHEDULE_EVENT, /* woken by something that happens */
	SCHEDULE_TICK,  /* "every heartbeat": on the file's tick */
};

enum schedule_event {
	SCHEDULE_EVENT_NONE,
	SCHEDULE_EVENT_SESSION_START, /* goes before every checklist; starts nothing itself */
	SCHEDULE_EVENT_SESSION_END,
	SCHEDULE_EVENT_STARTUP, /* the daemon started */
	SCHEDULE_EVENT_BULLETIN,
	SCHEDULE_EVENT_TASK,
	SCHEDULE_EVENT_MESSAGE,
	SCHEDULE_EVENT_FILE, /* `path` below the agent's folder */
};

/* "run once" names no moment. schedule_next finds none; who starts it does so one time, when it is
 * first seen. */
#define SCHEDULE_ONCE_UNSET INT64_MIN

#define SCHEDULE_TIMES_MAX 12
#define SCHEDULE_PATH_MAX 64

struct schedule {
	uint8_t kind;          /* enum schedule_kind */
	uint8_t event;         /* enum schedule_event */
	bool assumed;          /* a time or window that was not written was filled in */
	bool weekday_in_month; /* `weekdays` means the n-th such day of the month, see `ordinal` */
	int8_t ordinal;        /* 1 … 5, -1 last; with weekday_in_month */
	uint8_t time_count;
	uint16_t times[SCHEDULE_TIMES_MAX]; /* minutes of the day, ascending, distinct */
	uint8_t weekdays;                   /* bit 0 Sunday … 6 Saturday; 0: every day */
	uint16_t months;                    /* bit 0 January; 0: every month */
	uint32_t month_days; /* bit 0 the 1st … bit 30 the 31st; bit 31 the last day; 0: any */
	uint32_t every_s;    /* INTERVAL: seconds; CALENDAR of weeks: 1209600 is every other week */
	uint16_t window_begin,
		window_end; /* minutes of the day; equal: no window; end <= begin wraps */
	uint64_t cron_minutes;
	uint32_t cron_hours;
	bool cron_or;                 /* both day fields restricted: either matches */
	int64_t once_local;           /* ONCE: the civil time as if UTC, or SCHEDULE_ONCE_UNSET */
	char path[SCHEDULE_PATH_MAX]; /* EVENT_FILE */
	char zone[40];                /* IANA name written in the heading; empty: the file's zone */
};

/* The same moments by the same words. `assumed` says how it was read and is no part of the value.
 */
bool schedule_equal(const struct schedule *a, const struct schedule *b);

/* What a heading turned out to be. */
enum schedule_reading {
	SCHEDULE_READ_NONE, /* no schedule: dated log, duration, adjective, plain title */
	SCHEDULE_READ_OK,
	SCHEDULE_READ_BROKEN, /* meant as one, not understood: `error` has column and what to write
			       */
};

struct schedule_options {
	int daily_hour; /* 9 by default */
	bool quiet;     /* no diagnostics wanted */
};

/* Reads the schedule out of a heading's plain text, or out of a `Schedule:` line's value (`label`).
 * Where it is BROKEN, error->column is the code point in `heading`, from 1, of the word not
 * understood. *ret_title is the heading without the schedule text (slices `heading`; the heading
 * path of DESIGN 2.2 is built from it), e.g. "" for "Daily (07:00)", "Inbox" for "Inbox (every 30
 * min)". Hints (assumed times, ambiguous zones, cron day fields, shortest interval) go to `found`
 * at line `line`; may be NULL. */
enum schedule_reading schedule_read_heading(struct span heading,
					    const struct schedule_options *options, unsigned line,
					    struct schedule *ret_schedule, struct span *ret_title,
					    struct diagnostics *found, struct error *error);
enum schedule_reading schedule_read_label(struct span value, const struct schedule_options *options,
					  unsigned line, struct schedule *ret_schedule,
					  struct diagnostics *found, struct error *error);

/* A heading that only gates ("Active Hours", "Quiet Hours (23:00-08:00)"): starts nothing. Returns
 * whether it is one; the range, where it has one, in minutes of the day. */
bool schedule_read_gate(struct span heading, bool *ret_quiet, uint16_t *ret_begin,
			uint16_t *ret_end);

/* A time range as in `active_hours: 08:00-22:00`. */
int schedule_parse_range(struct span text, uint16_t *ret_begin, uint16_t *ret_end,
			 struct error *error);

/* Canonical text, parsed back by schedule_parse to an equal value. `out` has room for
 * SCHEDULE_PRINT_SIZE. */
#define SCHEDULE_PRINT_SIZE 320
char *schedule_print(const struct schedule *s, char out[SCHEDULE_PRINT_SIZE]);
int schedule_parse(struct span canonical, struct schedule *ret_schedule, struct error *error);

/* First moment after `from` (UTC seconds) at which `s` fires on the wall clock of `zone`.
 * Returns 0 and sets *ret_at; -ERROR_NOT_FOUND if it never fires again, or is an event.
 * A TICK fires as an interval of `tick_s`. Needs no clock, opens no file. */
int schedule_next(const struct schedule *s, const struct zone *zone, uint32_t tick_s, int64_t from,
		  int64_t *ret_at);

/* How many moments lie in (from, to], and the latest of them (-ERROR_NOT_FOUND: there is none).
 * Neither goes through them one by one: a million seconds are counted by the day. */
int64_t schedule_count(const struct schedule *s, const struct zone *zone, uint32_t tick_s,
		       int64_t from, int64_t to);
int schedule_latest(const struct schedule *s, const struct zone *zone, uint32_t tick_s,
		    int64_t from, int64_t to, int64_t *ret_at);

/* Shortest distance between two moments, in seconds; UINT32_MAX for once and events. */
uint32_t schedule_shortest_interval(const struct schedule *s, uint32_t tick_s);

/* Whether minute `minute_of_day` lies in [begin, end), wrapping past midnight. begin == end:
 * always. */
bool schedule_window_contains(uint16_t begin, uint16_t end, unsigned minute_of_day);

#endif
