#include "figures.h"

#include <inttypes.h>
#include <stdio.h>

char *figure_money(int64_t micro_usd, char out[FIGURE_SIZE])
{
	int64_t cents = micro_usd / 10000 + (micro_usd % 10000 >= 5000);
	int used;

	if (micro_usd >= 1000000) {
		snprintf(out, FIGURE_SIZE, "$%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
		return out;
	}
	used = snprintf(out, FIGURE_SIZE, "$0.%06" PRId64, micro_usd > 0 ? micro_usd : 0);
	while (used > 5 && out[used - 1] == '0') /* two decimals stay */
		out[--used] = '\0';
	return out;
}

char *figure_count(int64_t count, char out[FIGURE_SIZE])
{
	char digits[FIGURE_SIZE];
	int length = snprintf(digits, sizeof(digits), "%" PRId64, count);
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

char *figure_share(int64_t part, int64_t whole, char out[FIGURE_SIZE])
{
	int64_t percent;

	if (whole <= 0) {
		snprintf(out, FIGURE_SIZE, "full");
		return out;
	}
	percent = (int64_t)((__int128)part * 100 / whole);
	if (part > 0 && !percent)
		snprintf(out, FIGURE_SIZE, "<1%%");
	else
		snprintf(out, FIGURE_SIZE, "%" PRId64 "%%", percent);
	return out;
}

char *figure_duration(int64_t ms, char out[FIGURE_SIZE])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };

	for (size_t i = 0; i + 1 < ARRAY_LENGTH(units); i++) {
		int64_t rest = ms % units[i].ms / units[i + 1].ms;
		char *end = out;

		if (ms < units[i].ms)
			continue;
		end += snprintf(out, FIGURE_SIZE, "%" PRId64 " %s", ms / units[i].ms,
				units[i].name);
		if (rest)
			snprintf(end, (size_t)(out + FIGURE_SIZE - end), " %" PRId64 " %s", rest,
				 units[i + 1].name);
		return out;
	}
	if (ms >= 1000)
		snprintf(out, FIGURE_SIZE, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
	else
		snprintf(out, FIGURE_SIZE, "%" PRId64 " ms", ms);
	return out;
}

#define SINCE_MAX_S (100LL * 366 * 86400)

/* "24h", "7 d": seconds, or -1 for what is no duration. */
static int64_t duration_read(struct span text)
{
	static const struct {
		struct span name;
		int64_t seconds;
	} units[] = {
		{ { "s", 1 }, 1 },    { { "min", 3 }, 60 },  { { "m", 1 }, 60 },
		{ { "h", 1 }, 3600 }, { { "d", 1 }, 86400 }, { { "w", 1 }, 604800 },
	};
	int64_t number = 0;
	size_t at = 0;
	struct span unit;

	while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9' &&
	       number < SINCE_MAX_S)
		number = number * 10 + (text.data[at++] - '0');
	unit = span_trim(span_slice(text, at, text.length));
	for (size_t i = 0; at && i < ARRAY_LENGTH(units); i++)
		if (span_equal(unit, units[i].name) && number <= SINCE_MAX_S / units[i].seconds)
			return number * units[i].seconds;
	return -1;
}

int figure_since(struct span text, const struct zone *zone, int64_t now, int64_t *ret_since,
		 struct error *error)
{
	int64_t duration = duration_read(text), at;
	struct civil civil;
	int result;

	if (duration >= 0) {
		*ret_since = now - duration;
		return 0;
	}
	result = instant_parse(text, &at);
	if (result < 0)
		return error_set(error, ERROR_INVALID,
				 "--since takes a duration like 24h or 7d, or a time like "
				 "2026-11-21T08:00Z, not \"%.*s\"",
				 (int)(text.length < 100 ? text.length : 100), text.data);
	if (result > 0) { /* without a zone: the workspace's */
		civil_from_instant(at, &civil);
		at = zone_from_local(zone, &civil);
	}
	*ret_since = at;
	return 0;
}
