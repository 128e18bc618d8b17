#include "cost.h"

#include <inttypes.h>

int64_t cost_of(const struct model_usage *usage, const struct model_settings *model)
{
	__int128 sum;

	if (!usage->known || model->free)
		return 0;
	sum = (__int128)usage->input_tokens * model->price_input +
	      (__int128)usage->output_tokens * model->price_output +
	      (__int128)usage->cache_read_tokens * model->price_cache_read +
	      (__int128)usage->cache_write_tokens * model->price_cache_write;
	sum = (sum + 999999) / 1000000;
	return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

char *cost_print(int64_t micro_usd, char out[32])
{
	snprintf(out, 32, "%" PRId64 ".%06" PRId64, micro_usd / 1000000, micro_usd % 1000000);
	return out;
}
