/* Private to lib/settings: the text of one value as a number. No floating point: money and shares
 * are decimals and are read digit by digit. */
#ifndef SETTINGS_VALUE_H
#define SETTINGS_VALUE_H

#include "base/error.h"
#include "base/span.h"

/* "3.75" with scale 6 is 3750000. Fails for anything that has no exact value. */
int value_decimal(struct span text, unsigned scale, int64_t *ret_value, struct error *error);
int value_share(struct span text, int64_t *ret_ppm, struct error *error);   /* "0.2", "20%" */
int value_duration(struct span text, int64_t *ret_ms, struct error *error); /* "50 ms", "2h" */
int value_size(struct span text, int64_t *ret_bytes, struct error *error);  /* "256 KiB", "4096" */
int value_hour(struct span text, int64_t *ret_hour, struct error *error);   /* "09:00", "9" */
int value_switch(struct span text, int64_t *ret_on, struct error *error);
int value_choice(struct span text, const char *words, int64_t *ret_index, struct error *error);

/* Checks only: fails with what to write instead. */
int value_name(struct span text, struct error *error);
int value_zone(struct span text, struct error *error);
int value_url(struct span text, struct error *error);
int value_path(struct span text, struct error *error);

#endif
