#include "table.h"

#include "base/error.h"

#define SIZE_MIN 16

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->items[i].path);
	free(table->items);
	free(table->places[TABLE_BY_WD]);
	free(table->places[TABLE_BY_TAG]);
	*table = (struct table){ 0 };
}

static uint64_t key_of(const struct watched *watched, enum table_key by)
{
	return by == TABLE_BY_WD ? (uint64_t)watched->wd : watched->tag;
}

/* Descriptors and tags count up from 1; this spreads them (Fibonacci hashing, TAOCP 6.4). */
static size_t home_of(const struct table *table, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (table->size - 1);
}

/* The place that holds `key`, or the empty one where it belongs. */
static uint32_t *place_of(const struct table *table, enum table_key by, uint64_t key)
{
	size_t i = home_of(table, key);

	while (table->places[by][i] && key_of(&table->items[table->places[by][i] - 1], by) != key)
		i = (i + 1) & (table->size - 1);
	return &table->places[by][i];
}

struct watched *table_find(const struct table *table, enum table_key by, uint64_t key)
{
	uint32_t *place = table->size ? place_of(table, by, key) : NULL;

	return place && *place ? &table->items[*place - 1] : NULL;
}

static void index_item(struct table *table, size_t item)
{
	for (int by = 0; by < 2; by++)
		*place_of(table, by, key_of(&table->items[item], by)) = (uint32_t)item + 1;
}

/* Indexes are at most three quarters full. */
static void grow_indexes(struct table *table)
{
	if ((table->count + 1) * 4 <= table->size * 3)
		return;
	table->size = table->size ? table->size * 2 : SIZE_MIN;
	for (int by = 0; by < 2; by++) {
		free(table->places[by]);
		table->places[by] = xcalloc(table->size, sizeof(uint32_t));
	}
	for (size_t i = 0; i < table->count; i++)
		index_item(table, i);
}

int table_add(struct table *table, const struct watched *watched)
{
	int r = array_grow((void **)&table->items, table->count, &table->capacity,
			   sizeof(*table->items), TABLE_MAX);

	if (r)
		return r;
	grow_indexes(table);
	table->items[table->count++] = *watched;
	index_item(table, table->count - 1);
	return 0;
}

/* Empties a place and moves those behind it up, so that no search ends too early
 * (linear probing without marks, TAOCP 6.4 algorithm R). */
static void empty_place(struct table *table, enum table_key by, uint64_t key)
{
	uint32_t *places = table->places[by];
	size_t mask = table->size - 1, hole = (size_t)(place_of(table, by, key) - places);

	for (size_t i = (hole + 1) & mask; places[i]; i = (i + 1) & mask) {
		size_t home = home_of(table, key_of(&table->items[places[i] - 1], by));

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		places[hole] = places[i];
		hole = i;
	}
	places[hole] = 0;
}

void table_remove(struct table *table, struct watched *watched)
{
	size_t item = (size_t)(watched - table->items), last = table->count - 1;

	for (int by = 0; by < 2; by++)
		empty_place(table, by, key_of(watched, by));
	free(watched->path);
	if (item != last) {
		for (int by = 0; by < 2; by++)
			*place_of(table, by, key_of(&table->items[last], by)) = (uint32_t)item + 1;
		table->items[item] = table->items[last];
	}
	table->count--;
}
