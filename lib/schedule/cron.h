/* Cron expressions, crontab(5) of Vixie cron. Private. */
#ifndef SCHEDULE_CRON_H
#define SCHEDULE_CRON_H

#include "schedule.h"

/* Reads "m h dom mon dow" or "@daily" into a SCHEDULE_CRON ("@reboot": SCHEDULE_EVENT). Other
 * members of *ret_schedule are zeroed. error->column is the code point in `text`, from 1. */
int cron_parse(struct span text, struct schedule *ret_schedule, struct error *error);

/* Five fields, parsed back to the same value. */
void cron_print(const struct schedule *s, char *out, size_t size);

/* Is this meant as a cron expression? Five fields of which one begins with `*`, unless the word
 * cron stands before it. */
bool cron_looks_like(struct span text, bool named);

/* Both day fields restricted although neither began with `*` is an OR; an AND can be written only
 * where one of them is a step of `*`. */
bool cron_days_valid(const struct schedule *s);

#endif
