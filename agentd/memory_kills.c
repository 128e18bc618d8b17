#include "memory_kills.h"

#include "base/alloc.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define GROUP_OF_V2 "0::"
#define COUNT "oom_kill "

/* The rest of the first line of a file that begins so; false: there is none. */
static bool read_line(const char *path, const char *begins, char rest[LINE_MAX_BYTES])
{
	char line[LINE_MAX_BYTES];
	FILE *file = fopen(path, "re");
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, begins, strlen(begins));
		if (found)
			snprintf(rest, LINE_MAX_BYTES, "%s", line + strlen(begins));
	}
	if (file)
		fclose(file);
	if (found)
		rest[strcspn(rest, "\n")] = '\0';
	return found;
}

int64_t memory_kills(void)
{
	char text[LINE_MAX_BYTES];
	_free_ char *path = NULL;

	if (!read_line("/proc/self/cgroup", GROUP_OF_V2, text))
		return 0;
	path = xasprintf("/sys/fs/cgroup%s/memory.events", text);
	return read_line(path, COUNT, text) ? strtoll(text, NULL, 10) : 0;
}
