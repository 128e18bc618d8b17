#include "stamp.h"

#define DATE_LENGTH 10 /* 2026-11-21 */

static size_t skip_blanks(struct span text, size_t at)
{
	while (at < text.length && (text.data[at] == ' ' || text.data[at] == '\t'))
		at++;
	return at;
}

static bool is_digit(struct span text, size_t at)
{
	return at < text.length && text.data[at] >= '0' && text.data[at] <= '9';
}

static bool is_time_character(char c)
{
	return (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '+' || c == '-' || c == 'Z' ||
	       c == 'z';
}

/* End of " 08:00Z" or "T08:00:00+02:00" at `at`; `at` itself where there is no time. */
static size_t time_end(struct span text, size_t at)
{
	size_t end = at + 1;

	if (at >= text.length || (text.data[at] != ' ' && text.data[at] != 'T'))
		return at;
	if (!is_digit(text, end) || !is_digit(text, end + 1) || end + 2 >= text.length ||
	    text.data[end + 2] != ':')
		return at;
	while (end < text.length && is_time_character(text.data[end]))
		end++;
	return end;
}

static int64_t to_utc(int64_t local, const struct zone *zone)
{
	struct civil civil;

	if (!zone)
		return local;
	civil_from_instant(local, &civil);
	return zone_from_local(zone, &civil);
}

/* Reads "DATE [TIME] [UTC]" at the front and moves *at behind it. */
static bool take_moment(struct span text, const struct zone *zone, size_t *at, int64_t *ret_moment)
{
	size_t begin = *at, date_end = begin + DATE_LENGTH, end;
	int result;

	if (date_end > text.length)
		return false;
	end = time_end(text, date_end);
	result = instant_parse(span_slice(text, begin, end), ret_moment);
	if (result < 0 || is_digit(text, end))
		return false;
	if (end > date_end && span_starts_with(span_slice(text, end, text.length), SPAN(" UTC"))) {
		end += 4;
		result = 0;
	}
	if (result == 1)
		*ret_moment = to_utc(*ret_moment, zone);
	*at = end;
	return true;
}

/* Length of the dash at `at`, 0 where there is none. */
static size_t dash_length(struct span text, size_t at)
{
	static const char *const dashes[] = { "—", "–", "-" };

	for (size_t i = 0; i < ARRAY_LENGTH(dashes); i++)
		if (span_starts_with(span_slice(text, at, text.length), span_of(dashes[i])))
			return strlen(dashes[i]);
	return 0;
}

static struct span author_in(struct span text)
{
	struct span author = span_trim(text);

	return author.length <= AUTHOR_MAX ? author : (struct span){ "", 0 };
}

bool stamp_of_heading(struct span text, const struct zone *zone, struct stamp *ret_stamp)
{
	struct stamp stamp = { .length = text.length, .author = { "", 0 } };
	const char *bracket;
	size_t at = 0, dash;

	if (!take_moment(text, zone, &at, &stamp.at))
		return false;
	at = skip_blanks(text, at);
	dash = dash_length(text, at);
	if (at < text.length && text.data[at] == '[') {
		bracket = memchr(text.data + at, ']', text.length - at);
		if (bracket)
			stamp.author = author_in(
				span_slice(text, at + 1, (size_t)(bracket - text.data)));
	} else if (dash) {
		stamp.author = author_in(span_slice(text, at + dash, text.length));
	}
	*ret_stamp = stamp;
	return true;
}

bool stamp_of_line(struct span line, const struct zone *zone, struct stamp *ret_stamp)
{
	struct stamp stamp = { .author = { "", 0 } };
	const char *bracket;
	size_t at = 1, dash;

	if (!line.length || line.data[0] != '[' || !take_moment(line, zone, &at, &stamp.at))
		return false;
	at = skip_blanks(line, at);
	dash = dash_length(line, at);
	bracket = memchr(line.data, ']', line.length);
	if (!dash || !bracket || bracket < line.data + at + dash)
		return false;
	stamp.author = author_in(span_slice(line, at + dash, (size_t)(bracket - line.data)));
	stamp.length = (size_t)(bracket - line.data) + 1;
	*ret_stamp = stamp;
	return true;
}
