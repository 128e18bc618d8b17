/* The parts of the tests of failures; refusals.c has the answers. */
#ifndef TEST_MODEL_FAILURES_H
#define TEST_MODEL_FAILURES_H

#include "model/model.h"

void print_failure(const char *what, const struct model_failure *failure);

void answers_have_classes(void **state);
void the_header_tells_when(void **state);
void two_numbers_are_an_overflow(void **state);

#endif
