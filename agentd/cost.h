/* What a model call costs, in whole micro-USD: tokens times the price per million, summed exactly
 * and rounded up once. Reasoning tokens are output tokens; cached input has prices of its own. */
#ifndef AGENTD_COST_H
#define AGENTD_COST_H

#include "model/model.h"
#include "settings/settings.h"

int64_t cost_of(const struct model_usage *usage, const struct model_settings *model);

/* "0.001250": six decimals. `out` has room for 32 bytes. Returns out. */
char *cost_print(int64_t micro_usd, char out[32]);

#endif
