#include "calls.h"

#include "walls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define LOW_HALF 0xffffffffULL
#define ALL 0xffffffffffffffffULL

#define ALLOW(name)                \
	{                          \
		SCMP_SYS(name), 0, \
		{                  \
			{          \
				0  \
			}          \
		}                  \
	}
#define ALLOW_IF(name, ...)                                              \
	{                                                                \
		SCMP_SYS(name),                                          \
			sizeof((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / \
				sizeof(struct scmp_arg_cmp),             \
		{                                                        \
			__VA_ARGS__                                      \
		}                                                        \
	}
#define LIST(array)                        \
	{                                  \
		array, ARRAY_LENGTH(array) \
	}

/* Argument `n` is `value`; has none of `bits`; has all of `bits`; is a null pointer. */
#define IS(n, value)                                               \
	{                                                          \
		n, SCMP_CMP_MASKED_EQ, LOW_HALF, (uint32_t)(value) \
	}
#define NONE(n, bits)                                      \
	{                                                  \
		n, SCMP_CMP_MASKED_EQ, (uint32_t)(bits), 0 \
	}
#define HAS(n, bits)                                                      \
	{                                                                 \
		n, SCMP_CMP_MASKED_EQ, (uint32_t)(bits), (uint32_t)(bits) \
	}
#define NULL_AT(n)                            \
	{                                     \
		n, SCMP_CMP_MASKED_EQ, ALL, 0 \
	}

#define PLAIN_FILE_BITS 0666
#define RWX_BITS 0777

/* ---- session ---- */

/* What agentd-session opens with: no O_TRUNC at all, because Landlock before ABI 3 lets it through
 * without any right to write (as with O_RDONLY, and access mode 3, for which it asks nothing). A
 * new file is never executable or set-id. openat2 is refused: a filter cannot see its flags. */
#define SESSION_OPEN                                                                     \
	(O_RDONLY | O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | \
	 O_NONBLOCK | O_NOCTTY | O_LARGEFILE | 0100000)

/* Reading from stderr could be reading what a person types: above 2, and limits_set keeps
 * descriptors below 64. */
#define ABOVE_STDERR(name)                                                              \
	ALLOW_IF(name, IS(0, 3)), ALLOW_IF(name, HAS(0, 4)), ALLOW_IF(name, HAS(0, 8)), \
		ALLOW_IF(name, HAS(0, 16)), ALLOW_IF(name, HAS(0, 32))

static const struct call session_calls[] = {
	/* the socket to agentd, which is descriptor 3 */
	ALLOW_IF(sendto, IS(0, 3), NULL_AT(4)),
	ALLOW_IF(recvfrom, IS(0, 3), NULL_AT(4)),
	ALLOW_IF(fcntl, IS(0, 3), IS(1, F_GETFL)),
	ALLOW_IF(fcntl, IS(0, 3), IS(1, F_SETFL)),
	ALLOW(poll),
	ALLOW(ppoll),
	ALLOW(restart_syscall), /* poll, after a stop */

	/* files: Landlock says which */
	ALLOW_IF(openat, NONE(2, ~SESSION_OPEN), NONE(3, ~PLAIN_FILE_BITS)),
	ABOVE_STDERR(read),
	ALLOW(write),
	ALLOW(close),
	ALLOW(fstat),
	ALLOW(fsync),
	ALLOW(getdents64),
	ALLOW_IF(mkdirat, NONE(2, ~RWX_BITS)),
	ALLOW(renameat),
	ALLOW_IF(unlinkat, IS(2, 0)),

	/* memory, never executable */
	ALLOW(brk),
	ALLOW_IF(mmap, NONE(2, PROT_EXEC), HAS(3, MAP_ANONYMOUS)),
	ALLOW(mremap),
	ALLOW(munmap),

	ALLOW(clock_gettime),
	ALLOW(getrandom),
	ALLOW(exit),
	ALLOW(exit_group),
};

#ifdef __SANITIZE_ADDRESS__
/* What the address sanitizer's runtime does by itself; in no other build. */
static const struct call sanitizer_calls[] = {
	ALLOW(futex),
	ALLOW(getpid),
	ALLOW(gettid),
	ALLOW(madvise),
	ALLOW_IF(mprotect, NONE(2, PROT_EXEC)),
	ALLOW(rt_sigprocmask),
	ALLOW(sched_yield),
	ALLOW(sigaltstack),
};
#endif

/* ---- what history and gateway share ---- */

/* What pthread_create asks for: a thread, no process, no namespace. */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NOT_IN_A_THREAD                                                                         \
	((uint32_t)(CLONE_VFORK | CLONE_PTRACE | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
		    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))

/* libc with threads, and libuv. */
static const struct call threaded_calls[] = {
	ALLOW(brk),
	ALLOW_IF(mmap, NONE(2, PROT_EXEC)),
	ALLOW_IF(mprotect, NONE(2, PROT_EXEC)),
	ALLOW(madvise),
	ALLOW(mremap),
	ALLOW(munmap),
	ALLOW_IF(clone, { 0, SCMP_CMP_MASKED_EQ, THREAD | NOT_IN_A_THREAD, THREAD }),
	ALLOW(exit),
	ALLOW(exit_group),
	ALLOW(futex),
	ALLOW(get_robust_list),
	ALLOW(gettid),
	ALLOW(membarrier),
	ALLOW_IF(prctl, IS(0, PR_SET_NAME)),
	ALLOW(rseq),
	ALLOW(sched_getaffinity),
	ALLOW(sched_yield),
	ALLOW(set_robust_list),
	ALLOW(restart_syscall),
	ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(sigaltstack),
	ALLOW(clock_getres),
	ALLOW(clock_gettime),
	ALLOW(clock_nanosleep),
	ALLOW(gettimeofday),
	ALLOW(nanosleep),
	ALLOW(time),
	ALLOW(getrandom),
	ALLOW(getpid),
	ALLOW(getppid),
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(getgid),
	ALLOW(getegid),
	ALLOW(getrlimit),
	ALLOW_IF(prlimit64, IS(0, 0), NULL_AT(2)), /* our own, to be read */
	ALLOW(getrusage),
	ALLOW(sysinfo),
	ALLOW(uname),
	ALLOW(epoll_create1),
	ALLOW(epoll_ctl),
	ALLOW(epoll_pwait),
	ALLOW(epoll_wait),
	ALLOW(eventfd2),
	ALLOW(pipe2),
	ALLOW(poll),
	ALLOW(ppoll),
	ALLOW(dup),
	ALLOW(dup3),
	ALLOW_IF(fcntl, IS(1, F_GETFD)),
	ALLOW_IF(fcntl, IS(1, F_SETFD)),
	ALLOW_IF(fcntl, IS(1, F_GETFL)),
	ALLOW_IF(fcntl, IS(1, F_SETFL)),
	ALLOW_IF(fcntl, IS(1, F_DUPFD)),
	ALLOW_IF(fcntl, IS(1, F_DUPFD_CLOEXEC)),
	ALLOW_IF(ioctl, IS(1, FIOCLEX)),
	ALLOW_IF(ioctl, IS(1, FIONBIO)),
	ALLOW_IF(ioctl, IS(1, FIONREAD)),
	ALLOW(recvfrom),
	ALLOW(recvmsg),
	ALLOW(sendto),
	ALLOW(sendmsg),
	ALLOW(getsockname),
	ALLOW(getsockopt),
	ALLOW(shutdown),
	/* reading files: Landlock says which */
	ALLOW(access),
	ALLOW(close),
	ALLOW(faccessat),
	ALLOW(faccessat2),
	ALLOW(fadvise64),
	ALLOW(fstat),
	ALLOW(fstatfs),
	ALLOW(getcwd),
	ALLOW(getdents64),
	ALLOW(lseek),
	ALLOW(lstat),
	ALLOW(newfstatat),
	ALLOW(open),
	ALLOW(openat),
	ALLOW(openat2),
	ALLOW(pread64),
	ALLOW(read),
	ALLOW(readlink),
	ALLOW(readlinkat),
	ALLOW(readv),
	ALLOW(stat),
	ALLOW(statfs),
	ALLOW(statx),
	ALLOW(write),
	ALLOW(writev),
};

/* ---- history ---- */

/* libgit2 beneath the repositories, and base's way to replace a file. */
static const struct call history_calls[] = {
	ALLOW(chmod),
	ALLOW(fchmod),
	ALLOW(fchmodat),
	ALLOW(fdatasync),
	ALLOW(flock),
	ALLOW(fsync),
	ALLOW(ftruncate),
	ALLOW_IF(fcntl, IS(1, F_GETLK)),
	ALLOW_IF(fcntl, IS(1, F_SETLEASE)), /* who else has a file open? */
	ALLOW_IF(fcntl, IS(1, F_SETSIG)),
	ALLOW_IF(fcntl, IS(1, F_SETLK)),
	ALLOW(link),
	ALLOW(linkat),
	ALLOW(mkdir),
	ALLOW(mkdirat),
	ALLOW(pwrite64),
	ALLOW(rename),
	ALLOW(renameat),
	ALLOW(renameat2),
	ALLOW(rmdir),
	ALLOW(symlink),
	ALLOW(symlinkat),
	ALLOW(umask),
	ALLOW(unlink),
	ALLOW(unlinkat),
	ALLOW(utime),
	ALLOW(utimensat),
	ALLOW(utimes),
};

/* ---- gateway ---- */

/* No AF_UNIX: a socket of this machine may be root's. nscd is tried by libc and done without. */
static const struct call gateway_calls[] = {
	ALLOW_IF(socket, IS(0, AF_INET)),
	ALLOW_IF(socket, IS(0, AF_INET6)),
	ALLOW_IF(socket, IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE)), /* getaddrinfo: own addresses */
	ALLOW(socketpair),
	ALLOW(bind),
	ALLOW(connect),
	ALLOW(getpeername),
	ALLOW(recvmmsg),
	ALLOW(sendmmsg),
	ALLOW(setsockopt),
};

/* ---- by role ---- */

#ifdef __SANITIZE_ADDRESS__
#define SANITIZER LIST(sanitizer_calls),
#else
#define SANITIZER
#endif

static const struct call_list lists[][4] = {
	[SANDBOX_SESSION] = { LIST(session_calls), SANITIZER{ NULL, 0 } },
	[SANDBOX_HISTORY] = { LIST(threaded_calls), LIST(history_calls), { NULL, 0 } },
	[SANDBOX_GATEWAY] = { LIST(threaded_calls), LIST(gateway_calls), { NULL, 0 } },
};

const struct call_list *calls_of_role(enum sandbox_role role)
{
	return lists[role];
}

static const struct call session_missing[] = {
	ALLOW(clone3), ALLOW(openat2), ALLOW(statx), ALLOW(faccessat2), ALLOW(rseq),
};
static const struct call other_missing[] = { ALLOW(clone3), ALLOW(io_uring_setup) };

static const struct call_list missing[][2] = {
	[SANDBOX_SESSION] = { LIST(session_missing), { NULL, 0 } },
	[SANDBOX_HISTORY] = { LIST(other_missing), { NULL, 0 } },
	[SANDBOX_GATEWAY] = { LIST(other_missing), { NULL, 0 } },
};

const struct call_list *calls_not_there(enum sandbox_role role)
{
	return missing[role];
}
