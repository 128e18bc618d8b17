#include "calls.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static void context_free(scmp_filter_ctx context)
{
	seccomp_release(context);
}
CLEANUP_DEFINE(scmp_filter_ctx, context_free)

static int add_lists(scmp_filter_ctx context, uint32_t action, const struct call_list *list)
{
	int failed = 0;

	for (; !failed && list->calls; list++)
		for (size_t i = 0; !failed && i < list->count; i++)
			failed = seccomp_rule_add_array(context, action, list->calls[i].number,
							list->calls[i].arg_count,
							list->calls[i].args);
	return failed;
}

/* 32-bit and x32 calls end the process: nothing of ours makes one by mistake. */
static int describe(scmp_filter_ctx context, enum sandbox_role role)
{
	int failed = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!failed) /* a binary tree instead of a list */
		failed = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!failed)
		failed = add_lists(context, SCMP_ACT_ALLOW, calls_of_role(role));
	if (!failed)
		failed = add_lists(context, SCMP_ACT_ERRNO(ENOSYS), calls_not_there(role));
	return -failed;
}

int sandbox_filter_build(enum sandbox_role role, int *ret_fd, struct error *error)
{
	CLEANUP(context_free) scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	_fd_ int fd = memfd_create("seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int failed;

	if (!context)
		return error_set(error, ERROR_UNSUPPORTED, "libseccomp does not know this machine");
	if (fd < 0)
		return error_set_system(error, errno, "making a memory file for a seccomp filter");
	failed = describe(context, role);
	if (!failed)
		failed = -seccomp_export_bpf(context, fd);
	if (failed)
		return error_set_system(error, failed, "compiling a seccomp filter");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return error_set_system(error, errno, "sealing a seccomp filter");
	*ret_fd = fd;
	fd = -1;
	return 0;
}
