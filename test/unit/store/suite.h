/* The parts of the store tests, and the folder that each test has for itself. */
#ifndef TEST_STORE_SUITE_H
#define TEST_STORE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

struct place {
	char path[40];
	int dir;
	struct store *store; /* open for writing */
	struct buffer seen;
};

int place_setup(void **state);
int place_teardown(void **state);
#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

/* Empties place->seen and returns what `call` put there. */
const char *place_text(const struct place *place);

int file_tests(void);
int rows_tests(void);
int journal_tests(void);
int ledger_tests(void);
int sums_tests(void);
int gateway_tests(void);
int leaving_tests(void);
int deaths_tests(void);
int migration_tests(void);
int writer_tests(void);
int crash_tests(void);
int sync_tests(void);

/* The child of the crash tests: writes slots and calls from `first` on and says on standard output
 * which are safe. */
int crash_child(const char *path, int64_t first);

#endif
