#include "descriptor.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ENOUGH 524288 /* what desktop distributions set for watches */

static long limit_of(const char *what)
{
	char path[64], text[32] = "";
	_fd_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/fs/inotify/max_user_%s", what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

int watch_limit_error(const char *what, struct error *error)
{
	long now = limit_of(what), wanted = now * 2;

	if (!strcmp(what, "watches") && wanted < ENOUGH)
		wanted = ENOUGH;
	return error_set(
		error, ERROR_TOO_LARGE,
		"this user's limit of inotify %s is reached (fs.inotify.max_user_%s = %ld); "
		"run `sudo sysctl fs.inotify.max_user_%s=%ld` and put that line into "
		"/etc/sysctl.d/ to keep it",
		what, what, now, what, wanted);
}
