/* The values of one measure, run after run. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stddef.h>

#define SERIES_MAX 1024

struct series {
	double values[SERIES_MAX];
	size_t count;
};

/* Beyond SERIES_MAX further values are dropped. */
void series_add(struct series *series, double value);

/* 0 for an empty series. */
double series_median(const struct series *series);
/* The value that `share` of them (0.99) are at most. */
double series_share(const struct series *series, double share);
double series_min(const struct series *series);
double series_max(const struct series *series);

#endif
