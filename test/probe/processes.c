/* Acts on processes: making them, becoming them, looking into them, ending them. */
#include "acts.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ACT(name, call)                         \
	static long name(const struct scene *s) \
	{                                       \
		(void)s;                        \
		return said(call);              \
	}

static char *const no_words[] = { NULL };

/* A child that came to be must not go on with our list. */
static long end_child(long result)
{
	if (!result)
		syscall(SYS_exit_group, 0);
	return result;
}

static long fork_raw(const struct scene *s)
{
	(void)s;
	return said(end_child(syscall(SYS_fork)));
}

static long clone_child(const struct scene *s)
{
	(void)s;
	return said(end_child(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
}

static long clone_user_namespace(const struct scene *s)
{
	(void)s;
	return said(end_child(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0)));
}

static long clone3_child(const struct scene *s)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	(void)s;
	return said(end_child(syscall(SYS_clone3, &args, sizeof(args))));
}

static long vfork_raw(const struct scene *s)
{
	(void)s;
	/* As clone, because the stack of a vfork cannot be shared with a C function's. */
	return said(end_child(syscall(SYS_clone, SIGCHLD | CLONE_VFORK, 0, 0, 0, 0)));
}

static struct iovec here(void)
{
	static char byte;

	return (struct iovec){ &byte, 1 };
}

static long read_parent(const struct scene *s)
{
	struct iovec mine = here(), theirs = here();

	return said(syscall(SYS_process_vm_readv, s->parent, &mine, 1, &theirs, 1, 0));
}

static long write_parent(const struct scene *s)
{
	struct iovec mine = here(), theirs = here();

	return said(syscall(SYS_process_vm_writev, s->parent, &mine, 1, &theirs, 1, 0));
}

ACT(exec_true, syscall(SYS_execve, "/bin/true", no_words, no_words))
ACT(exec_self, syscall(SYS_execve, "/proc/self/exe", no_words, no_words))
ACT(exec_empty_path, syscall(SYS_execveat, s->work, "", no_words, no_words, AT_EMPTY_PATH))
ACT(make_memfd, syscall(SYS_memfd_create, "x", 0))
ACT(trace_parent, syscall(SYS_ptrace, PTRACE_ATTACH, s->parent, 0, 0))
ACT(seize_parent, syscall(SYS_ptrace, PTRACE_SEIZE, s->parent, 0, 0))
ACT(trace_me, syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))
/* Signal 0 asks for the right alone: a hole must not take anybody down with it. */
ACT(kill_parent, syscall(SYS_kill, s->parent, 0))
ACT(kill_all, syscall(SYS_kill, -1, 0))
ACT(kill_group, syscall(SYS_kill, 0, 0))
ACT(kill_init, syscall(SYS_kill, 1, 0))
ACT(tgkill_parent, syscall(SYS_tgkill, s->parent, s->parent, 0))
ACT(tkill_parent, syscall(SYS_tkill, s->parent, 0))
ACT(queue_parent, syscall(SYS_rt_sigqueueinfo, s->parent, 0, &(siginfo_t){ 0 }))
ACT(kill_sibling, syscall(SYS_kill, s->sibling ? s->sibling : -1, 0))
ACT(tgkill_sibling, syscall(SYS_tgkill, s->sibling, s->sibling, 0))
ACT(trace_sibling, syscall(SYS_ptrace, PTRACE_ATTACH, s->sibling, 0, 0))
ACT(pidfd_parent, syscall(SYS_pidfd_open, s->parent, 0))
ACT(pidfd_signal, syscall(SYS_pidfd_send_signal, s->socket, 0, NULL, 0))
ACT(pidfd_get, syscall(SYS_pidfd_getfd, s->socket, 0, 0))
ACT(advise_parent, syscall(SYS_process_madvise, s->socket, NULL, 0, 0, 0))
ACT(compare_parent, syscall(SYS_kcmp, getpid(), s->parent, KCMP_VM, 0, 0))
ACT(limit_parent, syscall(SYS_prlimit64, s->parent, RLIMIT_CPU, NULL, &(struct rlimit){ 0 }))
ACT(limit_self, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }, NULL))
ACT(nice_parent, syscall(SYS_setpriority, PRIO_PROCESS, s->parent, 0))
ACT(pin_parent, syscall(SYS_sched_getaffinity, s->parent, 8, &(uint64_t){ 0 }))
ACT(schedule_parent, syscall(SYS_sched_setscheduler, s->parent, SCHED_OTHER, &(int){ 0 }))
ACT(group_of_own, syscall(SYS_setpgid, 0, s->parent))
ACT(session_of_own, syscall(SYS_setsid))
ACT(own_a_file, syscall(SYS_fcntl, s->socket, F_SETOWN, s->parent))
ACT(signal_on_file, syscall(SYS_fcntl, s->socket, F_SETSIG, 0))
ACT(unlimited_stdout, syscall(SYS_fcntl, 2, F_SETFL, O_NONBLOCK))
ACT(dumpable, syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0))
ACT(tracer, syscall(SYS_prctl, PR_SET_PTRACER, -1, 0, 0, 0))
ACT(no_death_signal, syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0))
ACT(wait_any, syscall(SYS_wait4, -1, NULL, 1, NULL))
ACT(robust_of_parent, syscall(SYS_get_robust_list, s->parent, &(void *){ NULL }, &(size_t){ 0 }))
ACT(map_executable,
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ACT(make_executable,
    syscall(SYS_mprotect, (uintptr_t)no_words & ~4095UL, 4096, PROT_READ | PROT_EXEC))
ACT(key_executable,
    syscall(SYS_pkey_mprotect, (uintptr_t)no_words & ~4095UL, 4096, PROT_READ | PROT_EXEC, -1))

/* int 0x80: number 20 is getpid for 32-bit programs. */
static long call_32_bit(const struct scene *s)
{
	long result = 20;

	(void)s;
#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
#endif
	return result;
}

static long call_x32(const struct scene *s)
{
	(void)s;
	return said(syscall(0x40000000 | SYS_getpid));
}

const struct act process_acts[] = {
	{ "fork", fork_raw, false },
	{ "clone", clone_child, false },
	{ "clone CLONE_NEWUSER", clone_user_namespace, false },
	{ "clone3", clone3_child, false },
	{ "vfork", vfork_raw, false },
	{ "execve /bin/true", exec_true, false },
	{ "execve /proc/self/exe", exec_self, false },
	{ "execveat", exec_empty_path, false },
	{ "memfd_create", make_memfd, false },
	{ "ptrace agentd", trace_parent, false },
	{ "ptrace seize agentd", seize_parent, false },
	{ "ptrace traceme", trace_me, false },
	{ "process_vm_readv agentd", read_parent, false },
	{ "process_vm_writev agentd", write_parent, false },
	{ "kill agentd", kill_parent, false },
	{ "kill everybody", kill_all, false },
	{ "kill group", kill_group, false },
	{ "kill init", kill_init, false },
	{ "tgkill agentd", tgkill_parent, false },
	{ "tkill agentd", tkill_parent, false },
	{ "rt_sigqueueinfo agentd", queue_parent, false },
	{ "kill sibling", kill_sibling, false },
	{ "tgkill sibling", tgkill_sibling, false },
	{ "ptrace sibling", trace_sibling, false },
	{ "pidfd_open agentd", pidfd_parent, false },
	{ "pidfd_send_signal", pidfd_signal, false },
	{ "pidfd_getfd", pidfd_get, false },
	{ "process_madvise", advise_parent, false },
	{ "kcmp", compare_parent, false },
	{ "prlimit agentd", limit_parent, false },
	{ "prlimit self", limit_self, false },
	{ "setpriority agentd", nice_parent, false },
	{ "sched_getaffinity agentd", pin_parent, false },
	{ "sched_setscheduler agentd", schedule_parent, false },
	{ "setpgid", group_of_own, false },
	{ "setsid", session_of_own, false },
	{ "fcntl F_SETOWN", own_a_file, false },
	{ "fcntl F_SETSIG", signal_on_file, false },
	{ "fcntl F_SETFL stderr", unlimited_stdout, false },
	{ "prctl PR_SET_DUMPABLE", dumpable, false },
	{ "prctl PR_SET_PTRACER", tracer, false },
	{ "prctl PR_SET_PDEATHSIG", no_death_signal, false },
	{ "wait4", wait_any, false },
	{ "get_robust_list agentd", robust_of_parent, false },
	{ "mmap PROT_EXEC", map_executable, false },
	{ "mprotect PROT_EXEC", make_executable, false },
	{ "pkey_mprotect PROT_EXEC", key_executable, false },
	{ "int 0x80", call_32_bit, true },
	{ "x32", call_x32, true },
	{ NULL, NULL, false },
};
