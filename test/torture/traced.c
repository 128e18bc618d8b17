#include "traced.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

static int ask_for_stops(const long *calls, size_t count)
{
	struct sock_filter filter[TRACED_CALLS_MAX + 3];
	struct sock_fprog all = { (unsigned short)(count + 3), filter };
	size_t n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++)
		filter[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], (uint8_t)(count - i), 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all))
		return 0;
	/* Not root: what it starts gets no rights of its own. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}

/* `ready` ends when it is traced. */
static void become(char **arguments, const long *calls, size_t count, int ready)
{
	char byte;

	if (!read(ready, &byte, 1) && !ask_for_stops(calls, count))
		execvp(arguments[0], arguments);
	fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
	_exit(TRACED_STATUS_BROKEN);
}

pid_t traced_start(char **arguments, const long *calls, size_t count, long options)
{
	int ready[2], result;
	pid_t program;

	if (count > TRACED_CALLS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (pipe2(ready, O_CLOEXEC))
		return -1;
	program = (fork)(); /* process_spawn cannot start what is to be traced */
	if (!program) {
		close(ready[1]);
		become(arguments, calls, count, ready[0]);
	}
	result = program < 0 ? -1
			     : (int)ptrace(PTRACE_SEIZE, program, NULL,
					   (void *)(intptr_t)(OPTIONS | options));
	close(ready[0]);
	close(ready[1]);
	return result ? -1 : program;
}
