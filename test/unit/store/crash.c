/* A process that writes is killed at any moment: what it said was durable is there. */
#include "suite.h"

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define ROUNDS 20
#define IN_FLIGHT 64
#define PER_ROUND 100000
#define DAY 86400

/* ---- the child: each number is reserved, answered, settled, answered ---- */

struct flight {
	struct store_writer *writer;
	int64_t next;
};

/* What is said on standard output: this number is safe in this state. */
struct answer {
	int64_t number;
	bool settled;
};

static struct flight flight;
static struct answer answers[IN_FLIGHT]; /* what is to be said next */
static sem_t woken;

static struct call_row call_of(const char *session)
{
	return (struct call_row){ .session = session,
				  .agent = "a",
				  .work = "beat",
				  .seq = 1,
				  .attempt = 1,
				  .hour = DAY,
				  .day = DAY,
				  .reserved_at = 1,
				  .reserved_micro_usd = 1000,
				  .reserved_tokens = 10 };
}

/* With the slot: both or none. */
static int reserve(struct store *store, const struct answer *answer, const char *session,
		   struct error *error)
{
	struct slot slot = { .agent = "a", .section = "s", .planned = answer->number };
	struct call_row row = call_of(session);
	int r = store_slot_insert(store, &slot, error);

	return r ? r : store_call_reserve(store, &row, NULL, error);
}

static int settle(struct store *store, const char *session, struct error *error)
{
	struct call_row row = call_of(session);

	row.settled_at = 2;
	row.state = CALL_SETTLED;
	row.micro_usd = 7;
	row.tokens = 3;
	return store_call_settle(store, &row, error);
}

static int step(struct store *store, void *context, struct error *error)
{
	const struct answer *answer = context;
	char session[32];

	snprintf(session, sizeof(session), "s%lld", (long long)answer->number);
	return answer->settled ? settle(store, session, error)
			       : reserve(store, answer, session, error);
}

/* What failed, with the whole transaction, is tried again. */
static void done(void *context, int result, const struct error *error)
{
	struct answer *answer = context;

	if (result && error->system != ENOSPC)
		_exit(1);
	if (!result) {
		if (write(STDOUT_FILENO, answer, sizeof(*answer)) != sizeof(*answer))
			_exit(1);
		if (answer->settled)
			answer->number = flight.next++;
		answer->settled = !answer->settled;
	}
	store_submit(flight.writer, step, done, answer);
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
		answers[i].number = flight.next++;
		store_submit(flight.writer, step, done, &answers[i]);
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

/* Kills the child after `enough` answers, or lets a failpoint do it; all that it gave. */
static void take_answers(struct process *child, int fd, size_t enough, struct buffer *said)
{
	struct process_end end;
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, buffer_reserve(said, 4096), 4096);
		if (n > 0)
			buffer_advance(said, (size_t)n);
		if (enough && said->length >= enough * sizeof(struct answer))
			process_signal(child, SIGKILL);
	}
	assert_int_equal(0, process_reap(child, true, &end, NULL));
	assert_true(end.signalled);
}

static int note_call(void *context, const struct call_row *row)
{
	*(enum call_state *)context = row->state;
	return 0;
}

static void check_answers(struct place *place, const struct buffer *said)
{
	size_t count = said->length / sizeof(struct answer);

	for (size_t i = 0; i < count; i++) {
		enum call_state found = CALL_KEPT; /* none */
		struct answer answer;
		char session[32];

		memcpy(&answer, said->data + i * sizeof(answer), sizeof(answer));
		snprintf(session, sizeof(session), "s%lld", (long long)answer.number);
		assert_int_equal(
			0, store_calls(place->store, session, NULL, 0, note_call, &found, NULL));
		if (found == CALL_KEPT || (answer.settled && found != CALL_SETTLED))
			fail_msg("call %lld was said to be %s", (long long)answer.number,
				 answer.settled ? "settled" : "reserved");
	}
}

struct tally {
	int64_t slots, calls, open, micro_usd;
};

static int count_slot(void *context, const struct slot *slot)
{
	struct tally *tally = context;

	(void)slot;
	tally->slots++;
	return 0;
}

static int count_call(void *context, const struct call_row *row)
{
	struct tally *tally = context;

	assert_in_range(row->state, CALL_RESERVED, CALL_KEPT);
	assert_int_equal(row->state == CALL_SETTLED ? 7 : 1000, row->micro_usd);
	tally->calls++;
	tally->open += row->state == CALL_RESERVED;
	tally->micro_usd += row->micro_usd;
	return 0;
}

static int compare_sum(void *context, const struct call_sum *sum)
{
	const struct tally *tally = context;

	assert_int_equal(tally->micro_usd, sum->micro_usd);
	assert_int_equal(tally->open * 1000, sum->reserved_micro_usd);
	return 0;
}

/* Slots and calls came together, sums are what the rows say, and a start forgets no money. */
static void check_rows(struct place *place)
{
	struct store *store = place->store;
	struct tally before = { 0 }, after = { 0 };

	assert_int_equal(
		0, store_slots(store, NULL, 0, INT64_MAX, SIZE_MAX, count_slot, &before, NULL));
	assert_int_equal(0, store_calls(store, NULL, NULL, 0, count_call, &before, NULL));
	assert_int_equal(before.slots, before.calls);
	assert_int_equal(0, store_call_sums(store, DAY, compare_sum, &before, NULL));
	assert_int_equal(0, store_calls_keep_open(store, 3, NULL));
	assert_int_equal(0, store_calls(store, NULL, NULL, 0, count_call, &after, NULL));
	assert_int_equal(before.micro_usd, after.micro_usd);
	assert_int_equal(0, after.open);
}

static void crash_once(struct place *place, int round, const char *failpoint, size_t enough)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(64 * 1024 * 1024);
	struct process child;
	int fds[2];

	store_close(steal_pointer(&place->store));
	assert_int_equal(0, pipe2(fds, O_CLOEXEC));
	start_child(place, (int64_t)round * PER_ROUND, failpoint, fds[1], &child);
	fd_close(&fds[1]);
	take_answers(&child, fds[0], enough, &said);
	fd_close(&fds[0]);
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	check_answers(place, &said);
	check_rows(place);
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
	crash_once(*state, 3, "store.commit=error:ENOSPC@3", 500);
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
