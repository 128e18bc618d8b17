#include "rpc.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 256

/* sun_path has 108 bytes, and a workspace may lie deeper: the folder is named by its descriptor. */
static int address_beneath(int dir, const char *name, struct sockaddr_un *ret_address,
			   struct error *error)
{
	int n;

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
		     dir, name);
	if (n < 0 || (size_t)n >= sizeof(ret_address->sun_path))
		return error_set(error, ERROR_INVALID, "%s: the name of a socket is too long",
				 name);
	return 0;
}

/* A socket that nobody listens on any more makes way; anything else is somebody's file. */
static int remove_stale(int dir, const char *name, struct error *error)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : error_set_system(error, errno, "%s", name);
	if (!S_ISSOCK(st.st_mode))
		return error_set(error, ERROR_EXISTS, "%s is in the way and is no socket; move it",
				 name);
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return error_set_system(error, errno, "cannot remove the old socket %s", name);
	return 0;
}

static int socket_new(int *ret_fd, struct error *error)
{
	*ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *ret_fd < 0 ? error_set_system(error, errno, "cannot make a socket") : 0;
}

int rpc_listen(int dir, const char *name, int *ret_fd, struct error *error)
{
	_fd_ int fd = -1;
	struct sockaddr_un address;
	int r;

	r = address_beneath(dir, name, &address, error);
	if (!r)
		r = remove_stale(dir, name, error);
	if (!r)
		r = socket_new(&fd, error);
	if (r)
		return r;
	/* the mode of the socket is the mode that its name gets: unix(7) knows no window then */
	if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, BACKLOG))
		return error_set_system(error, errno, "cannot listen on %s", name);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* A full backlog is waited for by the kernel, so connecting blocks; rpc_new changes that. */
static int connect_blocking(const struct sockaddr_un *address, const char *name, int *ret_fd,
			    struct error *error)
{
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set_system(error, errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		if (errno == ECONNREFUSED)
			return error_set(error, ERROR_NOT_FOUND, "nobody listens on %s", name);
		return error_set_system(error, errno, "cannot connect to %s", name);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int rpc_connect(int dir, const char *name, int *ret_fd, struct error *error)
{
	_fd_ int place = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (place < 0)
		return error_set_system(error, errno, "cannot connect to %s", name);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	return connect_blocking(&address, name, ret_fd, error);
}
