/* The limits of a session's process, and in which words its end is told. */
#ifndef AGENTD_SESSION_LIMITS_H
#define AGENTD_SESSION_LIMITS_H

#include "base/process.h"

#define SESSION_MEMORY_BYTES (1024ULL * 1024 * 1024)
#define SESSION_FILE_BYTES (64ULL * 1024 * 1024)
#define SESSION_CPU_S 600

#define STATUS_NO_WALLS 111 /* of session/main.c: another process would have none either */

/* "out of memory (its limit is 1024 MiB)", "killed by a signal from outside (SIGKILL)", "exit
 * status 3", …; the caller frees it. `by_us`: why we sent it a signal, NULL: we did not. */
char *session_end_words(const struct process_end *end, const char *by_us);

/* Did it end for want of memory under our limit? */
bool session_ran_out(const struct process_end *end);
/* Or by a SIGKILL, which may be the kernel's? */
bool session_was_killed(const struct process_end *end);

/* "5 min", "90 s"; the caller frees it. */
char *session_duration(int64_t ms);

#endif
