#include "walls.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool namespaces_enter(void)
{
	/* No user is mapped: who we were is unknown inside, and root is nobody in particular. */
	return !unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC);
}

/* Without CAP_SETPCAP the set cannot be made smaller; no_new_privs makes it void in any case. */
static void drop_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))
			return;
}

int capabilities_drop(struct error *error)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 }, left[2];

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	drop_bounding_set();
	if (syscall(SYS_capset, &header, none) || syscall(SYS_capget, &header, left))
		return error_set_system(error, errno, "giving up capabilities");
	for (size_t i = 0; i < ARRAY_LENGTH(left); i++)
		if (left[i].effective | left[i].permitted | left[i].inheritable)
			return error_set(error, ERROR_DENIED, "capabilities are left over");
	return 0;
}
