/* Amounts as a person reads them, and the other way round. Pure. */
#ifndef AGENTCTL_FIGURES_H
#define AGENTCTL_FIGURES_H

#include "base/error.h"
#include "base/zone.h"

#define FIGURE_SIZE 40 /* what `out` has room for; all return it */

/* "$0.42", "$0.0031", "$12.30": exact below a dollar, to the cent above. */
char *figure_money(int64_t micro_usd, char out[FIGURE_SIZE]);
char *figure_count(int64_t count, char out[FIGURE_SIZE]); /* "64,000" */
/* "21%", "<1%": rounded down, so that 100% is full. Of nothing: "full". */
char *figure_share(int64_t part, int64_t whole, char out[FIGURE_SIZE]);
char *figure_duration(int64_t ms, char out[FIGURE_SIZE]); /* "340 ms", "3.4 s", "2 min 5 s" */

/* The moment that --since means: a duration back from `now` ("7d", "24h", "30min", "90s", "2w"), or
 * a time, in `zone` where it names none. */
int figure_since(struct span text, const struct zone *zone, int64_t now, int64_t *ret_since,
		 struct error *error);

#endif
