/* Measurements, of which one wants to know what the middle one and the slow ones are. */
#ifndef AGENTCTL_SERIES_H
#define AGENTCTL_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 10000000 /* later ones are left out */

struct series {
	int64_t *items;
	size_t count, capacity;
};

void series_add(struct series *series, int64_t item);
void series_sort(struct series *series);
/* Of a sorted one: the smallest item that `percent` of all are not above; -1 of an empty one. */
int64_t series_percentile(const struct series *series, unsigned percent);
void series_clear(struct series *series);

#endif
