/* What the device itself takes to make 4 KiB durable: no commit can be faster. */
#include "bench.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

static int run(struct bench *bench, struct error *error)
{
	static const struct row row = { .name = "device: write 4 KiB, fdatasync", .unit = "ms" };
	static const char block[4096];
	struct series series = { .count = 0 };
	_fd_ int fd = -1;
	int result = file_append_open(bench->dir, "device", 0600, &fd, error);

	for (size_t i = runs_of(bench, 50, 200); !result && i; i--) {
		int64_t begin = clock_monotonic_us();

		result = fd_write_all(fd, (struct span){ block, sizeof(block) }, error);
		if (!result && fdatasync(fd))
			result = error_set_system(error, errno, "fdatasync");
		series_add(&series, (double)(clock_monotonic_us() - begin) / 1000);
	}
	if (!result)
		report_add(bench->report, &row, &series);
	return result;
}

const struct measure measure_device = {
	.name = "device",
	.text = "fdatasync time of the device that all others run on",
	.run = run,
};
