#include "notify.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"

#include <inttypes.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;
	_fd_ int fd = -1;

	if (!length || length >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, length);
	if (path[0] == '@') /* an abstract name */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

void notify_ready(const char *status)
{
	_free_ char *state = xasprintf("READY=1\nSTATUS=%s\n", status);

	notify_send(state);
}

void notify_reloading(void)
{
	_free_ char *state = xasprintf("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
				       clock_monotonic_us());

	notify_send(state);
}

void notify_stopping(void)
{
	notify_send("STOPPING=1\n");
}

void notify_alive(void)
{
	notify_send("WATCHDOG=1\n");
}

/* A whole positive number, 0 for anything else. */
static int64_t number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long long value = text ? strtoll(text, &end, 10) : 0;

	return text && *text && !*end && value > 0 ? value : 0;
}

int64_t notify_interval_ms(void)
{
	int64_t half_ms = number_of("WATCHDOG_USEC") / 2000;

	/* meant for a process before us, which has started us with its own environment */
	if (getenv("WATCHDOG_PID") && number_of("WATCHDOG_PID") != getpid())
		return 0;
	return half_ms || !number_of("WATCHDOG_USEC") ? half_ms : 1;
}
