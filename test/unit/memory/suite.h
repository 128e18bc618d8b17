/* The suites of test-memory. */
#ifndef MEMORY_SUITE_H
#define MEMORY_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_append(void);

#endif
