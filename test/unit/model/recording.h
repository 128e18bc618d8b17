/* The streams recorded from live servers in ../shared/wire, where that folder is. */
#ifndef TEST_MODEL_RECORDING_H
#define TEST_MODEL_RECORDING_H

#include "record.h"

struct recording {
	char *name;
	char *format; /* of index.json, or "error" */
	int status;
	bool tool_call;
	struct buffer bytes;
};

extern struct recording recordings[];
extern size_t recording_count;

/* Group set-up and tear-down. */
int recordings_load(void **state);
int recordings_free(void **state);

/* Skips the test where there are none. */
void recordings_needed(void);

static inline struct span recording_bytes(const struct recording *r)
{
	return buffer_span(&r->bytes);
}

/* Our name of its format; NULL: none of ours. */
const char *recording_format(const struct recording *r);

/* Of how many places of a cut one is tried: all, but of the longest recordings every 61st unless
 * AGENTD_TEST_FULL is set. */
size_t recording_stride(const struct recording *r);

/* Each stream in one of our formats. */
typedef void (*recording_visit)(const struct recording *r, const char *format);
void recordings_each(recording_visit visit);

#endif
