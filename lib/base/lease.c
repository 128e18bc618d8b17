#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

/* Who opens the file while our lease stands makes the kernel send SIGIO, which ends a process that
 * does not expect it; SIGURG does nothing unless somebody asks for it. Without that no lease. */
static bool is_refused(int fd, int lease)
{
	if (fcntl(fd, F_SETSIG, SIGURG))
		return false;
	if (!fcntl(fd, F_SETLEASE, lease)) {
		fcntl(fd, F_SETLEASE, F_UNLCK);
		return false;
	}
	return errno == EAGAIN;
}

bool file_has_writer(int fd)
{
	return is_refused(fd, F_RDLCK);
}

bool file_has_visitor(int fd)
{
	return is_refused(fd, F_WRLCK);
}

int file_refuse_writer(int dir, const char *path, const char *name, struct error *error)
{
	_fd_ int fd = -1;

	if (file_open_beneath(dir, path, &fd, NULL, NULL) || !file_has_writer(fd))
		return 0;
	error_set(error, ERROR_BUSY, "%s is open for writing by another program", name);
	if (error)
		error->system = ETXTBSY;
	return -(int)ERROR_BUSY;
}
