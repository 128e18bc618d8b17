#include "session_breaker.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <string.h>

#define MINUTE_MS 60000
#define PART_END 0xff /* which no UTF-8 has */

unsigned session_breaker_result(struct session_breaker *breaker, const char *name,
				const json_t *arguments, const char *content, bool is_error)
{
	char *text = arguments ? json_dumps(arguments, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	uint64_t hash = hash_part(HASH_BEGIN, name, PART_END);
	unsigned place;

	hash = hash_part(hash_part(hash, text, PART_END), content, PART_END) + is_error;
	free(text);
	for (unsigned i = 0; i < breaker->seen_count; i++)
		if (breaker->seen[i].hash == hash)
			return ++breaker->seen[i].count;
	if (breaker->seen_count < BREAKER_RESULTS_MAX)
		place = breaker->seen_count++;
	else
		place = breaker->oldest++ % BREAKER_RESULTS_MAX;
	breaker->seen[place].hash = hash;
	breaker->seen[place].count = 1;
	return 1;
}

unsigned session_breaker_call(struct session_breaker *breaker, int64_t now_ms)
{
	if (!breaker->calls || now_ms - breaker->minute_began_ms >= MINUTE_MS) {
		breaker->minute_began_ms = now_ms;
		breaker->calls = 0;
	}
	return ++breaker->calls;
}
