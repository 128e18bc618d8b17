#include "series.h"

#include "base/alloc.h"

void series_add(struct series *series, int64_t item)
{
	if (array_grow((void **)&series->items, series->count, &series->capacity, sizeof(int64_t),
		       SERIES_MAX))
		return;
	series->items[series->count++] = item;
}

static int by_size(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

void series_sort(struct series *series)
{
	if (series->count)
		qsort(series->items, series->count, sizeof(int64_t), by_size);
}

int64_t series_percentile(const struct series *series, unsigned percent)
{
	size_t rank = (series->count * percent + 99) / 100;

	if (!series->count)
		return -1;
	return series->items[rank ? rank - 1 : 0];
}

void series_clear(struct series *series)
{
	free(series->items);
	*series = (struct series){ 0 };
}
