/* Private to lib/ladder: arithmetic with waits, in milliseconds. */
#ifndef LADDER_WAIT_H
#define LADDER_WAIT_H

#include <stdint.h>

int64_t wait_shorter(int64_t a, int64_t b);
int64_t wait_longer(int64_t a, int64_t b);

/* From 0 to `max_ms` (below 2^32), both included, evenly by 32 random bits. */
int64_t wait_jitter(int64_t max_ms, uint32_t chance);

#endif
