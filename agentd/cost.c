#include "cost.h"

#include <inttypes.h>
#include <stdio.h>

char *cost_print(int64_t micro_usd, char out[32])
{
	snprintf(out, 32, "%" PRId64 ".%06" PRId64, micro_usd / 1000000, micro_usd % 1000000);
	return out;
}
