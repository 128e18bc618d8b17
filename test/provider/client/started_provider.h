/* A provider that a test has started: its address, and what it saw. */
#ifndef PROVIDER_CLIENT_STARTED_PROVIDER_H
#define PROVIDER_CLIENT_STARTED_PROVIDER_H

#include "base/process.h"

#include <jansson.h>

struct started_provider {
	struct process process;
	unsigned port;
	char folder[64]; /* script and log */
};

/* Runs the script (NULL: --instant). A failure ends the test program with a message. */
void provider_start(struct started_provider *p, const char *script);
void provider_stop(struct started_provider *p);

/* "http://127.0.0.1:PORT" + path. The caller frees it. */
char *provider_url(const struct started_provider *p, const char *path);

/* All lines of the log with this event (NULL: any), once there are `count` of them: waits up to ten
 * seconds. A new reference to an array. */
json_t *provider_await(const struct started_provider *p, const char *event, size_t count);

#endif
