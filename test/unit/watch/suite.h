/* The parts of the watch tests. */
#ifndef TEST_WATCH_SUITE_H
#define TEST_WATCH_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int table_tests(void);

#endif
