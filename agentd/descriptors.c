#include "descriptors.h"

#include "alerts.h"
#include "handle.h"
#include "supervisor.h"
#include "watcher.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NEEDED 24 /* by the start of a session: walls, grants, its socket, its process */
#define LOOK_MS 500
#define KEY "descriptors"

struct descriptors {
	struct daemon *daemon;
	uv_timer_t *look; /* runs while they are short */
	bool are_short;
};

/* A file of its own each, so that also a table of the whole machine that is full is seen. */
static bool are_enough(void)
{
	int fds[NEEDED];
	size_t count = 0;

	while (count < NEEDED) {
		fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fds[count] < 0)
			break;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return count == NEEDED;
}

static void look(uv_timer_t *timer)
{
	struct descriptors *descriptors = timer->data;
	struct daemon *daemon = descriptors->daemon;

	if (!are_enough())
		return;
	descriptors->are_short = false;
	uv_timer_stop(timer);
	alert_over(daemon, KEY, "there are enough file descriptors again");
	watcher_rescan(daemon);
	supervisor_admit(daemon);
}

void descriptors_failed(struct daemon *daemon)
{
	struct descriptors *descriptors = daemon->descriptors;
	struct rlimit limit = { 0 };

	if (descriptors->are_short || daemon->stopping)
		return;
	descriptors->are_short = true;
	uv_timer_start(descriptors->look, look, LOOK_MS, LOOK_MS);
	getrlimit(RLIMIT_NOFILE, &limit);
	alert_raise(daemon, KEY, NULL, "file descriptors are running out: no session begins",
		    "file descriptors are running out (agentd may have %llu, the machine "
		    "/proc/sys/fs/file-max): no session begins until there are more; raise the "
		    "limit (LimitNOFILE= of the unit, ulimit -n, sysctl fs.file-max)",
		    (unsigned long long)limit.rlim_cur);
}

bool descriptors_short(struct daemon *daemon)
{
	if (!daemon->descriptors->are_short && !are_enough())
		descriptors_failed(daemon);
	return daemon->descriptors->are_short;
}

struct descriptors *descriptors_new(struct daemon *daemon)
{
	struct descriptors *descriptors = xcalloc(1, sizeof(*descriptors));

	descriptors->daemon = daemon;
	descriptors->look = handle_timer(&daemon->loop, descriptors);
	return descriptors;
}

void descriptors_free(struct descriptors *descriptors)
{
	free(descriptors);
}
