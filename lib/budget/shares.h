/* Private to budget: what bounds a call, as a list. A day's money is bounded more than once: as a
 * whole, and by what is kept of it for others. */
#ifndef BUDGET_SHARES_H
#define BUDGET_SHARES_H

#include "state.h"

struct bound {
	enum budget_layer layer;
	int64_t limit;
	struct sum sum;
};

struct bounds {
	struct bound items[16];
	size_t count;
};

/* `hold` names the accounts. Layers without a limit are left out, and those of money where the
 * price is none. */
void bounds_of(const struct budget *budget, const struct budget_ask *ask,
	       const struct budget_hold *hold, struct bounds *ret_bounds);

#endif
