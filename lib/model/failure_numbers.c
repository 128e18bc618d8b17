#include "failure_numbers.h"

#include <ctype.h>

#define NUMBERS_MAX 24
#define WINDOW_MIN 256 /* tokens: what is less is no window, but a place or a count of messages */
#define WINDOW_MAX 1000000000
#define NEAR 40 /* bytes between a wording and its number */

struct number {
	int64_t value;
	size_t begin, end;
};

struct numbers {
	struct number list[NUMBERS_MAX];
	size_t count;
};

/* "8192", "1,048,576", "(65536"; not the 4 of "gpt-4", "4.1" or "v4". */
static bool read_number(const char *words, size_t at, struct number *ret_number)
{
	size_t end = at;
	int64_t value = 0;

	if (at && (isalnum((unsigned char)words[at - 1]) || strchr("._-", words[at - 1])))
		return false;
	while (isdigit((unsigned char)words[end]) ||
	       (words[end] == ',' && end > at && isdigit((unsigned char)words[end + 1]) &&
		isdigit((unsigned char)words[end + 2]) && isdigit((unsigned char)words[end + 3]) &&
		!isdigit((unsigned char)words[end + 4]))) {
		if (words[end] != ',')
			value = value * 10 + (words[end] - '0');
		if (value > WINDOW_MAX)
			return false;
		end++;
	}
	if (isalpha((unsigned char)words[end]) || words[end] == '_' ||
	    (words[end] == '.' && isdigit((unsigned char)words[end + 1])))
		return false;
	*ret_number = (struct number){ value, at, end };
	return true;
}

static struct numbers read_numbers(const struct report *report)
{
	const char *words = report->words.data;
	struct numbers numbers = { .count = 0 };

	for (size_t at = 0; words[at] && numbers.count < NUMBERS_MAX;) {
		struct number *next = &numbers.list[numbers.count];

		if (!isdigit((unsigned char)words[at])) {
			at++;
		} else if (read_number(words, at, next)) {
			at = next->end;
			numbers.count++;
		} else {
			while (isdigit((unsigned char)words[at]))
				at++;
		}
	}
	return numbers;
}

/* The number that stands soon behind a wording, or 0. */
static int64_t number_behind(const struct report *report, const struct numbers *numbers,
			     const char *wording)
{
	const char *at = strstr(report->words.data, wording);
	size_t from = at ? (size_t)(at - report->words.data) + strlen(wording) : 0;

	for (size_t i = 0; at && i < numbers->count; i++)
		if (numbers->list[i].begin >= from)
			return numbers->list[i].begin <= from + NEAR ? numbers->list[i].value : 0;
	return 0;
}

/* The number that stands right before a wording, or 0; the last such place counts. */
static int64_t number_before(const struct report *report, const struct numbers *numbers,
			     const char *wording)
{
	const char *at = strstr(report->words.data, wording);
	size_t begin = at ? (size_t)(at - report->words.data) : 0;

	for (size_t i = numbers->count; at && i-- > 0;)
		if (numbers->list[i].end <= begin)
			return begin <= numbers->list[i].end + 10 ? numbers->list[i].value : 0;
	return 0;
}

/* "A + B > C": 0, or the place of A in the list. */
static const struct number *sum_of(const struct report *report, const struct numbers *numbers)
{
	const char *words = report->words.data;

	for (size_t i = 0; i + 2 < numbers->count; i++) {
		const struct number *n = &numbers->list[i];

		if (strncmp(words + n[0].end, " + ", 3) == 0 && n[1].begin == n[0].end + 3 &&
		    strncmp(words + n[1].end, " > ", 3) == 0 && n[2].begin == n[1].end + 3)
			return n;
	}
	return NULL;
}

/* Of exactly two numbers that may be windows, the smaller. */
static int64_t smaller_of_two(const struct numbers *numbers)
{
	int64_t least = 0, most = 0;
	size_t count = 0;

	for (size_t i = 0; i < numbers->count; i++) {
		int64_t value = numbers->list[i].value;

		if (value < WINDOW_MIN)
			continue;
		least = !count || value < least ? value : least;
		most = value > most ? value : most;
		count++;
	}
	return count == 2 && most > least ? least : 0;
}

static int64_t find_window(const struct report *report, const struct numbers *numbers)
{
	static const char *const behind[] = {
		"maximum context length",   "model context length",
		"maximum prompt length is", "context length of only",
		"context length is",        "models context length",
		"available context size",   "maximum number of tokens allowed",
		"model token limit",        "max size",
		"max_new_tokens must be",   "cannot exceed",
		"context window of",        "context window",
		"context length",
	};
	const struct number *sum = sum_of(report, numbers);
	int64_t window = sum ? sum[2].value : report->context;

	if (!window)
		window = number_before(report, numbers, "maximum context length");
	if (!window)
		window = number_before(report, numbers, "maximum |");
	for (size_t i = 0; i < ARRAY_LENGTH(behind) && !window; i++)
		window = number_behind(report, numbers, behind[i]);
	if (!window)
		window = smaller_of_two(numbers);
	return window >= WINDOW_MIN ? window : 0;
}

/* Tokens of the prompt alone, where the report tells them apart from the answer's. */
static int64_t find_prompt(const struct report *report, const struct numbers *numbers)
{
	static const char *const answers[] = { "in the completion", "in the output",
					       "tokens for the completion", "output tokens" };
	static const char *const prompts[] = { "input tokens", "inputs tokens", "in the messages",
					       "tokens from the input" };
	const struct number *sum = sum_of(report, numbers);
	int64_t requested = number_behind(report, numbers, "you requested");
	int64_t prompt = sum ? sum[0].value : 0;

	for (size_t i = 0; i < ARRAY_LENGTH(answers) && !prompt; i++) {
		int64_t answer = number_before(report, numbers, answers[i]);

		prompt = answer && requested > answer ? requested - answer : 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(prompts) && !prompt; i++)
		prompt = number_before(report, numbers, prompts[i]);
	return prompt;
}

static int64_t find_limit(const struct report *report, const struct numbers *numbers)
{
	static const char *const behind[] = {
		"at most", "less than or equal to", "max_tokens is [1", "should be [1",
		">",       "maximum value"
	};
	int64_t limit = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(behind) && !limit; i++)
		limit = number_behind(report, numbers, behind[i]);
	return limit;
}

void failure_read_numbers(const struct report *report, bool limit_only, int64_t *ret_context,
			  int64_t *ret_max_tokens)
{
	struct numbers numbers = read_numbers(report);
	int64_t prompt, window = 0, fits;

	*ret_context = *ret_max_tokens = 0;
	if (limit_only)
		*ret_max_tokens = find_limit(report, &numbers);
	if (*ret_max_tokens && !report_says(report, "context length"))
		return;
	window = find_window(report, &numbers);
	prompt = find_prompt(report, &numbers);
	fits = window && prompt ? window - prompt : 0;
	*ret_context = window;
	if (fits > 0)
		*ret_max_tokens = fits;
}

bool failure_numbers_overflow(const struct report *report, int64_t request_tokens, int64_t context)
{
	struct numbers numbers = read_numbers(report);

	for (size_t b = 0; b < numbers.count && context >= WINDOW_MIN; b++) {
		int64_t window = numbers.list[b].value;

		if (window < context - context / 10 || window > context + context / 10)
			continue;
		for (size_t a = 0; a < numbers.count; a++)
			if (numbers.list[a].value > window &&
			    numbers.list[a].value / 64 <= window &&
			    numbers.list[a].value >= request_tokens / 8)
				return true;
	}
	return false;
}
