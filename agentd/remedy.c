#include "remedy.h"

#include "base/span.h"

#include <errno.h>
#include <stddef.h>

const char *remedy_of(int system)
{
	static const struct {
		int system;
		const char *text;
	} remedies[] = {
		{ ENOSPC, "make room on the disk of the workspace" },
		{ EDQUOT, "make room in the quota of agentd's user" },
		{ EROFS, "mount the file system of the workspace writable again" },
		{ EMFILE, "raise the limit of open files of agentd (LimitNOFILE=)" },
		{ ENFILE, "raise the machine's limit of open files (sysctl fs.file-max)" },
		{ EIO, "look at the disk (dmesg, smartctl): it reports errors" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(remedies); i++)
		if (remedies[i].system == system)
			return remedies[i].text;
	return NULL;
}
