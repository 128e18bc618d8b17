#include "beneath.h"

#include "alloc.h"
#include "failpoint.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

int open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;
	int failed = FAILPOINT("file.open");

	if (failed) {
		errno = failed;
		return -1;
	}
	do /* EAGAIN: a rename raced with the resolution; openat2(2) says to try again */
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

int refuse_open(struct error *error, const char *path, int system)
{
	switch (system) {
	case ELOOP:
		return error_set(
			error, ERROR_DENIED,
			"%s is a symbolic link or leads through one, which is not followed; "
			"put the file itself there",
			path);
	case EXDEV: return error_set(error, ERROR_DENIED, "%s leads out of its folder", path);
	case ENOSYS:
		return error_set(error, ERROR_UNSUPPORTED,
				 "openat2 is missing: Linux 5.6 or newer is needed, and a service "
				 "without RestrictSUIDSGID=, which takes it away");
	default: return error_set_system(error, system, "opening %s", path);
	}
}

int open_parent(int dir, const char *path, int *ret_fd, const char **ret_name, struct error *error)
{
	const char *slash = strrchr(path, '/');
	_free_ char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");

	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name || !strcmp(*ret_name, ".") || !strcmp(*ret_name, ".."))
		return error_set(error, ERROR_INVALID, "%s names no file", path);
	return directory_open_beneath(dir, parent, ret_fd, error);
}
