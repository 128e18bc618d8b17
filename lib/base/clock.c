#include "clock.h"

#include "error.h"
#include "file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ns(clockid_t which)
{
	struct timespec now;

	if (clock_gettime(which, &now))
		BUG("clock_gettime(%d) failed", (int)which);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#ifdef AGENTD_FAILPOINTS
static int64_t read_offset(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	fd_close(&fd);
	return strtoll(text, NULL, 10);
}
#endif

static int64_t wall_offset_s(void)
{
#ifdef AGENTD_FAILPOINTS
	const char *offset = getenv("AGENTD_CLOCK_OFFSET");

	if (offset)
		return *offset == '@' ? read_offset(offset + 1) : strtoll(offset, NULL, 10);
#endif
	return 0;
}

bool clock_may_be_stepped(void)
{
#ifdef AGENTD_FAILPOINTS
	const char *offset = getenv("AGENTD_CLOCK_OFFSET");

	return offset && *offset == '@';
#else
	return false;
#endif
}

int64_t clock_wall_ms(void)
{
	return clock_ns(CLOCK_REALTIME) / 1000000 + wall_offset_s() * 1000;
}

int64_t clock_wall_s(void)
{
	return clock_wall_ms() / 1000;
}

int64_t clock_monotonic_us(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_boot_ms(void)
{
	return clock_ns(CLOCK_BOOTTIME) / 1000000;
}

void random_bytes(void *out, size_t size)
{
	unsigned char *at = out;

	while (size) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0)
			BUG("getrandom failed");
		at += got;
		size -= (size_t)got;
	}
}

void ulid_new(char out[ULID_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t time = (uint64_t)clock_wall_ms();
	unsigned char random[16];

	random_bytes(random, sizeof(random));
	for (int i = 9; i >= 0; i--, time >>= 5)
		out[i] = digits[time & 31];
	for (int i = 0; i < 16; i++)
		out[10 + i] = digits[random[i] & 31];
	out[26] = '\0';
}
