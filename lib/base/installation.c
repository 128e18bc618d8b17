#include "installation.h"

#include "alloc.h"
#include "error.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

char *installation_path(const char *relative)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		BUG("/proc/self/exe cannot be read: %s", strerror(errno));
	self[length] = '\0';
	/* PREFIX/bin/agentd and PREFIX/libexec/agentd/agentd-session have the same PREFIX. */
	for (int up = 0; up < 4; up++) {
		char *slash = strrchr(self, '/');
		_free_ char *candidate = NULL;

		if (!slash || slash == self)
			break;
		*slash = '\0';
		candidate = xasprintf("%s/%s", self, relative);
		if (!access(candidate, F_OK))
			return steal_pointer(&candidate);
	}
	return xasprintf("%s/%s", self, relative);
}
