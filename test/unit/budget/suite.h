/* The suites of test-budget, and what they share. */
#ifndef BUDGET_SUITE_H
#define BUDGET_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "budget/budget.h"

int run_layers(void);
int run_property(void);
int run_prices(void);
int run_windows(void);
int run_clocks(void);

#define NOON 1795262400 /* 2026-11-21T12:00:00Z */
#define HOUR_S 3600
#define DAY_S 86400

extern const struct limits unlimited;

struct zone *load_zone(const char *name);

/* 0 … count - 1 */
uint64_t pick(uint64_t count);

/* An ask of agent "a" in session "s", work of a beat, 1 micro-USD a token of output, input free,
 * nothing limited: a wish of N costs N. */
struct budget_ask ask_of(int64_t max_tokens, const struct limits *limits);

#endif
