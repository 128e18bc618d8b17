#include "walls.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEEP_MAX 32

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int descriptors_close(const struct sandbox_policy *policy, const int *keep, size_t keep_count,
		      struct error *error)
{
	int kept[SANDBOX_RULES_MAX + KEEP_MAX];
	size_t count = 0;
	unsigned first = 3;

	if (keep_count > KEEP_MAX)
		return error_set(error, ERROR_TOO_LARGE, "%zu descriptors to keep open",
				 keep_count);
	for (size_t i = 0; i < policy->rule_count; i++)
		kept[count++] = policy->rules[i].fd;
	for (size_t i = 0; i < keep_count; i++)
		kept[count++] = keep[i];
	qsort(kept, count, sizeof(*kept), by_number);
	for (size_t i = 0; i <= count; i++) {
		unsigned end = i < count ? (unsigned)kept[i] : ~0U;

		if (end > first && syscall(SYS_close_range, first, end - 1, 0))
			return error_set_system(error, errno, "closing descriptors");
		if (end >= first)
			first = end + 1;
	}
	return 0;
}

#define CPU_FAREWELL_S 5 /* from SIGXCPU to SIGKILL */

struct limit {
	int resource;
	rlim_t max;
	rlim_t spare; /* above what is asked for, until the kernel is not polite any more */
};

static int limit_set(const struct limit *limit, struct error *error)
{
	struct rlimit now;

	if (getrlimit(limit->resource, &now))
		return error_set_system(error, errno, "reading limit %d", limit->resource);
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > limit->max + limit->spare)
		now.rlim_max = limit->max + limit->spare;
	now.rlim_cur = now.rlim_max < limit->max ? now.rlim_max : limit->max;
	if (setrlimit(limit->resource, &now))
		return error_set_system(error, errno, "setting limit %d", limit->resource);
	return 0;
}

static rlim_t descriptors_of(const struct sandbox_policy *policy)
{
	switch (policy->role) {
	case SANDBOX_SESSION:
		return policy->off ? 1024 : 64; /* its filter counts on numbers < 64 */
	case SANDBOX_GATEWAY:
		return 4096; /* a stream over plain HTTP has a connection of its own */
	default: return 1024;
	}
}

int limits_set(const struct sandbox_policy *policy, struct error *error)
{
	bool session = policy->role == SANDBOX_SESSION;
	const struct limit limits[] = {
		{ RLIMIT_CORE, 0, 0 },
		{ RLIMIT_NOFILE, descriptors_of(policy), 0 },
		{ RLIMIT_NPROC, session ? 0 : RLIM_INFINITY, 0 },
		{ RLIMIT_MSGQUEUE, 0, 0 },
		{ RLIMIT_FSIZE, policy->file_bytes ? policy->file_bytes : RLIM_INFINITY, 0 },
		{ RLIMIT_CPU, policy->cpu_s ? policy->cpu_s : RLIM_INFINITY, CPU_FAREWELL_S },
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is 20 TiB of address space */
		{ RLIMIT_AS, policy->memory_bytes ? policy->memory_bytes : RLIM_INFINITY, 0 },
#endif
	};
	int result = 0;

	signal(SIGXFSZ, SIG_IGN); /* a file that gets too large is EFBIG, not our end */
	for (size_t i = 0; !result && i < ARRAY_LENGTH(limits); i++)
		if (limits[i].max != RLIM_INFINITY)
			result = limit_set(&limits[i], error);
	return result;
}

int parent_follow(struct error *error)
{
	pid_t parent = getppid();

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return error_set_system(error, errno, "asking to end with agentd");
	if (getppid() != parent) /* it went away in between; no signal will come any more */
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	return 0;
}
