#ifndef SETTINGS_TESTS_H
#define SETTINGS_TESTS_H

void table_has_every_default(void **state);
void table_has_no_key_twice(void **state);
void table_prints_ranges(void **state);

#endif
