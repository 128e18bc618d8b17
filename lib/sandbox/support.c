#include "sandbox.h"

#include "landlock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number in a file of /proc/sys, or `missing`. */
static long setting(const char *path, long missing)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(64);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd_read_all(fd, &text, NULL) || !text.length)
		return missing;
	return strtol(text.data, NULL, 10);
}

static bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static bool has_user_namespaces(void)
{
	if (setting("/proc/sys/user/max_user_namespaces", 0) <= 0)
		return false;
	if (!geteuid())
		return true;
	return setting("/proc/sys/kernel/unprivileged_userns_clone", 1) &&
	       !setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0);
}

static const char *mend_landlock(int failed)
{
	if (failed == EOPNOTSUPP)
		return "Landlock is switched off: add `landlock` to the lsm= list of the kernel's "
		       "command line (lsm=landlock,lockdown,yama,integrity,apparmor,bpf) and reboot";
	if (failed == EPERM || !access("/.dockerenv", F_OK) || !access("/run/.containerenv", F_OK))
		return "this container's seccomp profile hides Landlock: start it with "
		       "--security-opt seccomp=unconfined, or allow landlock_* in its profile";
	return "no Landlock: run Linux 5.13 or newer, built with CONFIG_SECURITY_LANDLOCK=y";
}

static const char *mend(const struct sandbox_support *support, int landlock_failed)
{
	if (!support->landlock_abi)
		return mend_landlock(landlock_failed);
	if (!support->seccomp)
		return "no seccomp filters: run a kernel built with CONFIG_SECCOMP_FILTER=y, outside "
		       "of a sandbox that forbids seccomp(2)";
	if (!support->no_new_privs)
		return "no no_new_privs: run Linux 5.13 or newer";
	return "";
}

void sandbox_probe(struct sandbox_support *ret_support)
{
	struct sandbox_support support = { .landlock_abi = landlock_abi() };
	int failed = errno;

	support.seccomp = has_seccomp();
	support.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
	support.user_namespaces = has_user_namespaces();
	support.enough = support.landlock_abi && support.seccomp && support.no_new_privs;
	snprintf(support.mend, sizeof(support.mend), "%s", mend(&support, failed));
	*ret_support = support;
}
