#include "value.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Appends a digit; false where the number no longer fits. */
static bool put_digit(int64_t *value, int digit)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, digit, value);
}

static int no_number(unsigned scale, struct error *error)
{
	if (!scale)
		return error_set(error, ERROR_INVALID, "write a whole number such as 4096");
	return error_set(error, ERROR_INVALID,
			 "write a number such as 2 or 0.25, with at most %u decimals", scale);
}

int value_decimal(struct span text, unsigned scale, int64_t *ret_value, struct error *error)
{
	unsigned decimals = 0;
	bool point = false, digits = false;
	int64_t value = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == '.' && !point && digits && scale) {
			point = true;
			continue;
		}
		if (!is_digit(c))
			return no_number(scale, error);
		digits = true;
		if (point && decimals == scale) {
			if (c != '0')
				return no_number(scale, error);
			continue;
		}
		decimals += point;
		if (!put_digit(&value, c - '0'))
			return error_set(error, ERROR_INVALID, "the number is too large");
	}
	if (!digits || text.data[text.length - 1] == '.')
		return no_number(scale, error);
	for (; decimals < scale; decimals++)
		if (!put_digit(&value, 0))
			return error_set(error, ERROR_INVALID, "the number is too large");
	*ret_value = value;
	return 0;
}

int value_share(struct span text, int64_t *ret_ppm, struct error *error)
{
	bool percent = text.length && text.data[text.length - 1] == '%';
	int64_t ppm;

	if (percent)
		text = span_trim(span_slice(text, 0, text.length - 1));
	if (value_decimal(text, percent ? 4 : 6, &ppm, NULL) || ppm > 1000000)
		return error_set(error, ERROR_INVALID,
				 "write a share from 0 to 1, such as 0.2 or 20%%");
	*ret_ppm = ppm;
	return 0;
}

/* ---- numbers with a unit ---- */

struct unit {
	const char *words[5];
	int64_t factor;
};

static const struct unit durations[] = {
	{ { "ms", "millisecond", "milliseconds" }, 1 },
	{ { "s", "sec", "secs", "second", "seconds" }, 1000 },
	{ { "m", "min", "mins", "minute", "minutes" }, 60 * 1000 },
	{ { "h", "hr", "hrs", "hour", "hours" }, 3600 * 1000 },
	{ { "d", "day", "days" }, 24 * 3600 * 1000 },
	{ { "w", "week", "weeks" }, INT64_C(7) * 24 * 3600 * 1000 },
};

static const struct unit sizes[] = {
	{ { "", "B", "bytes" }, 1 },
	{ { "KiB", "K", "KB" }, INT64_C(1) << 10 },
	{ { "MiB", "M", "MB" }, INT64_C(1) << 20 },
	{ { "GiB", "G", "GB" }, INT64_C(1) << 30 },
};

static int64_t unit_factor(const struct unit *units, size_t count, struct span word)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ARRAY_LENGTH(units->words) && units[i].words[j]; j++)
			if (span_equal_nocase(word, span_of(units[i].words[j])))
				return units[i].factor;
	return 0;
}

static bool read_with_unit(struct span text, const struct unit *units, size_t count,
			   int64_t *ret_value)
{
	int64_t number, factor;
	size_t digits = 0;

	while (digits < text.length && is_digit(text.data[digits]))
		digits++;
	if (value_decimal(span_slice(text, 0, digits), 0, &number, NULL))
		return false;
	factor = unit_factor(units, count, span_trim(span_slice(text, digits, text.length)));
	return factor && !__builtin_mul_overflow(number, factor, ret_value);
}

int value_duration(struct span text, int64_t *ret_ms, struct error *error)
{
	if (span_starts_with_nocase(text, SPAN("every ")))
		text = span_trim(span_slice(text, 6, text.length));
	if (!read_with_unit(text, durations, ARRAY_LENGTH(durations), ret_ms))
		return error_set(error, ERROR_INVALID,
				 "write a time with its unit, such as 500 ms, 30 s, 10 min or 2 h");
	return 0;
}

int value_size(struct span text, int64_t *ret_bytes, struct error *error)
{
	if (!read_with_unit(text, sizes, ARRAY_LENGTH(sizes), ret_bytes))
		return error_set(error, ERROR_INVALID, "write a size such as 256 KiB or 64 MiB");
	return 0;
}

int value_hour(struct span text, int64_t *ret_hour, struct error *error)
{
	int64_t hour;

	if (text.length > 3 &&
	    span_equal(span_slice(text, text.length - 3, text.length), SPAN(":00")))
		text = span_slice(text, 0, text.length - 3);
	if (text.length > 2 || value_decimal(text, 0, &hour, NULL) || hour > 23)
		return error_set(error, ERROR_INVALID, "write a full hour from 00:00 to 23:00");
	*ret_hour = hour;
	return 0;
}

/* ---- words ---- */

int value_switch(struct span text, int64_t *ret_on, struct error *error)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false", "true" };

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (span_equal_nocase(text, span_of(words[i]))) {
			*ret_on = i % 2;
			return 0;
		}
	}
	return error_set(error, ERROR_INVALID, "write on or off");
}

int value_choice(struct span text, const char *words, int64_t *ret_index, struct error *error)
{
	const char *word = words;

	for (int64_t i = 0; word; i++) {
		const char *comma = strchr(word, ',');
		size_t length = comma ? (size_t)(comma - word) : strlen(word);

		if (span_equal_nocase(text, (struct span){ word, length })) {
			*ret_index = i;
			return 0;
		}
		word = comma ? comma + 2 : NULL;
	}
	return error_set(error, ERROR_INVALID, "write one of: %s", words);
}

static bool is_word_character(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int value_name(struct span text, struct error *error)
{
	bool valid = text.length && text.length < 64 && is_word_character(text.data[0]);

	for (size_t i = 0; valid && i < text.length; i++)
		valid = is_word_character(text.data[i]) || strchr("._-", text.data[i]);
	return valid ? 0
		     : error_set(
			       error, ERROR_INVALID,
			       "write a name of up to 63 letters, digits, \".\", \"_\" and \"-\"");
}

int value_zone(struct span text, struct error *error)
{
	bool valid = text.length && text.length <= 64 && is_word_character(text.data[0]);

	for (size_t i = 0; valid && i < text.length; i++)
		valid = is_word_character(text.data[i]) || strchr("+-_/", text.data[i]);
	return valid ? 0
		     : error_set(error, ERROR_INVALID,
				 "write a zone of the tz database, such as Europe/Berlin or UTC");
}

/* No blanks or control characters: the text ends up in a request or in a path. */
static bool is_one_word(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7F)
			return false;
	return text.length > 0 && text.length <= 2048;
}

int value_url(struct span text, struct error *error)
{
	size_t host = span_starts_with_nocase(text, SPAN("https://"))  ? 8
		      : span_starts_with_nocase(text, SPAN("http://")) ? 7
								       : 0;

	const char *slash;
	size_t end;

	if (!host || !is_one_word(text) || text.length == host || text.data[host] == '/')
		return error_set(error, ERROR_INVALID,
				 "write an address that begins with https:// or http://");
	slash = memchr(text.data + host, '/', text.length - host);
	end = slash ? (size_t)(slash - text.data) : text.length;
	if (memchr(text.data, '@', end))
		return error_set(error, ERROR_INVALID,
				 "an address must not hold a user or a key; use api_key");
	return 0;
}

static bool has_dot_dot(struct span path)
{
	for (size_t i = 0; i + 3 <= path.length; i++)
		if (!memcmp(path.data + i, "/..", 3) &&
		    (i + 3 == path.length || path.data[i + 3] == '/'))
			return true;
	return false;
}

int value_path(struct span text, struct error *error)
{
	if (!text.length || text.data[0] != '/' || text.length > 4000 || has_dot_dot(text))
		return error_set(error, ERROR_INVALID,
				 "write an absolute path without \"..\", such as /var/log/app");
	return 0;
}
