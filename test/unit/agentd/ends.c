/* In which words the end of a session's process is told. */
#include "session_limits.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_end_has_its_words(void **state)
{
	static const struct {
		struct process_end end;
		const char *by_us, *words;
	} rows[] = {
		{ { false, 0 }, NULL, "exit status 0" },
		{ { false, 7 }, NULL, "exit status 7" },
		{ { false, 7 }, "no progress for 5 min", "exit status 7" },
		{ { false, 111 }, NULL, "its walls could not be put up (exit status 111)" },
		{ { false, 112 }, NULL, "out of memory (its limit is 1024 MiB)" },
		{ { true, SIGKILL }, NULL, "killed by a signal from outside (SIGKILL)" },
		{ { true, SIGTERM }, NULL, "killed by a signal from outside (SIGTERM)" },
		{ { true, SIGTERM },
		  "no progress for 5 min",
		  "killed by us: no progress for 5 min" },
		{ { true, SIGABRT }, NULL, "it crashed (SIGABRT)" },
		{ { true, SIGSEGV }, NULL, "it crashed (SIGSEGV)" },
		{ { true, SIGXCPU }, NULL, "a limit of ours: it computed for more than 600 s" },
		{ { true, SIGSYS },
		  NULL,
		  "a wall of ours: it asked the kernel for what it may not (SIGSYS)" },
		{ { true, 99 }, NULL, "killed by a signal from outside (SIG?)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *words = session_end_words(&rows[i].end, rows[i].by_us);

		assert_string_equal(rows[i].words, words);
	}
}

static void durations_are_short(void **state)
{
	static const struct {
		int64_t ms;
		const char *words;
	} rows[] = {
		{ 0, "0 s" },      { 1000, "1 s" },     { 1250, "1.2 s" },     { 60000, "1 min" },
		{ 90000, "90 s" }, { 300000, "5 min" }, { 3600000, "60 min" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *words = session_duration(rows[i].ms);

		assert_string_equal(rows[i].words, words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_has_its_words),
		cmocka_unit_test(durations_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
