/* Records what PROGRAM and all its descendants do to the files beneath a folder.
 *
 *     recorder RECORD FOLDER MARKS PROGRAM [ARGUMENT…]
 *
 * They are stopped at the calls that write (call.h). While one such call on a file beneath FOLDER
 * is under way all others wait, so that the record has the one order in which everything happened,
 * and what a sync covers is exact. What is written to the file MARKS becomes a mark, what a program
 * named agentd… sends on a socket a message, what it starts an exec. SIGTERM is passed on to
 * PROGRAM. Ends with PROGRAM's exit status, or 99 where this program cannot do its own work or a
 * call is not understood. Needs root: agentd and its helpers are not dumpable. */
#include "call.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITING_MAX 1024

static struct recording recording;
static pid_t program;
static int program_status;
static struct call busy;
static pid_t waiting[WAITING_MAX];
static size_t waiting_count;

/* ---- one at a time ---- */

static void resume(pid_t thread, int signal)
{
	ptrace(thread == busy.thread ? PTRACE_SYSCALL : PTRACE_CONT, thread, NULL,
	       (void *)(intptr_t)signal);
}

static void call_start(pid_t thread)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP ||
	    !call_begin(&busy, &recording, thread, info.seccomp.nr, info.seccomp.args))
		busy.thread = 0;
	resume(thread, 0);
}

static void call_finish(void)
{
	struct __ptrace_syscall_info info;
	pid_t thread = busy.thread;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error)
		call_end(&busy, info.exit.rval);
	busy.thread = 0;
	resume(thread, 0);
}

static void next_waiting(void)
{
	while (!busy.thread && waiting_count) {
		pid_t thread = waiting[0];

		memmove(waiting, waiting + 1, --waiting_count * sizeof(*waiting));
		call_start(thread);
	}
}

static void at_call(pid_t thread)
{
	if (!busy.thread) {
		call_start(thread);
		return;
	}
	if (waiting_count == WAITING_MAX)
		call_broken("too many threads");
	waiting[waiting_count++] = thread;
}

static void is_gone(pid_t thread)
{
	if (thread == busy.thread)
		busy.thread = 0;
	for (size_t i = 0; i < waiting_count; i++)
		if (waiting[i] == thread)
			memmove(waiting + i, waiting + i + 1,
				(--waiting_count - i) * sizeof(*waiting));
}

/* ---- the program ---- */

static void program_start(char **arguments)
{
	long numbers[TRACED_CALLS_MAX];
	size_t count = call_numbers(numbers);

	program = traced_start(arguments, numbers, count, PTRACE_O_TRACESYSGOOD);
	if (program < 0)
		call_broken(arguments[0]);
}

static void pass_on(int signal)
{
	if (program > 0)
		kill(program, signal);
}

static void at_stop(pid_t thread, int status)
{
	int signal = WSTOPSIG(status);

	switch (status >> 16) {
	case 0:
		if (signal != (SIGTRAP | 0x80))
			resume(thread, signal);
		else if (thread == busy.thread)
			call_finish();
		else
			resume(thread, 0);
		break;
	case PTRACE_EVENT_SECCOMP: at_call(thread); break;
	case PTRACE_EVENT_STOP:
		if (signal == SIGTRAP)
			resume(thread, 0);
		else
			ptrace(PTRACE_LISTEN, thread, NULL, NULL);
		break;
	default: resume(thread, 0); break;
	}
}

static void program_follow(void)
{
	for (;;) {
		int status;
		pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0 && errno == EINTR)
			continue;
		if (thread < 0)
			return; /* all are gone */
		if (WIFSTOPPED(status)) {
			at_stop(thread, status);
		} else {
			is_gone(thread);
			if (thread == program)
				program_status = status;
		}
		next_waiting();
	}
}

int main(int argc, char **argv)
{
	struct sigaction passing = { .sa_handler = pass_on };

	if (argc < 5) {
		fprintf(stderr, "usage: recorder RECORD FOLDER MARKS PROGRAM [ARGUMENT…]\n");
		return 2;
	}
	recording.file = fopen(argv[1], "we");
	recording.folder = realpath(argv[2], NULL);
	recording.marks = realpath(argv[3], NULL);
	if (!recording.file || !recording.folder || !recording.marks)
		call_broken("opening its files");
	sigaction(SIGTERM, &passing, NULL);
	program_start(argv + 4);
	program_follow();
	if (fclose(recording.file))
		call_broken(argv[1]);
	return WIFSIGNALED(program_status) ? 128 + WTERMSIG(program_status)
					   : WEXITSTATUS(program_status);
}
