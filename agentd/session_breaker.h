/* Does a session go in circles? The same tool call with the same result again and again, or more
 * calls in a minute than anything sensible makes. Pure: time is an argument. */
#ifndef AGENTD_SESSION_BREAKER_H
#define AGENTD_SESSION_BREAKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define BREAKER_RESULTS_MAX 512 /* different ones that are remembered; the oldest goes first */

struct session_breaker {
	struct {
		uint64_t hash; /* of name, arguments, result */
		unsigned count;
	} seen[BREAKER_RESULTS_MAX];
	unsigned seen_count, oldest;
	int64_t minute_began_ms; /* monotonic */
	unsigned calls;          /* in this minute */
};

/* Returns how often this call has had this result by now. */
unsigned session_breaker_result(struct session_breaker *breaker, const char *name,
				const json_t *arguments, const char *content, bool is_error);

/* A tool call is made. Returns how many that are in the minute that began with the first. */
unsigned session_breaker_call(struct session_breaker *breaker, int64_t now_ms);

#endif
