/* The rows of the table: printed as they come, written as JSON at the end. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "series.h"

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

enum goal { GOAL_NONE, GOAL_AT_MOST, GOAL_AT_LEAST };

/* What a row is about. */
struct row {
	const char *name, *unit;
	enum goal goal;
	double target;
	const char *note; /* NULL: none */
};

struct report;

struct report *report_new(bool quick);
void report_free(struct report *report);

/* Prints a line of the table and keeps it. The median is held against the target. */
void report_add(struct report *report, const struct row *row, const struct series *series);
void report_add_one(struct report *report, const struct row *row, double value);

/* How many rows missed their target. */
size_t report_missed(const struct report *report);

int report_write(const struct report *report, const char *path, struct error *error);

#endif
