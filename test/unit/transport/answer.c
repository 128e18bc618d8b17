/* Retry-After in all its forms. */
#include "answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1795255200 /* 2026-11-21T10:00:00Z */

static const struct {
	const char *lines[4];
	int64_t expect;
} rows[] = {
	{ { "retry-after: 2" }, 2000 },
	{ { "Retry-After:120" }, 120000 },
	{ { "RETRY-AFTER: 0" }, 0 },
	{ { "retry-after: 0.2" }, 200 },
	{ { "retry-after: Sat, 21 Nov 2026 10:00:30 GMT" }, 30000 },
	{ { "retry-after: Saturday, 21-Nov-26 10:01:00 GMT" }, 60000 },
	{ { "retry-after: Sat Nov 21 10:00:05 2026" }, 5000 },
	{ { "retry-after: Sat, 21 Nov 2026 09:00:00 GMT" }, 0 },
	{ { "retry-after-ms: 1" }, 1 },
	{ { "retry-after-ms: 0.5" }, 1 },
	{ { "retry-after-ms: 2500" }, 2500 },
	{ { "retry-after-ms: 2500", "retry-after: 9" }, 2500 },
	{ { "retry-after: 9", "retry-after-ms: 2500" }, 2500 },
	{ { "retry-after: 99999999999999999999" }, 1000000000000 },
	{ { "HTTP/1.1 103 Early", "retry-after: 9", "HTTP/1.1 200 OK" }, -1 },
	{ { "retry-after: -3" }, -1 },
	{ { "retry-after: soon" }, -1 },
	{ { "retry-after:" }, -1 },
	{ { "retry-after: 1e3" }, -1 },
	{ { "retry-after: 1.2.3" }, -1 },
	{ { "retry-after-ms: nan" }, -1 },
	{ { "retry-after-foo: 3" }, -1 },
	{ { "x-retry-after: 3" }, -1 },
	{ { "retry-after" }, -1 },
	{ { "" }, -1 },
};

static void retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct answer_head head = ANSWER_HEAD;
		int64_t got;

		for (size_t j = 0; j < ARRAY_LENGTH(rows[i].lines) && rows[i].lines[j]; j++) {
			_free_ char *line = xasprintf("%s\r\n", rows[i].lines[j]);

			answer_head_line(&head, span_of(line), NOW);
		}
		got = head.retry_after_ms;
		if (got != rows[i].expect)
			fail_msg("row %zu \"%s\": %ld", i, rows[i].lines[0], (long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(retry_after) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
