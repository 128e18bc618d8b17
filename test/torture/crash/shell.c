#include "shell.h"

#include "base/file.h"
#include "base/process.h"

#include <fcntl.h>
#include <unistd.h>

extern char **environ;

int shell(const char *command, struct buffer *out)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	struct process_plan plan = { .path = "/bin/sh",
				     .argv = argv,
				     .environment = (const char *const *)environ,
				     .directory = -1 };
	struct process child;
	struct process_end end;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	plan.fds[0] = (struct process_fd){ ends[1], 1 };
	plan.fds[1] = (struct process_fd){ ends[1], 2 };
	plan.fd_count = 2;
	if (process_spawn(&plan, &child, NULL))
		return -1;
	close(ends[1]);
	fd_read_all(ends[0], out, NULL);
	close(ends[0]);
	if (process_reap(&child, true, &end, NULL) || end.signalled)
		return -1;
	return end.code;
}
