/* The suites of test-bulletin. */
#ifndef BULLETIN_SUITE_H
#define BULLETIN_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_post(void);

#endif
