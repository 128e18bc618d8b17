#ifndef LADDER_SUITE_H
#define LADDER_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ladder/ladder.h"

void every_class_in_every_place(void **state);
void every_decision_says_why(void **state);
void only_a_known_mend_is_made(void **state);
void models_are_told_from_providers(void **state);

void backoff_doubles_up_to_its_cap(void **state);
void jitter_fills_its_range(void **state);
void retry_after_is_never_undercut(void **state);
void a_quick_retry_is_quick(void **state);
void a_call_ends(void **state);

void breaker_opens_after_failures_in_a_row(void **state);
void breaker_opens_at_once(void **state);
void breaker_ignores_what_says_nothing(void **state);
void breaker_lets_one_probe_through(void **state);
void breaker_doubles_its_wait(void **state);
void breaker_keeps_to_retry_after(void **state);
void breaker_of_late_failures(void **state);
void breaker_survives_the_clock(void **state);
void breaker_survives_a_restart(void **state);
void breaker_never_stays_shut(void **state);

#endif
