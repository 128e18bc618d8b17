/* A row of what somebody writes and what it is read as. */
#ifndef TEST_SCHEDULE_READING_H
#define TEST_SCHEDULE_READING_H

#include "schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define BROKEN "broken"

/* Rows leave out what is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct row {
	const char *text;
	const char *canonical; /* NULL: no schedule; BROKEN: meant as one, not understood */
	const char *title;     /* NULL: the whole heading */
	unsigned column;       /* of what is broken */
	const char *message;   /* a part of it */
};

static inline void check_canonical(const struct schedule *s)
{
	char text[SCHEDULE_PRINT_SIZE];
	struct schedule again;

	schedule_print(s, text);
	assert_int_equal(schedule_parse(span_of(text), &again, NULL), 0);
	assert_true(schedule_equal(s, &again));
}

static inline void check_reading(const struct row *row, enum schedule_reading reading,
				 const struct schedule *s, const struct error *error)
{
	char text[SCHEDULE_PRINT_SIZE];

	if (!row->canonical) {
		assert_int_equal(reading, SCHEDULE_READ_NONE);
	} else if (!strcmp(row->canonical, BROKEN)) {
		assert_int_equal(reading, SCHEDULE_READ_BROKEN);
		assert_int_equal(error->column, row->column);
		if (row->message && !strstr(error->message, row->message))
			fail_msg("message \"%s\"", error->message);
	} else {
		assert_int_equal(reading, SCHEDULE_READ_OK);
		assert_string_equal(schedule_print(s, text), row->canonical);
		check_canonical(s);
	}
}

static inline void check_heading(const struct row *row)
{
	const struct schedule_options options = { .daily_hour = 9 };
	const char *title = row->title ? row->title : row->text;
	struct error error = { 0 };
	struct schedule s = { 0 };
	struct span got = { 0 }, whole = { row->text, strlen(row->text) };
	enum schedule_reading reading;

	print_message("  %s\n", row->text);
	reading = schedule_read_heading(whole, &options, 1, &s, &got, NULL, &error);
	check_reading(row, reading, &s, &error);
	if (!span_equal(got, span_trim(span_of(title))))
		fail_msg("title \"%.*s\", not \"%s\"", (int)got.length, got.data, title);
	assert_true(got.data >= whole.data && got.data + got.length <= whole.data + whole.length);
}

static inline void check_label(const struct row *row)
{
	const struct schedule_options options = { .daily_hour = 9 };
	struct error error = { 0 };
	struct schedule s = { 0 };

	print_message("  Schedule: %s\n", row->text);
	check_reading(row, schedule_read_label(span_of(row->text), &options, 1, &s, NULL, &error),
		      &s, &error);
}

#endif
