/* What the measures share: where the build is, where to work, and the parts that most of them need.
 *
 * A measure is a function in a file of its own and a row in main.c's table; it adds rows to the
 * report. It fails with an error only when it could not measure. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "report.h"

#include "base/error.h"

#include <stdbool.h>

struct farm;
struct server;

#define FARMS_MAX 5

struct bench {
	const char *build; /* absolute; has bin/, libexec/ and test/provider/ */
	char *folder;      /* absolute; all that is measured is in it, on that device */
	int dir;           /* the same, opened */
	bool quick;
	struct report *report;
	struct farm *farms[FARMS_MAX];
	struct server *logged, *plain; /* the instant provider, with and without a log */
};

struct measure {
	const char *name, *text;
	int (*run)(struct bench *bench, struct error *error);
};

extern const struct measure measure_device, measure_ready, measure_idle, measure_status,
	measure_reload, measure_trigger, measure_sessions, measure_prompt, measure_streams,
	measure_recover, measure_lateness;

/* How many runs: fewer when it has to be quick. */
static inline size_t runs_of(const struct bench *bench, size_t quick, size_t full)
{
	return bench->quick ? quick : full;
}

void pause_us(long us);

#endif
