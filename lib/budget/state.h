/* Private to budget: the whole of it. */
#ifndef BUDGET_STATE_H
#define BUDGET_STATE_H

#include "account.h"

/* An hour or a day in force. */
struct window {
	int64_t began, ends; /* UTC s */
	int64_t since_ms;    /* monotonic: when it came into force, as far as was watched */
	int64_t latest;      /* the latest beginning of all so far */
	bool in_force;
};

struct budget {
	struct accounts agents, sessions, tasks;
	struct account system;
	struct window hour, day;
	struct budget_windows windows; /* of the two, as they are shown */
};

int64_t limit_of(enum budget_layer layer, const struct limits *limits);
/* What is counted in a layer under that name. */
struct sum sum_of(const struct budget *budget, enum budget_layer layer, const char *name);
/* The window of a layer; 0: it has none. */
int64_t layer_begins(const struct budget *budget, enum budget_layer layer);
int64_t layer_ends(const struct budget *budget, enum budget_layer layer);

int64_t to_amount(wide value); /* the nearest there is */

#endif
