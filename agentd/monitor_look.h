/* One look at an outside service: a person's command, or a GET by agentd-gateway. */
#ifndef AGENTD_MONITOR_LOOK_H
#define AGENTD_MONITOR_LOOK_H

#include "daemon.h"

struct look;

enum look_verdict {
	LOOK_WELL,   /* status 0 of a command, 2xx or 3xx of a server, in time */
	LOOK_FAILED, /* the service's fault */
	LOOK_NONE,   /* ours: it could not be looked at, and nothing is known */
};

/* Valid during the call. */
struct look_result {
	enum look_verdict verdict;
	int64_t latency_ms;
	const char *reason; /* "HTTP status 503", "exit status 1"; NULL: well. For people: it may
			       quote a server */
	const char *word;   /* the same without a word that came from outside, for agents */
};

/* Called once; the look is freed right after. Maybe from within look_start. */
typedef void (*look_ended)(void *context, const struct look_result *result);

/* `settings` is borrowed until it ended; *ret_look is set before `ended` may be called. */
void look_start(struct daemon *daemon, const struct monitor_settings *settings, look_ended ended,
		void *context, struct look **ret_look);
/* Nobody wants to know any more: `ended` is not called. Takes NULL. */
void look_abandon(struct look *look);

/* "well", "failed", "unknown" */
const char *look_verdict_name(enum look_verdict verdict);

#endif
