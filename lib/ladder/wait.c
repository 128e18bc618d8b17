#include "wait.h"

int64_t wait_shorter(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t wait_longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t wait_jitter(int64_t max_ms, uint32_t chance)
{
	return (int64_t)(((uint64_t)max_ms + 1) * chance >> 32);
}
