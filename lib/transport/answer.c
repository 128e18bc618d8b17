#include "answer.h"

#include <curl/curl.h>

#define RETRY_AFTER_MAX_S 1e9

/* The value of a field called `name`. */
static bool field_value(struct span line, struct span name, struct span *ret_value)
{
	if (!span_starts_with_nocase(line, name) || line.length == name.length ||
	    line.data[name.length] != ':')
		return false;
	*ret_value = span_trim(span_slice(line, name.length + 1, line.length));
	return true;
}

static double at_most(double number)
{
	return number < RETRY_AFTER_MAX_S ? number : RETRY_AFTER_MAX_S;
}

/* A plain decimal number; a few servers send fractions of a second. */
static bool read_number(const char *text, double *ret_number)
{
	char *end;
	double number;

	if (!*text || strspn(text, "0123456789.") != strlen(text))
		return false;
	number = strtod(text, &end);
	*ret_number = at_most(number);
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
		head->retry_after_s = seconds;
		return;
	}
	date = curl_getdate(text, NULL);
	if (date != -1)
		head->retry_after_s = date < now ? 0 : at_most((double)(date - now));
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
			head->retry_after_s = ms / 1000;
			head->retry_is_precise = true;
		}
	} else if (field_value(line, SPAN("retry-after"), &value)) {
		_free_ char *text = span_dup(value);

		read_retry_after(head, text, now);
	}
}

int64_t answer_head_retry_after(const struct answer_head *head)
{
	int64_t whole = (int64_t)head->retry_after_s;

	if (head->retry_after_s < 0)
		return -1;
	return (double)whole < head->retry_after_s ? whole + 1 : whole;
}
