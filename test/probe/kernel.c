/* Acts on the kernel itself: mounts, namespaces, keys, programs in it, and then every call there
 * is. */
#include "acts.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Nothing here changes the machine when a hole lets it through: what it is done to is not there. */
#define NO_SUCH_KEY 0x61676e74

#define ACT(name, call)                         \
	static long name(const struct scene *s) \
	{                                       \
		(void)s;                        \
		return said(call);              \
	}

ACT(mount_tmpfs, syscall(SYS_mount, "none", "/no-such-place", "tmpfs", 0, NULL))
ACT(mount_bind, syscall(SYS_mount, "/etc", s->self, NULL, MS_BIND, NULL))
ACT(unmount, syscall(SYS_umount2, "/no-such-place", MNT_DETACH))
ACT(pivot, syscall(SYS_pivot_root, "/", "/"))
ACT(change_root, syscall(SYS_chroot, "/"))
ACT(copy_tree, syscall(SYS_open_tree, AT_FDCWD, "/etc", 1))
ACT(attach_mount, syscall(SYS_move_mount, s->work, "", AT_FDCWD, "/no-such-place", 4))
ACT(open_filesystem, syscall(SYS_fsopen, "tmpfs", 0))
ACT(unshare_user, syscall(SYS_unshare, CLONE_NEWUSER))
ACT(unshare_mount, syscall(SYS_unshare, CLONE_NEWNS))
ACT(unshare_net, syscall(SYS_unshare, CLONE_NEWNET))
ACT(unshare_files, syscall(SYS_unshare, CLONE_FILES))
ACT(join_namespace, syscall(SYS_setns, s->work, 0))
ACT(handle_of,
    syscall(SYS_name_to_handle_at, AT_FDCWD, "/etc/passwd", &(char[160]){ 0 }, &(int){ 0 }, 0))
ACT(open_handle, syscall(SYS_open_by_handle_at, s->work, &(char[160]){ 0 }, 0))
ACT(load_bpf, syscall(SYS_bpf, 0, &(char[128]){ 0 }, 128))
ACT(key_control, syscall(SYS_keyctl, 0, -3, 0))
ACT(key_add, syscall(SYS_add_key, "none", "probe", "x", 1, -3))
ACT(key_request, syscall(SYS_request_key, "user", "probe", NULL, 0))
ACT(fault_handler, syscall(SYS_userfaultfd, 1))
ACT(perf_open, syscall(SYS_perf_event_open, &(char[128]){ 0 }, 0, -1, -1, 0))
ACT(ring_setup, syscall(SYS_io_uring_setup, 1, &(char[128]){ 0 }))
ACT(ring_enter, syscall(SYS_io_uring_enter, 3, 0, 0, 0, NULL, 0))
ACT(ring_register, syscall(SYS_io_uring_register, 3, 0, NULL, 0))
ACT(aio_setup, syscall(SYS_io_setup, 1, &(unsigned long){ 0 }))
ACT(type_at_terminal, syscall(SYS_ioctl, 2, TIOCSTI, "x"))
ACT(type_upper_half, syscall(SYS_ioctl, 2, 0x100000000UL | TIOCSTI, "x"))
ACT(terminal_size, syscall(SYS_ioctl, 2, TIOCGWINSZ, &(struct winsize){ 0 }))
ACT(seccomp_more, syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL))
ACT(landlock_more, syscall(SYS_landlock_create_ruleset, NULL, 0, 1))
ACT(become_root, syscall(SYS_setuid, 0))
ACT(become_root_res, syscall(SYS_setresuid, 0, 0, 0))
ACT(become_group, syscall(SYS_setgid, 0))
ACT(join_groups, syscall(SYS_setgroups, 0, NULL))
ACT(set_capabilities, syscall(SYS_capset, &(int[2]){ 0x20080522, 0 }, &(int[6]){ 0 }))
ACT(change_persona, syscall(SYS_personality, READ_IMPLIES_EXEC))
ACT(shared_memory, syscall(SYS_shmget, NO_SUCH_KEY, 4096, 0600))
ACT(message_queue, syscall(SYS_msgget, NO_SUCH_KEY, 0600))
ACT(semaphore, syscall(SYS_semget, NO_SUCH_KEY, 1, 0600))
ACT(posix_queue, syscall(SYS_mq_open, "agentd-probe", O_RDWR, 0600, NULL))
ACT(secret_memory, syscall(SYS_memfd_secret, 0))
ACT(pipe_pair, syscall(SYS_pipe2, &(int[2]){ 0 }, 0))
ACT(kernel_log, syscall(SYS_syslog, 3, &(char[64]){ 0 }, 64))
ACT(host_name, syscall(SYS_sethostname, "x", -1))
ACT(set_clock, syscall(SYS_clock_settime, 0, NULL))
ACT(load_module, syscall(SYS_finit_module, s->work, "", 0))
ACT(load_kernel, syscall(SYS_kexec_load, 0, 0, NULL, 0))
ACT(restart_machine, syscall(SYS_reboot, 0, 0, 0, NULL))
ACT(swap_off, syscall(SYS_swapoff, "/no-such-place"))
ACT(account, syscall(SYS_acct, NULL))
#ifdef __x86_64__
ACT(io_ports, syscall(SYS_iopl, 3))
ACT(descriptor_table, syscall(SYS_modify_ldt, 0, NULL, 0))
ACT(segment_base, syscall(SYS_arch_prctl, 0x1003, &(unsigned long){ 0 }))
#endif

const struct act kernel_acts[] = {
	{ "mount tmpfs", mount_tmpfs, false },
	{ "mount --bind", mount_bind, false },
	{ "umount", unmount, false },
	{ "pivot_root", pivot, false },
	{ "chroot", change_root, false },
	{ "open_tree", copy_tree, false },
	{ "move_mount", attach_mount, false },
	{ "fsopen", open_filesystem, false },
	{ "unshare user", unshare_user, false },
	{ "unshare mount", unshare_mount, false },
	{ "unshare net", unshare_net, false },
	{ "unshare files", unshare_files, false },
	{ "setns", join_namespace, false },
	{ "name_to_handle_at", handle_of, false },
	{ "open_by_handle_at", open_handle, false },
	{ "bpf", load_bpf, false },
	{ "keyctl", key_control, false },
	{ "add_key", key_add, false },
	{ "request_key", key_request, false },
	{ "userfaultfd", fault_handler, false },
	{ "perf_event_open", perf_open, false },
	{ "io_uring_setup", ring_setup, false },
	{ "io_uring_enter", ring_enter, false },
	{ "io_uring_register", ring_register, false },
	{ "io_setup", aio_setup, false },
	{ "ioctl TIOCSTI", type_at_terminal, false },
	{ "ioctl TIOCSTI, upper half set", type_upper_half, false },
	{ "ioctl TIOCGWINSZ", terminal_size, false },
	{ "seccomp", seccomp_more, false },
	{ "landlock_create_ruleset", landlock_more, false },
	{ "setuid", become_root, false },
	{ "setresuid", become_root_res, false },
	{ "setgid", become_group, false },
	{ "setgroups", join_groups, false },
	{ "capset", set_capabilities, false },
	{ "personality", change_persona, false },
	{ "shmget", shared_memory, false },
	{ "msgget", message_queue, false },
	{ "semget", semaphore, false },
	{ "mq_open", posix_queue, false },
	{ "memfd_secret", secret_memory, false },
	{ "pipe2", pipe_pair, false },
	{ "syslog", kernel_log, false },
	{ "sethostname", host_name, false },
	{ "clock_settime", set_clock, false },
	{ "finit_module", load_module, false },
	{ "kexec_load", load_kernel, false },
	{ "reboot", restart_machine, false },
	{ "swapoff", swap_off, false },
	{ "acct", account, false },
#ifdef __x86_64__
	{ "iopl", io_ports, false },
	{ "modify_ldt", descriptor_table, false },
	{ "arch_prctl", segment_base, false },
#endif
	{ NULL, NULL, false },
};

/* ---- every call there is ---- */

#define CALLS_MAX 512 /* Linux 6.18 ends at 469 */

/* uretprobe(2) and uprobe(2), which the kernel makes for itself: they pass by all filters, and
 * whoever calls them from anywhere but the kernel's own trampoline is ended with SIGILL. */
#define SYS_URETPROBE 335
#define SYS_UPROBE 336

/* Calls that end us: left out. */
static bool is_an_end(long number)
{
	return number == SYS_exit || number == SYS_exit_group || number == SYS_URETPROBE ||
	       number == SYS_UPROBE;
}

/* With arguments that mean nothing: what the filter lets through comes back as EBADF, EFAULT or
 * EINVAL. */
void try_all_calls(void)
{
	char name[32];

	for (long number = 0; number < CALLS_MAX; number++) {
		if (is_an_end(number))
			continue;
		snprintf(name, sizeof(name), "call %ld", number);
		report(name, said(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L)));
	}
}
