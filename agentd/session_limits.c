#include "session_limits.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

/* What a program does to itself. */
static bool is_crash(int signal)
{
	static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

	for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++)
		if (signal == crashes[i])
			return true;
	return false;
}

static char *signal_words(int signal)
{
	const char *name = sigabbrev_np(signal) ?: "?";

	if (signal == SIGXCPU)
		return xasprintf("a limit of ours: it computed for more than %d s", SESSION_CPU_S);
	if (signal == SIGSYS)
		return xasprintf("a wall of ours: it asked the kernel for what it may not (SIG%s)",
				 name);
	if (is_crash(signal))
		return xasprintf("it crashed (SIG%s)", name);
	return xasprintf("killed by a signal from outside (SIG%s)", name);
}

bool session_ran_out(const struct process_end *end)
{
	return !end->signalled && end->code == STATUS_NO_MEMORY;
}

bool session_was_killed(const struct process_end *end)
{
	return end->signalled && end->code == SIGKILL;
}

char *session_end_words(const struct process_end *end, const char *by_us)
{
	if (by_us && end->signalled)
		return xasprintf("killed by us: %s", by_us);
	if (end->signalled)
		return signal_words(end->code);
	if (session_ran_out(end))
		return xasprintf("out of memory (its limit is %llu MiB)",
				 SESSION_MEMORY_BYTES >> 20);
	if (end->code == STATUS_NO_WALLS)
		return xstrdup("its walls could not be put up (exit status 111)");
	return xasprintf("exit status %d", end->code);
}

char *session_duration(int64_t ms)
{
	int64_t seconds = ms / 1000;

	if (ms % 1000)
		return xasprintf("%" PRId64 ".%" PRId64 " s", seconds, ms % 1000 / 100);
	return seconds && seconds % 60 == 0 ? xasprintf("%" PRId64 " min", seconds / 60)
					    : xasprintf("%" PRId64 " s", seconds);
}
