/* The thread: order, groups, works that fail, transactions that fail. */
#include "suite.h"

#include "database.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct loop {
	struct place *place;
	struct store_writer *writer;
	sem_t woken;
	unsigned wakes;
	sem_t gate; /* a work that waits here holds the thread */
	size_t done, failed;
	int64_t last;       /* number of the last work that was done */
	struct error error; /* of the last one that failed */
};

struct job {
	struct loop *loop;
	int64_t number;
	bool fail;
};

static void wake(void *context)
{
	struct loop *loop = context;

	loop->wakes++;
	sem_post(&loop->woken);
}

static int setup(void **state)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	void *place;

	place_setup(&place);
	loop->place = place;
	sem_init(&loop->woken, 0, 0);
	sem_init(&loop->gate, 0, 0);
	assert_int_equal(0,
			 store_writer_start(loop->place->store, wake, loop, &loop->writer, NULL));
	*state = loop;
	return 0;
}

static int teardown(void **state)
{
	struct loop *loop = *state;
	void *place = loop->place;

	store_writer_stop(loop->writer);
	sem_destroy(&loop->woken);
	sem_destroy(&loop->gate);
	free(loop);
	return place_teardown(&place);
}

static void insert(struct store *store, int64_t number)
{
	struct slot slot = { .agent = "a", .section = "s", .planned = number };

	assert_int_equal(0, store_slot_insert(store, &slot, NULL));
}

static int put(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	insert(store, job->number);
	return job->fail ? error_set(error, ERROR_CONFLICT, "wanted") : 0;
}

static int wait_at_gate(struct store *store, void *context, struct error *error)
{
	struct loop *loop = context;

	(void)store, (void)error;
	sem_wait(&loop->gate);
	return 0;
}

static void done(void *context, int result, const struct error *error)
{
	struct job *job = context;
	struct loop *loop = job->loop;

	assert_true(!result == !error);
	assert_true(job->number > loop->last);
	loop->last = job->number;
	loop->done++;
	if (!result)
		return;
	assert_int_equal(-(int)error->code, result);
	loop->failed++;
	loop->error = *error;
}

static void submit(struct loop *loop, struct job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		jobs[i].loop = loop;
		jobs[i].number = loop->last + (int64_t)i + 1;
		assert_int_equal(0, store_submit(loop->writer, put, done, &jobs[i]));
	}
}

static void complete(struct loop *loop, size_t count)
{
	while (loop->done < count) {
		sem_wait(&loop->woken);
		store_complete(loop->writer);
	}
}

static int count_slot(void *context, const struct slot *slot)
{
	(void)slot;
	++*(size_t *)context;
	return 0;
}

/* As another process sees it. */
static size_t stored(struct loop *loop)
{
	CLEANUP(store_close) struct store *reader = NULL;
	size_t count = 0;

	assert_int_equal(0, store_open(loop->place->dir, true, &reader, NULL));
	assert_int_equal(
		0, store_slots(reader, "a", 0, INT64_MAX, SIZE_MAX, count_slot, &count, NULL));
	return count;
}

static bool in_trouble(struct loop *loop)
{
	struct error error;

	return store_trouble(loop->writer, &error);
}

static void wait_for_trouble(struct loop *loop, bool wanted)
{
	int64_t until = clock_monotonic_ms() + 20000;
	struct timespec pause = { 0, 1000000L };

	while (in_trouble(loop) != wanted && clock_monotonic_ms() < until)
		nanosleep(&pause, NULL);
	assert_int_equal(wanted, in_trouble(loop));
}

/* Runs first: the first two commits of this program fail, by a disk that is full and by a device
 * with errors. Nobody is told so, and nothing is lost or done twice. */
static void commits_that_fail_are_made_again(void **state)
{
#ifdef AGENTD_FAILPOINTS
	struct loop *loop = *state;
	struct job jobs[3] = { { .fail = false }, { .fail = true }, { .fail = false } };
	struct error error;

	assert_int_equal(0, store_submit(loop->writer, wait_at_gate, NULL, loop));
	submit(loop, jobs, 3);
	for (int i = 0; i < 10; i++) /* it runs again with its transaction */
		sem_post(&loop->gate);
	wait_for_trouble(loop, true);
	assert_true(store_trouble(loop->writer, &error));
	assert_string_equal(".agentd/state.db", error.file);
	assert_true(error.system == ENOSPC || error.system == EIO);
	complete(loop, 3);
	assert_int_equal(1, loop->failed);
	assert_string_equal("wanted", loop->error.message);
	assert_int_equal(2, stored(loop));
	wait_for_trouble(loop, false);
#else
	(void)state;
	skip();
#endif
}

static void what_is_submitted_while_held_is_one_batch(void **state)
{
	struct loop *loop = *state;
	struct job jobs[3] = { { .fail = false }, { .fail = false }, { .fail = false } };

	store_hold(loop->writer);
	store_hold(loop->writer);
	submit(loop, jobs, 3);
	store_release(loop->writer);
	assert_int_equal(0, stored(loop));
	store_release(loop->writer);
	complete(loop, 3);
	assert_int_equal(1, loop->wakes);
	assert_int_equal(3, stored(loop));
}

static void works_that_fail_undo_only_themselves(void **state)
{
	struct loop *loop = *state;
	struct job jobs[10] = { [3] = { .fail = true }, [7] = { .fail = true } };

	submit(loop, jobs, 10);
	complete(loop, 10);
	assert_int_equal(2, loop->failed);
	assert_string_equal("wanted", loop->error.message);
	assert_int_equal(8, stored(loop));
}

/* What comes while the thread is busy shares one transaction, and one wake. */
static void what_comes_together_is_committed_together(void **state)
{
	struct loop *loop = *state;
	struct job jobs[500] = { 0 };

	assert_int_equal(0, store_submit(loop->writer, wait_at_gate, NULL, loop));
	submit(loop, jobs, 500);
	sem_post(&loop->gate);
	complete(loop, 500);
	assert_int_equal(500, stored(loop));
	assert_in_range(loop->wakes, 1, 2);
}

static void the_queue_is_bounded(void **state)
{
	struct loop *loop = *state;
	int r = 0;
	size_t count = 0;

	assert_int_equal(0, store_submit(loop->writer, wait_at_gate, NULL, loop));
	while (!r && count < 2 * STORE_QUEUE_MAX) {
		r = store_submit(loop->writer, wait_at_gate, NULL, loop);
		count += !r;
	}
	for (size_t i = 0; i <= count; i++)
		sem_post(&loop->gate);
	assert_int_equal(-(int)ERROR_TOO_LARGE, r);
	/* what the thread holds already does not wait */
	assert_in_range(count, STORE_QUEUE_MAX - 1, STORE_QUEUE_MAX + 2000);
}

static void submit_more(void *context, int result, const struct error *error)
{
	struct job *job = context;

	done(context, result, error);
	if (job->number < 5) {
		job->number++;
		assert_int_equal(0, store_submit(job->loop->writer, put, submit_more, job));
	}
}

static void stopping_finishes_what_was_begun(void **state)
{
	struct loop *loop = *state;
	struct job job = { .loop = loop, .number = 1 };

	assert_int_equal(0, store_submit(loop->writer, put, submit_more, &job));
	store_writer_stop(loop->writer);
	loop->writer = NULL;
	assert_int_equal(5, loop->done);
	assert_int_equal(5, stored(loop));
}

static int put_large(struct store *store, void *context, struct error *error)
{
	struct agent_state state = { .agent = "large" };
	_free_ char *text = xmalloc(1024 * 1024);

	(void)context;
	memset(text, 'x', 1024 * 1024 - 1);
	text[1024 * 1024 - 1] = '\0';
	state.reason = text;
	return store_agent_put(store, &state, error);
}

/* A device that takes no more: here, a limit on the size of files. */
static void a_disk_that_is_full(void **state)
{
	struct loop *loop = *state;
	struct job jobs[2] = { 0 };
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
	small = before;
	small.rlim_cur = 256 * 1024;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &small));
	assert_int_equal(0, store_submit(loop->writer, put_large, NULL, loop));
	submit(loop, jobs, 2);
	wait_for_trouble(loop, true);
	assert_int_equal(0, loop->done);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
	complete(loop, 2);
	assert_int_equal(0, loop->failed);
	assert_int_equal(2, stored(loop));
	wait_for_trouble(loop, false);
}

/* A stop waits for it, and not for ever; who waits is told. */
static void a_disk_that_stays_full_lets_us_stop(void **state)
{
	struct loop *loop = *state;
	struct job jobs[2] = { 0 };
	struct rlimit before, small;
	int64_t begun;

	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
	small = before;
	small.rlim_cur = 256 * 1024;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &small));
	assert_int_equal(0, store_submit(loop->writer, put_large, NULL, loop));
	submit(loop, jobs, 2);
	wait_for_trouble(loop, true);
	begun = clock_monotonic_ms();
	store_writer_stop(loop->writer);
	loop->writer = NULL;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
	assert_in_range(clock_monotonic_ms() - begun, 1500, 8000);
	assert_int_equal(2, loop->done);
	assert_int_equal(2, stored(loop) + loop->failed);
}

/* Also when it could be written again: nothing of it must be there that somebody was told has
 * failed. */
static void what_is_given_up_is_written_no_more(void **state)
{
	struct loop *loop = *state;
	struct job jobs[2] = { 0 }, late[1] = { 0 };
	struct rlimit before, small;
	int64_t begun;

	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
	small = before;
	small.rlim_cur = 256 * 1024;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &small));
	assert_int_equal(0, store_submit(loop->writer, put_large, NULL, loop));
	submit(loop, jobs, 2);
	wait_for_trouble(loop, true);
	begun = clock_monotonic_ms();
	store_give_up(loop->writer);
	complete(loop, 2);
	assert_int_equal(2, loop->failed);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
	submit(loop, late, 1);
	complete(loop, 3);
	assert_int_equal(3, loop->failed);
	store_writer_stop(loop->writer);
	loop->writer = NULL;
	assert_in_range(clock_monotonic_ms() - begun, 0, 1500);
	assert_int_equal(0, stored(loop));
}

/* Somebody removes the file, its log, or puts another one there: it is written again. */
static void a_file_that_is_removed_comes_back(void **state)
{
	static const char *const names[][3] = { { "state.db", NULL },
						{ "state.db-wal", NULL },
						{ "state.db", "state.db-wal", "state.db-shm" } };
	struct loop *loop = *state;
	struct job jobs[2] = { 0 };

	submit(loop, jobs, 2);
	complete(loop, 2);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		for (size_t n = 0; n < 3 && names[i][n]; n++)
			assert_int_equal(0, unlinkat(loop->place->dir, names[i][n], 0));
		submit(loop, jobs, 2);
		complete(loop, loop->done + 2);
		assert_int_equal(2 * (i + 2), stored(loop));
	}
	assert_int_equal(0, renameat(loop->place->dir, "state.db", loop->place->dir, "mine"));
	assert_int_equal(0, file_replace(loop->place->dir, "state.db", SPAN("theirs"), 0600, NULL));
	submit(loop, jobs, 2);
	complete(loop, loop->done + 2);
	assert_int_equal(10, stored(loop));
	assert_int_equal(0, faccessat(loop->place->dir, "state.db.found", F_OK, 0));
	assert_int_equal(0, loop->failed);
}

/* The log is brought into the file before it grows beyond a few MiB. */
static void the_log_stays_small(void **state)
{
	struct loop *loop = *state;
	struct stat st;

	for (int i = 0; i < 30; i++) {
		struct job job = { 0 };

		assert_int_equal(0, store_submit(loop->writer, put_large, NULL, loop));
		submit(loop, &job, 1);
		complete(loop, loop->done + 1);
	}
	assert_int_equal(0, fstatat(loop->place->dir, "state.db-wal", &st, 0));
	assert_in_range(st.st_size, 1, 8 * 1024 * 1024);
}

static int note_later(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	(void)error;
	/* no transaction is open, and what was submitted after it is there */
	assert_true(sqlite3_get_autocommit(store->db));
	assert_int_equal(job->number, stored(job->loop));
	return job->fail ? error_set(NULL, ERROR_CONFLICT, "wanted") : 0;
}

static void later_done(void *context, int result, const struct error *error)
{
	struct job *job = context;

	assert_true(!result == !error);
	job->loop->done++;
	job->loop->failed += result != 0;
}

static void what_may_wait_comes_last(void **state)
{
	struct loop *loop = *state;
	struct job later[2] = { { loop, 3, false }, { loop, 3, true } };
	struct job jobs[3] = { { 0 } };

	assert_int_equal(0, store_submit(loop->writer, wait_at_gate, NULL, loop));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			0, store_submit_later(loop->writer, note_later, later_done, &later[i]));
	submit(loop, jobs, 3);
	sem_post(&loop->gate);
	complete(loop, 5);
	assert_int_equal(1, loop->failed);
}

static int take_long(struct store *store, void *context, struct error *error)
{
	struct timespec time = { 0, 20 * 1000000L };

	(void)store, (void)context, (void)error;
	nanosleep(&time, NULL);
	return 0;
}

static void later_ended(void *context, int result, const struct error *error)
{
	struct job *job = context;

	if (result)
		assert_int_equal(ERROR_CLOSED, error->code);
	job->loop->done++;
	job->loop->failed += result != 0;
}

/* It bounds how long a stop takes; what was given up is told. */
static void stopping_gives_up_what_may_wait(void **state)
{
	struct loop *loop = *state;
	struct job job = { .loop = loop };
	int64_t before = clock_monotonic_ms();
	int count = 0;

	while (!store_submit_later(loop->writer, take_long, later_ended, &job))
		count++;
	assert_in_range(count, STORE_LATER_MAX, STORE_LATER_MAX + 50);
	store_writer_stop(loop->writer);
	loop->writer = NULL;
	assert_in_range(clock_monotonic_ms() - before, 400, 10000);
	assert_int_equal(count, loop->done);
	assert_in_range(loop->failed, STORE_LATER_MAX - 100, count - 1);
}

int writer_tests(void)
{
#define LOOP_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	static const struct CMUnitTest tests[] = {
		LOOP_TEST(commits_that_fail_are_made_again),
		LOOP_TEST(what_is_submitted_while_held_is_one_batch),
		LOOP_TEST(works_that_fail_undo_only_themselves),
		LOOP_TEST(what_comes_together_is_committed_together),
		LOOP_TEST(the_queue_is_bounded),
		LOOP_TEST(stopping_finishes_what_was_begun),
		LOOP_TEST(what_may_wait_comes_last),
		LOOP_TEST(stopping_gives_up_what_may_wait),
		LOOP_TEST(a_disk_that_is_full),
		LOOP_TEST(a_disk_that_stays_full_lets_us_stop),
		LOOP_TEST(what_is_given_up_is_written_no_more),
		LOOP_TEST(a_file_that_is_removed_comes_back),
		LOOP_TEST(the_log_stays_small),
	};

	return cmocka_run_group_tests_name("store: the writer", tests, NULL, NULL);
}
