/* The daemon's events.jsonl, followed while it grows. */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include "farm.h"

#include "base/alloc.h"

struct events;

/* From its beginning, or from where it ends now. */
int events_open(const struct farm *farm, bool from_begin, struct events **ret_events,
		struct error *error);
void events_close(struct events *events);

/* Waits until `count` further lines with that event came by. */
int events_await(struct events *events, const char *event, size_t count, int timeout_ms,
		 struct error *error);

/* How many such lines came by since the last call. */
int events_count(struct events *events, const char *event, size_t *ret_count, struct error *error);

CLEANUP_DEFINE(struct events *, events_close)

#endif
