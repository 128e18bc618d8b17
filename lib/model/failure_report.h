/* An error report as a server sent it, read for judging: the codes it gives, the server's own words
 * in one plain form (failure_words.h), and what it says of waiting. */
#ifndef MODEL_FAILURE_REPORT_H
#define MODEL_FAILURE_REPORT_H

#include "failure_words.h"
#include "wire.h"

#define REPORT_CODES_MAX 16

struct report {
	char *codes[REPORT_CODES_MAX]; /* of code, type, status, reason, … from the inside out */
	size_t code_count;
	struct buffer words; /* lower case, no quotes, one blank between words; never NULL data */
	char *param;         /* the parameter it names, lower case, or NULL */
	int status;          /* an HTTP status in the report itself, or 0 */
	bool resets;         /* it tells when to come again */
	int64_t retry_after_ms; /* the same as a number, < 0: none */
	int64_t context;        /* of the window, 0: not told */
};

/* Of the body of an answer: JSON of any shape, plain text; the words of web pages are not read. */
void report_read_body(struct report *report, struct span body);
/* Of a value that is an error report. */
void report_read(struct report *report, json_t *answer);
void report_clear(struct report *report);

/* Is this one of the codes? Case and everything but letters and digits are ignored; a "*" at the
 * end of `code` stands for any rest. */
bool report_has_code(const struct report *report, const char *code);

/* Do the words hold `pattern`? A "*" in it stands for at most 100 bytes. */
bool report_says(const struct report *report, const char *pattern);

/* Does `word` stand in the words at `from` or later, and is no part of a longer one? Returns where,
 * or SIZE_MAX. */
size_t report_find_word(const struct report *report, const char *word, size_t from);

CLEANUP_DEFINE_VALUE(struct report, report_clear)

#endif
