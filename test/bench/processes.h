/* What /proc tells of the daemon and all its children. */
#ifndef BENCH_PROCESSES_H
#define BENCH_PROCESSES_H

#include "base/error.h"

#include <sys/types.h>

struct usage {
	size_t processes;
	double pss_kib; /* smaps_rollup: shared pages count in parts */
	double wakeups; /* voluntary context switches of all threads */
	double cpu_ms;  /* on a processor, user and system */
};

/* Sums over `pid` and its children. */
int usage_read(pid_t pid, struct usage *ret_usage, struct error *error);

size_t children_count(pid_t pid);

#endif
