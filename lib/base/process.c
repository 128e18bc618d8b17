#include "process.h"

#include "alloc.h"
#include "clock.h"
#include "failpoint.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors are first moved out of the way of the numbers that the child wants, so that {3→4,
 * 4→3} works: to the lowest run of numbers that the plan itself does not name. */
static bool has_room(const struct process_plan *plan, int base)
{
	int end = base + (int)plan->fd_count;

	for (size_t i = 0; i < plan->fd_count; i++)
		if ((plan->fds[i].from >= base && plan->fds[i].from < end) ||
		    (plan->fds[i].to >= base && plan->fds[i].to < end))
			return false;
	return true;
}

static int parking_of(const struct process_plan *plan)
{
	int base = STDERR_FILENO + 1;

	while (!has_room(plan, base))
		base++;
	return base;
}

static bool wants(const struct process_plan *plan, int to)
{
	for (size_t i = 0; i < plan->fd_count; i++)
		if (plan->fds[i].to == to)
			return true;
	return false;
}

static int plan_files(const struct process_plan *plan, posix_spawn_file_actions_t *actions)
{
	int parking = parking_of(plan), failed;

	/* First: its number may be given away below. */
	failed = plan->directory >= 0
			 ? posix_spawn_file_actions_addfchdir_np(actions, plan->directory)
			 : posix_spawn_file_actions_addchdir_np(actions, "/");
	for (size_t i = 0; i < plan->fd_count; i++)
		failed |= posix_spawn_file_actions_adddup2(actions, plan->fds[i].from,
							   parking + (int)i);
	for (int fd = 0; fd <= 2; fd++)
		if (!wants(plan, fd))
			failed |= posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR,
								   0);
	for (size_t i = 0; i < plan->fd_count; i++)
		failed |= posix_spawn_file_actions_adddup2(actions, parking + (int)i,
							   plan->fds[i].to);
	for (size_t i = 0; i < plan->fd_count; i++)
		failed |= posix_spawn_file_actions_addclose(actions, parking + (int)i);
	return failed;
}

static int plan_attributes(const struct process_plan *plan, posix_spawnattr_t *attributes)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, all;
	int failed = 0;

	sigemptyset(&none);
	sigfillset(&all);
	failed |= posix_spawnattr_setsigmask(attributes, &none);
	failed |= posix_spawnattr_setsigdefault(attributes, &all);
	if (plan->new_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		failed |= posix_spawnattr_setpgroup(attributes, 0);
	}
	return failed | posix_spawnattr_setflags(attributes, flags);
}

int process_spawn(const struct process_plan *plan, struct process *ret_process, struct error *error)
{
	static const char *const empty[] = { NULL };
	const char *const *environment = plan->environment ? plan->environment : empty;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	struct process process = PROCESS_NONE;
	int failed = FAILPOINT("process.spawn");

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	if (!failed && (plan_files(plan, &actions) || plan_attributes(plan, &attributes)))
		failed = ENOMEM;
	if (!failed)
		failed = posix_spawn(&process.pid, plan->path, &actions, &attributes,
				     (char *const *)(uintptr_t)plan->argv,
				     (char *const *)(uintptr_t)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return error_set_system(error, failed, "starting %s", plan->path);
	/* The child is ours and not reaped yet: its number cannot belong to a stranger here. */
	process.pidfd = (int)syscall(SYS_pidfd_open, process.pid, 0);
	if (process.pidfd < 0) {
		failed = errno;
		kill(process.pid, SIGKILL);
		waitpid(process.pid, NULL, 0);
		return error_set_system(error, failed, "watching %s", plan->path);
	}
	*ret_process = process;
	return 0;
}

int process_signal(const struct process *process, int signal)
{
	if (process->pidfd < 0)
		return -(int)ERROR_CLOSED;
	if (FAILPOINT("process.signal"))
		return 0; /* as with a process that the kernel cannot end */
	if (syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0))
		return -(int)ERROR_CLOSED;
	return 0;
}

int process_reap(struct process *process, bool wait, struct process_end *ret_end,
		 struct error *error)
{
	siginfo_t info = { 0 };
	int result;

	do
		result = waitid(P_PIDFD, (id_t)process->pidfd, &info,
				WEXITED | (wait ? 0 : WNOHANG));
	while (result && errno == EINTR);
	if (result)
		return error_set_system(error, errno, "waiting for process %d", (int)process->pid);
	if (!info.si_pid)
		return error_set(error, ERROR_BUSY, "process %d is still running",
				 (int)process->pid);
	ret_end->signalled = info.si_code != CLD_EXITED;
	ret_end->code = info.si_status;
	fd_close(&process->pidfd);
	*process = PROCESS_NONE;
	return 0;
}

bool process_ends_within(const struct process *process, int limit_ms)
{
	struct pollfd end = { process->pidfd, POLLIN, 0 };
	int64_t until = clock_monotonic_ms() + limit_ms, left = limit_ms;
	int ready;

	while ((ready = poll(&end, 1, left > 0 ? (int)left : 0)) < 0 && errno == EINTR)
		left = until - clock_monotonic_ms();
	return ready > 0;
}

char *process_end_print(const struct process_end *end, char *out, size_t size)
{
	if (end->signalled)
		snprintf(out, size, "killed by signal %d (%s)", end->code, strsignal(end->code));
	else
		snprintf(out, size, "exit status %d", end->code);
	return out;
}

int socket_pair(bool nonblocking, int ret_fds[2], struct error *error)
{
	int flags;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds))
		return error_set_system(error, errno, "making a socket pair");
	flags = fcntl(ret_fds[0], F_GETFL);
	if (nonblocking && fcntl(ret_fds[0], F_SETFL, flags | O_NONBLOCK))
		return error_set_system(error, errno, "making a socket non-blocking");
	return 0;
}

/* Parent of `pid` by the fourth field of /proc/PID/stat; the second, in parentheses, may hold
 * anything. 0: it is gone, -1: it cannot be looked at. */
static pid_t parent_of(pid_t pid)
{
	CLEANUP(buffer_clear) struct buffer stat = BUFFER(4096);
	_free_ char *path = xasprintf("/proc/%d/stat", (int)pid);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *close;
	int parent;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fd_read_all(fd, &stat, NULL))
		return 0;
	close = strrchr(stat.data ? stat.data : "", ')');
	if (!close || sscanf(close + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

bool process_is_descendant(pid_t pid, pid_t ancestor)
{
	for (int depth = 0; pid > 1 && depth < 1000; depth++) {
		if (pid == ancestor)
			return true;
		pid = parent_of(pid);
	}
	return pid < 0;
}
