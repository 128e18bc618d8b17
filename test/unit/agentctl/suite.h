#ifndef TEST_UNIT_AGENTCTL_SUITE_H
#define TEST_UNIT_AGENTCTL_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int figure_tests(void);
int tally_tests(void);
int words_tests(void);

#endif
