/* A process that writes is killed at any moment: what it said was durable is there. */
#include "suite.h"

#include "base/process.h"

#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define ROUNDS 20
#define IN_FLIGHT 64
#define PER_ROUND 100000

/* ---- the child ---- */

struct flight {
	struct store_writer *writer;
	int64_t next;
};

static struct flight flight;
static int64_t numbers[IN_FLIGHT];
static sem_t woken;

static int put(struct store *store, void *context, struct error *error)
{
	struct slot slot = { .agent = "a", .section = "s", .planned = *(int64_t *)context };

	return store_slot_insert(store, &slot, error);
}

static void done(void *context, int result, const struct error *error)
{
	int64_t *number = context;

	(void)error;
	if (result || write(STDOUT_FILENO, number, sizeof(*number)) != sizeof(*number))
		_exit(1);
	*number = flight.next++;
	store_submit(flight.writer, put, done, number);
}

static void wake(void *context)
{
	sem_post(context);
}

int crash_child(const char *path, int64_t first)
{
	struct store *store;
	int dir;

	flight.next = first;
	sem_init(&woken, 0, 0);
	if (directory_open(path, &dir, NULL) || store_open(dir, false, &store, NULL) ||
	    store_writer_start(store, wake, &woken, &flight.writer, NULL))
		return 1;
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		numbers[i] = flight.next++;
		store_submit(flight.writer, put, done, &numbers[i]);
	}
	while (!sem_wait(&woken))
		store_complete(flight.writer);
	return 0;
}

/* ---- the test ---- */

static void start_child(struct place *place, int64_t first, const char *failpoint, int output,
			struct process *ret_process)
{
	char path[512] = "", number[32], failpoints[64];
	const char *argv[] = { path, "--write", place->path, number, NULL };
	const char *environment[] = { failpoints, "ASAN_OPTIONS=detect_leaks=0", NULL };
	struct process_plan plan = {
		.path = path,
		.argv = argv,
		.environment = environment,
		.directory = -1,
		.fds = { { output, 1 }, { 2, 2 } },
		.fd_count = 2,
	};

	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	snprintf(number, sizeof(number), "%lld", (long long)first);
	snprintf(failpoints, sizeof(failpoints), "AGENTD_FAILPOINTS=%s", failpoint);
	assert_int_equal(0, process_spawn(&plan, ret_process, NULL));
}

static int has_slot(void *context, const struct slot *slot)
{
	(void)slot;
	*(bool *)context = true;
	return 0;
}

/* Kills the child after `enough` answers, or lets a failpoint do it; all that it gave. */
static void take_answers(struct process *child, int fd, size_t enough, struct buffer *answers)
{
	struct process_end end;
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, buffer_reserve(answers, 4096), 4096);
		if (n > 0)
			buffer_advance(answers, (size_t)n);
		if (enough && answers->length >= enough * sizeof(int64_t))
			process_signal(child, SIGKILL);
	}
	assert_int_equal(0, process_reap(child, true, &end, NULL));
	assert_true(end.signalled);
}

static void check_answers(struct place *place, const struct buffer *answers)
{
	size_t count = answers->length / sizeof(int64_t);

	for (size_t i = 0; i < count; i++) {
		bool there = false;
		int64_t number;

		memcpy(&number, answers->data + i * sizeof(number), sizeof(number));
		assert_int_equal(0, store_slots(place->store, "a", number, number + 1, 1, has_slot,
						&there, NULL));
		if (!there)
			fail_msg("slot %lld was said to be safe", (long long)number);
	}
}

static void crash_once(struct place *place, int round, const char *failpoint, size_t enough)
{
	CLEANUP(buffer_clear) struct buffer answers = BUFFER(64 * 1024 * 1024);
	struct process child;
	int fds[2];

	store_close(steal_pointer(&place->store));
	assert_int_equal(0, pipe2(fds, O_CLOEXEC));
	start_child(place, (int64_t)round * PER_ROUND, failpoint, fds[1], &child);
	fd_close(&fds[1]);
	take_answers(&child, fds[0], enough, &answers);
	fd_close(&fds[0]);
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	check_answers(place, &answers);
}

static void killed_at_any_moment(void **state)
{
	for (int round = 0; round < ROUNDS; round++)
		crash_once(*state, round, "", 1 + (size_t)round * 37);
}

static void killed_around_the_commit(void **state)
{
#ifdef AGENTD_FAILPOINTS
	crash_once(*state, 0, "store.commit=kill@3", 0);
	crash_once(*state, 1, "store.committed=kill@1", 0);
	crash_once(*state, 2, "store.committed=kill@5", 0);
#else
	(void)state;
	skip();
#endif
}

int crash_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(killed_at_any_moment),
		PLACE_TEST(killed_around_the_commit),
	};

	return cmocka_run_group_tests_name("store: crashes", tests, NULL, NULL);
}
