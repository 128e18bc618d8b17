#include "series.h"

#include <stdlib.h>
#include <string.h>

void series_add(struct series *series, double value)
{
	if (series->count < SERIES_MAX)
		series->values[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_median(const struct series *series)
{
	double sorted[SERIES_MAX];
	size_t n = series->count;

	if (!n)
		return 0;
	memcpy(sorted, series->values, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double series_share(const struct series *series, double share)
{
	double sorted[SERIES_MAX];
	size_t n = series->count, at = (size_t)(share * (double)n);

	if (!n)
		return 0;
	memcpy(sorted, series->values, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[at < n ? at : n - 1];
}

double series_min(const struct series *series)
{
	double least = series->count ? series->values[0] : 0;

	for (size_t i = 1; i < series->count; i++)
		if (series->values[i] < least)
			least = series->values[i];
	return least;
}

double series_max(const struct series *series)
{
	double most = series->count ? series->values[0] : 0;

	for (size_t i = 1; i < series->count; i++)
		if (series->values[i] > most)
			most = series->values[i];
	return most;
}
