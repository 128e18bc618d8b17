/* A device that reports an error once and forgets what it was to keep: whatever sync it is, and
 * whenever the power goes after it, what was said to be durable is there, once. */
#include "suite.h"

#include "disk.h"

#include "database.h"

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define ROWS 4     /* before the log is begun anew, and after */
#define SEEDS 4    /* ways in which each power cut goes */
#define SYNCS 1000 /* more than there are */

struct work {
	struct store_writer *writer;
	sem_t woken;
	int64_t said;        /* how many are said to be durable */
	size_t at[2 * ROWS]; /* and since when */
};

static void wake(void *context)
{
	sem_post(context);
}

static int insert(struct store *store, void *context, struct error *error)
{
	struct work *work = context;
	struct slot slot = { .agent = "a", .section = "s", .planned = work->said };

	return store_slot_insert(store, &slot, error);
}

static void said(void *context, int result, const struct error *error)
{
	struct work *work = context;

	(void)error;
	assert_int_equal(0, result);
	work->at[work->said++] = disk_now();
}

static void insert_some(struct work *work)
{
	int64_t until = work->said + ROWS;

	while (work->said < until) {
		int64_t before = work->said;

		assert_int_equal(0, store_submit(work->writer, insert, said, work));
		while (work->said == before) {
			sem_wait(&work->woken);
			store_complete(work->writer);
		}
	}
}

/* A start that does not wait for the device, and work that does; the log is brought into the file
 * when the writer stops. */
static void start_and_work(struct place *place, struct work *work)
{
	struct store *store = place->store;
	int64_t epoch;

	assert_int_equal(0, store_epoch_next(store, &epoch, NULL));
	assert_int_equal(0, store_slots_close_open(store, "it ended", NULL));
	assert_int_equal(0, store_calls_keep_open(store, 1000, NULL));
	assert_int_equal(0, store_writer_start(store, wake, &work->woken, &work->writer, NULL));
	insert_some(work);
	store_writer_stop(work->writer);
}

static int note_slot(void *context, const struct slot *slot)
{
	unsigned *seen = context;

	assert_in_range(slot->planned, 0, 2 * ROWS - 1);
	seen[slot->planned]++;
	return 0;
}

static void check_rows(struct store *store, const struct work *work, size_t cut)
{
	unsigned seen[2 * ROWS] = { 0 };
	struct error error;

	if (store_check(store, 60000, &error))
		fail_msg("cut before call %zu: %s", cut, error.message);
	assert_int_equal(0, store_slots(store, "a", 0, INT64_MAX, SIZE_MAX, note_slot, seen, NULL));
	for (int64_t i = 0; i < work->said; i++)
		if (seen[i] > 1 || (!seen[i] && work->at[i] <= cut))
			fail_msg("cut before call %zu: row %d is there %u times", cut, (int)i,
				 seen[i]);
}

/* Recovering twice is the same as once. */
static void recover(struct place *place, const struct work *work, size_t cut, unsigned seed)
{
	disk_cut(place->dir, cut, seed);
	unlinkat(place->dir, "state.db-shm", 0);
	for (int time = 0; time < 2; time++) {
		CLEANUP(store_close) struct store *store = NULL;
		struct error error;

		if (store_open(place->dir, false, &store, &error))
			fail_msg("cut before call %zu, seed %u: %s", cut, seed, error.message);
		check_rows(store, work, cut);
	}
}

static void cut_everywhere(const struct work *work, size_t from)
{
	void *place;

	place_setup(&place);
	store_close(steal_pointer(&((struct place *)place)->store));
	for (size_t cut = from; cut <= disk_now(); cut++)
		for (unsigned seed = 0; seed < SEEDS; seed++)
			if (cut == disk_now() || disk_is_sync(cut))
				recover(place, work, cut, seed);
	place_teardown(&place);
}

/* False: there is no sync of that number. */
static bool a_sync_fails(unsigned nth)
{
	struct work work = { .said = 0 };
	struct place *place;
	size_t begun;
	bool has_failed;

	sem_init(&work.woken, 0, 0);
	disk_begin();
	place_setup((void **)&place);
	begun = disk_now();
	disk_fail_sync(nth);
	start_and_work(place, &work);
	start_and_work(place, &work);
	has_failed = disk_has_failed();
	disk_end();
	cut_everywhere(&work, begun);
	place_teardown((void **)&place);
	disk_clear();
	sem_destroy(&work.woken);
	return has_failed;
}

static void any_sync_may_fail(void **state)
{
	unsigned nth = 1;

	(void)state;
	while (a_sync_fails(nth))
		assert_true(++nth < SYNCS);
	printf("%u syncs failed, one at a time\n", nth - 1);
	assert_true(nth - 1 > 2 * ROWS);
}

/* It is killed before it can put anything right: the next one goes on with the log that it left. */
static void a_start_dies_of_it(void **state)
{
	struct work work = { .said = 0 };
	struct agent_state agent = { .agent = "a", .reason = "" };
	struct place *place;
	size_t begun;
	int64_t epoch;

	(void)state;
	sem_init(&work.woken, 0, 0);
	disk_begin();
	place_setup((void **)&place);
	begun = disk_now();
	assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
	disk_fail_sync(1);
	assert_true(store_agent_put(place->store, &agent, NULL) < 0);
	sqlite3_db_config(place->store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	start_and_work(place, &work);
	disk_end();
	cut_everywhere(&work, begun);
	place_teardown((void **)&place);
	disk_clear();
	sem_destroy(&work.woken);
}

int sync_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_dies_of_it),
		cmocka_unit_test(any_sync_may_fail),
	};

	return cmocka_run_group_tests_name("store: syncs that fail", tests, NULL, NULL);
}
