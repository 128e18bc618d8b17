/* The table against a plain array, with many additions and removals. */
#include "suite.h"

#include "table.h"

#include "base/error.h"

#include <stdio.h>

#define NUMBERS 512

struct model {
	int wd[NUMBERS]; /* by tag; 0: not there */
	size_t count;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void compare(const struct table *table, const struct model *model)
{
	assert_int_equal(model->count, table->count);
	for (uint64_t tag = 1; tag < NUMBERS; tag++) {
		const struct watched *found = table_find(table, TABLE_BY_TAG, tag);

		assert_int_equal(model->wd[tag], found ? found->wd : 0);
		if (!found)
			continue;
		assert_ptr_equal(found, table_find(table, TABLE_BY_WD, (uint64_t)found->wd));
		assert_int_equal(tag, strtoul(found->path, NULL, 10));
	}
}

static void same_as_an_array(void **state)
{
	struct table table = { 0 };
	static struct model model;
	uint32_t seed = 1;

	(void)state;
	for (int step = 1; step < 20000; step++) {
		uint64_t tag = 1 + next_random(&seed) % (NUMBERS - 1);
		struct watched *found = table_find(&table, TABLE_BY_TAG, tag);

		if (found) {
			table_remove(&table, found);
			model.wd[tag] = 0;
			model.count--;
		} else {
			struct watched new = { tag, xasprintf("%u", (unsigned)tag), step };

			assert_int_equal(0, table_add(&table, &new));
			model.wd[tag] = step;
			model.count++;
		}
		if (step % 100 == 0)
			compare(&table, &model);
	}
	table_clear(&table);
	assert_null(table_find(&table, TABLE_BY_WD, 1));
}

static void a_directory_costs_little(void **state)
{
	struct table table = { 0 };

	(void)state;
	for (int i = 1; i <= 40000; i++) {
		struct watched new = { (uint64_t)i, NULL, i };

		assert_int_equal(0, table_add(&table, &new));
	}
	/* beside the path */
	assert_in_range((table.capacity * sizeof(*table.items) + 8 * table.size) / table.count, 24,
			64);
	table_clear(&table);
}

int table_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_an_array),
		cmocka_unit_test(a_directory_costs_little),
	};

	return cmocka_run_group_tests_name("watch: the table", tests, NULL, NULL);
}
