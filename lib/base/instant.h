/* Instants and civil dates: proleptic Gregorian arithmetic, RFC 3339 text. Pure; no zone, no clock.
 */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include "span.h"

struct civil {
	int year;                 /* 1 … 9999 */
	int month, day;           /* 1 … 12, 1 … 31 */
	int hour, minute, second; /* 0 … 23, 0 … 59, 0 … 59 */
};

/* Days since 1970-01-01 of a date, and back. `month` may be out of 1 … 12 and is normalised. */
int64_t days_from_civil(int year, int month, int day);
void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);

int weekday_of_days(int64_t days); /* 0 = Sunday … 6 = Saturday */
int days_in_month(int year, int month);

/* Seconds since the epoch of a civil time read as UTC, and back. */
int64_t instant_from_civil(const struct civil *c);
void civil_from_instant(int64_t instant, struct civil *ret_civil);

/* "2026-11-21T08:00:00Z". `out` has room for INSTANT_SIZE bytes. Returns out. */
#define INSTANT_SIZE 32
char *instant_print(int64_t instant, char out[INSTANT_SIZE]);

/* Reads RFC 3339 ("2026-11-21T08:00:00Z", any offset, fractions dropped, a blank for the T, seconds
 * may be absent). Returns 0, 1 when the text is a valid time without a zone (then *ret_instant is
 * it read as UTC, and the caller applies the zone), or -ERROR_INVALID. */
int instant_parse(struct span text, int64_t *ret_instant);

#endif
