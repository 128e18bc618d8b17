/* Buffers, arrays, spans, errors, instants. */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/printable.h"
#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>

static void test_buffer_keeps_its_maximum(void **state)
{
	CLEANUP(buffer_clear) struct buffer b = BUFFER(8);

	(void)state;
	assert_int_equal(buffer_append_text(&b, "1234"), 0);
	assert_int_equal(buffer_append_text(&b, "56789"), -(int)ERROR_TOO_LARGE);
	assert_true(b.overflow);
	assert_string_equal(b.data, "1234");
	buffer_reset(&b);
	assert_false(b.overflow);
	assert_int_equal(buffer_printf(&b, "%d", 12345678), 0);
	assert_string_equal(b.data, "12345678");
	buffer_consume(&b, 6);
	assert_string_equal(b.data, "78");
}

static void test_buffer_steal_is_never_null(void **state)
{
	struct buffer b = BUFFER(8);
	_free_ char *text = buffer_steal(&b);

	(void)state;
	assert_string_equal(text, "");
}

static void test_array_grows_to_its_maximum(void **state)
{
	_free_ int *items = NULL;
	size_t count = 0, capacity = 0;

	(void)state;
	while (!array_grow((void **)&items, count, &capacity, sizeof(int), 10)) {
		items[count] = (int)count;
		count++;
	}
	assert_int_equal(count, 10);
	assert_int_equal(items[9], 9);
}

static void test_printable(void **state)
{
	static const struct {
		const char *text, *kept, *shown;
	} rows[] = {
		{ "plain \303\251 \346\227\245", "", "plain \303\251 \346\227\245" },
		{ "\x1b[31mred\a\x7f", "\n\t", "\\x1b[31mred\\x07\\x7f" },
		{ "a\nb\tc\rd", "", "a\\x0ab\\x09c\\x0dd" },
		{ "a\nb\tc\rd", "\n\t", "a\nb\tc\\x0dd" },
		{ "\302\233"
		  "2J",
		  "\n\t", "\\x9b2J" }, /* C1: CSI */
		{ "\342\200\256txt\342\201\251", "\n\t", "\\u202etxt\\u2069" },
		{ "x\377\342\200y", "", "x\357\277\275\357\277\275\357\277\275y" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(64);

		printable_append(&out, span_of(rows[i].text), rows[i].kept);
		assert_string_equal(out.data, rows[i].shown);
	}
}

static void test_printable_ends_where_the_buffer_is_full(void **state)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(6);

	(void)state;
	printable_append(&out,
			 SPAN("abc\x1b"
			      "def"),
			 "");
	assert_string_equal(out.data, "abc");
}

static void test_error_print(void **state)
{
	struct error error;
	char text[256];

	(void)state;
	assert_int_equal(error_set(&error, ERROR_INVALID, "unknown weekday \"%s\"", "Mox"),
			 -(int)ERROR_INVALID);
	error_at(&error, "agents/kira/HEARTBEAT.md", 12, 3);
	error_print(&error, text, sizeof(text));
	assert_string_equal(text, "agents/kira/HEARTBEAT.md:12:3: unknown weekday \"Mox\"");
	assert_int_equal(error_set_system(&error, ENOENT, "opening %s", "x"),
			 -(int)ERROR_NOT_FOUND);
	assert_string_equal(error.message, "opening x: No such file or directory");
	error_prefix(&error, "kira: ");
	assert_string_equal(error.message, "kira: opening x: No such file or directory");
	assert_int_equal(error_set(NULL, ERROR_BUSY, "nobody listens"), -(int)ERROR_BUSY);
}

static const struct {
	const char *text;
	bool valid;
	uint32_t first;
	size_t moved;
} utf8_rows[] = {
	{ "a", true, 'a', 1 },
	{ "\xC3\xA9", true, 0xE9, 2 },
	{ "\xE2\x82\xAC", true, 0x20AC, 3 },
	{ "\xF0\x9F\x8C\x85", true, 0x1F305, 4 },
	{ "\xC0\x80", false, 0xFFFD, 1 }, /* overlong */
	{ "\xE0\x80\x80", false, 0xFFFD, 1 },
	{ "\xED\xA0\x80", false, 0xFFFD, 1 },     /* surrogate */
	{ "\xF4\x90\x80\x80", false, 0xFFFD, 1 }, /* over U+10FFFF */
	{ "\xE2\x82", false, 0xFFFD, 1 },         /* cut */
	{ "\x80", false, 0xFFFD, 1 },
};

static void test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(utf8_rows); i++) {
		struct span span = span_of(utf8_rows[i].text);
		size_t at = 0;

		assert_int_equal(utf8_next(span, &at), utf8_rows[i].first);
		assert_int_equal(at, utf8_rows[i].moved);
		assert_int_equal(utf8_valid(span), utf8_rows[i].valid);
	}
	for (uint32_t code = 1; code <= 0x10FFFF; code += 7) {
		char out[4];
		size_t at = 0, length = utf8_put(code, out);

		if (code >= 0xD800 && code <= 0xDFFF)
			continue;
		assert_int_equal(utf8_next((struct span){ out, length }, &at), code);
		assert_int_equal(at, length);
	}
	assert_int_equal(utf8_cut(span_of("a\xE2\x82\xAC"), 3), 1);
	assert_int_equal(utf8_cut(span_of("a\xE2\x82\xAC"), 4), 4);
}

static void test_lines(void **state)
{
	struct span rest = SPAN("one\r\ntwo\n\nlast"), line;
	const char *const expected[] = { "one", "two", "", "last" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		assert_true(span_next_line(&rest, &line));
		assert_true(span_equal(line, span_of(expected[i])));
	}
	assert_false(span_next_line(&rest, &line));
}

static const struct {
	const char *text;
	int result;
	int64_t instant;
} instant_rows[] = {
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "2026-11-21T08:00:00Z", 0, 1795248000 },
	{ "2026-11-21 08:00Z", 0, 1795248000 },
	{ "2026-11-21T16:00:00+08:00", 0, 1795248000 },
	{ "2026-11-21T08:00:00.123456Z", 0, 1795248000 },
	{ "2026-11-21T08:00", 1, 1795248000 },
	{ "2026-11-21", 1, 1795219200 },
	{ "2016-12-31T23:59:60Z", 0, 1483228799 },
	{ "2026-02-29T00:00:00Z", -(int)ERROR_INVALID, 0 },
	{ "2028-02-29T00:00:00Z", 0, 1835395200 },
	{ "2026-13-01", -(int)ERROR_INVALID, 0 },
	{ "2026-11-21T24:00Z", -(int)ERROR_INVALID, 0 },
	{ "2026-11-21T08:00:00Zx", -(int)ERROR_INVALID, 0 },
	{ "2026-11-21T08:00:00+8", -(int)ERROR_INVALID, 0 },
	{ "2026-1-21", -(int)ERROR_INVALID, 0 },
	{ "", -(int)ERROR_INVALID, 0 },
};

static void test_instants(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(instant_rows); i++) {
		int64_t instant = 0;

		assert_int_equal(instant_parse(span_of(instant_rows[i].text), &instant),
				 instant_rows[i].result);
		assert_int_equal(instant, instant_rows[i].instant);
	}
}

static void test_civil_round_trip(void **state)
{
	char text[INSTANT_SIZE];

	(void)state;
	for (int64_t day = -719162; day < 2932896; day += 13) { /* year 1 to 9999 */
		int year, month, date;

		civil_from_days(day, &year, &month, &date);
		assert_int_equal(days_from_civil(year, month, date), day);
		assert_in_range(date, 1, days_in_month(year, month));
	}
	assert_int_equal(days_from_civil(2026, 14, 1), days_from_civil(2027, 2, 1));
	assert_int_equal(days_from_civil(2026, -1, 1), days_from_civil(2025, 11, 1));
	assert_int_equal(weekday_of_days(days_from_civil(2026, 11, 21)), 6);
	assert_string_equal(instant_print(1795248000, text), "2026-11-21T08:00:00Z");
	assert_string_equal(instant_print(-1, text), "1969-12-31T23:59:59Z");
}

static void test_ulids_sort_by_time(void **state)
{
	char one[ULID_SIZE], other[ULID_SIZE];

	(void)state;
	ulid_new(one);
	ulid_new(other);
	assert_int_equal(strlen(one), 26);
	assert_int_not_equal(strcmp(one, other), 0);
	assert_true(strncmp(one, other, 10) <= 0);
}

static void test_diagnostics_are_bounded(void **state)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "x.md" };

	(void)state;
	for (int i = 0; i < DIAGNOSTICS_MAX + 10; i++)
		diagnostics_add(&found, SEVERITY_WARNING, "code", 1, 1, "number %d", i);
	assert_int_equal(found.count, DIAGNOSTICS_MAX);
	assert_false(diagnostics_has_errors(&found));
	diagnostics_add(NULL, SEVERITY_ERROR, "code", 1, 1, "nobody asked");
}

static void test_processes(void **state)
{
	const char *argv[] = { "sh", "-c", "exit $N", NULL }, *environment[] = { "N=7", NULL };
	struct process_plan plan = {
		.path = "/bin/sh", .argv = argv, .environment = environment, .directory = -1
	};
	struct process process;
	struct process_end end;
	struct error error;
	char text[64];

	(void)state;
	assert_int_equal(process_spawn(&plan, &process, &error), 0);
	assert_int_equal(process_reap(&process, true, &end, &error), 0);
	assert_false(end.signalled);
	assert_int_equal(end.code, 7);
	argv[2] = "exec sleep 100";
	assert_int_equal(process_spawn(&plan, &process, &error), 0);
	assert_true(process_is_descendant(process.pid, getpid()));
	assert_false(process_is_descendant(getpid(), process.pid));
	assert_int_equal(process_reap(&process, false, &end, &error), -(int)ERROR_BUSY);
	assert_int_equal(process_signal(&process, SIGKILL), 0);
	assert_int_equal(process_reap(&process, true, &end, &error), 0);
	assert_string_equal(process_end_print(&end, text, sizeof(text)),
			    "killed by signal 9 (Killed)");
	assert_int_equal(process_signal(&process, SIGKILL), -(int)ERROR_CLOSED);
	plan.path = "/nowhere/nothing";
	assert_int_equal(process_spawn(&plan, &process, &error), -(int)ERROR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffer_keeps_its_maximum),
		cmocka_unit_test(test_buffer_steal_is_never_null),
		cmocka_unit_test(test_array_grows_to_its_maximum),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_printable_ends_where_the_buffer_is_full),
		cmocka_unit_test(test_error_print),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_civil_round_trip),
		cmocka_unit_test(test_ulids_sort_by_time),
		cmocka_unit_test(test_diagnostics_are_bounded),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
