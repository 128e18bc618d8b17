#include "sandbox.h"

#include "landlock.h"
#include "walls.h"

#include "base/file.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What stands around this process; written once. */
static struct {
	bool entered, off, namespaces;
	int landlock_abi;
} in_force;

#ifdef __SANITIZE_ADDRESS__
/* The leak check at the end of a process traces it from a thread, which the walls refuse. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return in_force.entered;
}
#endif

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short length;
};

static int program_read(int filter_fd, struct program *program, struct error *error)
{
	struct stat st;
	size_t size;

	if (fstat(filter_fd, &st))
		return error_set_system(error, errno, "the seccomp filter, descriptor %d",
					filter_fd);
	size = (size_t)st.st_size;
	if (!size || size > sizeof(program->code) || size % sizeof(*program->code))
		return error_set(error, ERROR_INVALID, "descriptor %d holds no seccomp filter",
				 filter_fd);
	if (pread(filter_fd, program->code, size, 0) != (ssize_t)size)
		return error_set_system(error, errno, "reading the seccomp filter");
	program->length = (unsigned short)(size / sizeof(*program->code));
	return 0;
}

static int filter_load(struct program *program, struct error *error)
{
	struct sock_fprog prog = { program->length, program->code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		return error_set_system(error, errno, "loading the seccomp filter");
	return 0;
}

static int promise_set(int option, unsigned long value, const char *what, struct error *error)
{
	if (prctl(option, value, 0, 0, 0))
		return error_set_system(error, errno, "%s", what);
	return 0;
}

/* What holds with `sandbox: off` too. */
static int enter_lightly(const struct sandbox_policy *policy, const int *keep, size_t keep_count,
			 struct error *error)
{
	int result = descriptors_close(policy, keep, keep_count, error);

	if (!result)
		result = limits_set(policy, error);
	if (!result)
		result = promise_set(PR_SET_NO_NEW_PRIVS, 1, "setting no_new_privs", error);
	if (!result)
		result = parent_follow(error);
	return result;
}

static int enter_fully(const struct sandbox_policy *policy, int filter_fd, const int *keep,
		       size_t keep_count, struct error *error)
{
	static struct program program; /* 32 KiB, in no page until it is used */
	int result = program_read(filter_fd, &program, error);

	in_force.landlock_abi = landlock_abi();
	/* Before enter_lightly: a change of credentials may clear the death signal. */
	if (!result && policy->role == SANDBOX_SESSION)
		in_force.namespaces = namespaces_enter();
	if (!result)
		result = capabilities_drop(error);
	if (!result)
		result = enter_lightly(policy, keep, keep_count, error);
	if (!result)
		result = promise_set(PR_SET_DUMPABLE, 0, "becoming undumpable", error);
	if (!result)
		result = landlock_restrict(policy, in_force.landlock_abi, error);
	return result ? result : filter_load(&program, error);
}

int sandbox_enter(const struct sandbox_policy *policy, int filter_fd, const int *keep,
		  size_t keep_count, struct error *error)
{
	int result;

	if (policy->role == SANDBOX_SESSION)
		umask(077);
	if (policy->off)
		result = enter_lightly(policy, keep, keep_count, error);
	else
		result = enter_fully(policy, filter_fd, keep, keep_count, error);
	if (result)
		return error_prefix(error, "no walls, no start: ");
	in_force.entered = true;
	in_force.off = policy->off;
	return 0;
}

void sandbox_in_force_print(struct buffer *out)
{
	if (!in_force.entered)
		buffer_append_text(out, "no walls");
	else if (in_force.off)
		buffer_append_text(out, "no_new_privs and limits only");
	else
		buffer_printf(out, "landlock abi %d, seccomp, no_new_privs, no capabilities%s",
			      in_force.landlock_abi,
			      in_force.namespaces ? ", user, mount and ipc namespaces" : "");
}
