/* The descriptors of a child: whatever numbers they have here, they arrive under those that were
 * asked for. */
#include "base/process.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST 3 /* of the child's numbers */
#define GIVEN 7

/* A pipe whose writing end has the number `fd`; returns the other end. */
static int pipe_at(int fd)
{
	int ends[2];

	assert_int_equal(0, pipe2(ends, O_CLOEXEC));
	assert_int_equal(fd, dup3(ends[1], fd, O_CLOEXEC));
	close(ends[1]);
	return ends[0];
}

/* The child writes to each of its descriptors which one it is. */
static void arrive(const int from[GIVEN])
{
	const char *argv[] = {
		"sh", "-c", "for fd in 3 4 5 6 7 8 9; do echo $fd >&$fd; done; pwd | grep -qx /tmp",
		NULL
	};
	struct process_plan plan = { .path = "/bin/sh", .argv = argv };
	struct process process;
	struct process_end end;
	int readers[GIVEN];

	plan.directory = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC); /* the lowest number */
	for (int i = 0; i < GIVEN; i++) {
		readers[i] = pipe_at(from[i]);
		plan.fds[plan.fd_count++] = (struct process_fd){ from[i], FIRST + i };
	}
	assert_int_equal(0, process_spawn(&plan, &process, NULL));
	close(plan.directory);
	assert_int_equal(0, process_reap(&process, true, &end, NULL));
	assert_int_equal(0, end.code);
	for (int i = 0; i < GIVEN; i++) {
		char told[8] = "";

		close(from[i]);
		assert_int_equal(2, read(readers[i], told, sizeof(told) - 1));
		assert_int_equal('0' + FIRST + i, told[0]);
		close(readers[i]);
	}
}

static void descriptors_arrive(void **state)
{
	int up[GIVEN], down[GIVEN], apart[GIVEN];

	(void)state;
	for (int start = 20; start < 460; start += 3) {
		for (int i = 0; i < GIVEN; i++) {
			up[i] = start + i;
			down[i] = start + GIVEN - i;
			apart[i] = start + 3 * i;
		}
		arrive(up);
		arrive(down);
		arrive(apart);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
