/* The parts of the tests of agentd.yaml. */
#ifndef SETTINGS_TESTS_H
#define SETTINGS_TESTS_H

#include "settings/settings.h"

#define LOCAL "providers: {l: {kind: openai, base_url: 'http://h/v1'}}\n"
#define FAST "models: {fast: {provider: l, free: on}}\n"

/* Reads it; fails the test unless what is found in it is `expected` (diagnostics.h). */
struct settings *read_settings(const char *yaml, const char *expected);

void table_has_every_default(void **state);
void table_has_no_key_twice(void **state);
void table_prints_ranges(void **state);

void wrong_values_are_named(void **state);
void wrong_values_change_nothing(void **state);
void no_yaml_map_is_refused(void **state);
void lists_are_bounded(void **state);

#endif
