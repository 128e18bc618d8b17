/* The rule of a TZ string (POSIX, RFC 9636 section 3.3.1), "CET-1CEST,M3.5.0,M10.5.0/3": what a
 * zone does behind its last recorded transition. Private to base. */
#ifndef BASE_ZONE_RULE_H
#define BASE_ZONE_RULE_H

#include "span.h"

/* No clock on Earth was ever further than this from UTC; a TZif file that says so is not valid. */
#define ZONE_OFFSET_MAX (26 * 3600)

struct rule_day {
	char kind;           /* 'M', 'J' (without 29 February) or '0' */
	uint8_t month, week; /* M: 1 … 12, 1 … 5 */
	uint16_t day;        /* M: weekday; J: 1 … 365; 0: 0 … 365 */
	int32_t time_s;      /* wall clock, from midnight; may be negative or beyond the day */
};

struct zone_rule {
	bool present, has_dst;
	int32_t standard, dst; /* seconds east of UTC */
	struct rule_day start, end;
};

/* A stretch of time with one offset; begin INT64_MIN, end INT64_MAX where it has no limit. */
struct segment {
	int64_t begin, end;
	int32_t offset;
};

/* Returns whether `text` is a valid TZ string. */
bool zone_rule_parse(struct span text, struct zone_rule *ret_rule);

struct segment zone_rule_segment(const struct zone_rule *rule, int64_t instant);

#endif
