/* Money for people: six decimals. */
#ifndef AGENTD_COST_H
#define AGENTD_COST_H

#include <stdint.h>

/* "0.001250". `out` has room for 32 bytes. Returns out. */
char *cost_print(int64_t micro_usd, char out[32]);

#endif
