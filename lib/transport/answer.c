#include "answer.h"

#include <curl/curl.h>

#define RETRY_AFTER_MAX_MS 1e12

/* The value of a field called `name`. */
static bool field_value(struct span line, struct span name, struct span *ret_value)
{
	if (!span_starts_with_nocase(line, name) || line.length == name.length ||
	    line.data[name.length] != ':')
		return false;
	*ret_value = span_trim(span_slice(line, name.length + 1, line.length));
	return true;
}

static int64_t whole_ms(double ms)
{
	double bounded = ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
	int64_t whole = (int64_t)bounded;

	return (double)whole < bounded ? whole + 1 : whole; /* never too early */
}

/* A plain decimal number; a few servers send fractions of a second. */
static bool read_number(const char *text, double *ret_number)
{
	char *end;
	if (!*text || strspn(text, "0123456789.") != strlen(text))
		return false;
	*ret_number = strtod(text, &end);
	return !*end;
}

/* RFC 9110 10.2.3: seconds or a date, all three forms of which curl_getdate knows. */
static void read_retry_after(struct answer_head *head, const char *text, int64_t now)
{
	double seconds;
	time_t date;

	if (head->retry_is_precise)
		return;
	if (read_number(text, &seconds)) {
		head->retry_after_ms = whole_ms(seconds * 1000);
		return;
	}
	date = curl_getdate(text, NULL);
	if (date != -1)
		head->retry_after_ms = date < now ? 0 : whole_ms((double)(date - now) * 1000);
}

void answer_head_line(struct answer_head *head, struct span line, int64_t now)
{
	size_t bytes = head->bytes + line.length;
	struct span value;
	double ms;

	/* Each response begins anew: a 100 or 103 comes before the one that counts. */
	if (span_starts_with(line, SPAN("HTTP/")))
		*head = ANSWER_HEAD;
	head->bytes = bytes;
	if (field_value(line, SPAN("retry-after-ms"), &value)) {
		_free_ char *text = span_dup(value);

		if (read_number(text, &ms)) {
			head->retry_after_ms = whole_ms(ms);
			head->retry_is_precise = true;
		}
	} else if (field_value(line, SPAN("retry-after"), &value)) {
		_free_ char *text = span_dup(value);

		read_retry_after(head, text, now);
	}
}
