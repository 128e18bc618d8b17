/* The one thread that writes. Queues are lists in order of arrival; the lock guards them and
 * nothing else: works and `done` run without it. */
#include "database.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#define BATCH_MAX 1024        /* works that share a sync */
#define CHECKPOINT_PAGES 1024 /* 4 MiB of log */
#define STACK_SIZE (256 * 1024)
#define LATER_GRACE_MS 500 /* for works that nobody waits for, when the writer stops */
#define RETRY_FIRST_MS 50  /* pauses in trouble, doubled */
#define RETRY_LAST_MS 2000
#define STOP_GRACE_MS 2000 /* for a file that fails, when the writer stops */

struct job {
	struct job *next;
	store_work work;
	store_done done;
	void *context;
	int result;
	struct error *error; /* NULL: none */
};

struct jobs {
	struct job *first, **end;
	size_t count;
};

struct store_writer {
	struct store *store;
	void (*wake)(void *);
	void *wake_context;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* something waits, or nothing does any more, or stopping */
	struct jobs waiting, later, finished;
	int64_t later_until;  /* monotonic ms after which `later` is given up; 0: never */
	int64_t give_up_at;   /* after which a file that fails is given up; 0: never */
	struct error trouble; /* code 0: none */
	unsigned holds;
	bool working, stopping, given_up;
};

static void jobs_init(struct jobs *jobs)
{
	*jobs = (struct jobs){ 0 };
	jobs->end = &jobs->first;
}

static void jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	*jobs->end = job;
	jobs->end = &job->next;
	jobs->count++;
}

static struct job *jobs_take(struct jobs *jobs)
{
	struct job *job = jobs->first;

	if (!job)
		return NULL;
	jobs->first = job->next;
	if (!jobs->first)
		jobs->end = &jobs->first;
	jobs->count--;
	return job;
}

static void jobs_move(struct jobs *from, struct jobs *to, size_t max)
{
	while (max-- && from->first)
		jobs_add(to, jobs_take(from));
}

static void job_reset(struct job *job)
{
	free(job->error);
	job->error = NULL;
	job->result = 0;
}

static void job_fail(struct job *job, int result, const struct error *error)
{
	if (!job->error)
		job->error = xmalloc(sizeof(*job->error));
	*job->error = *error;
	job->result = result;
}

static void wait_until(struct store_writer *writer, int64_t monotonic_ms)
{
	struct timespec at = { monotonic_ms / 1000, monotonic_ms % 1000 * 1000000L };

	pthread_cond_timedwait(&writer->changed, &writer->lock, &at);
}

/* ---- a batch: on the thread ---- */

static int database_undone(struct error *error)
{
	error_set(error, ERROR_SYSTEM, "undid a transaction");
	return error_at(error, ".agentd/state.db", 0, 0);
}

/* Runs a work in its savepoint. What it returns matters to itself alone; an error here is one of
 * the transaction. */
static int run_job(struct store *store, struct job *job, struct error *error)
{
	struct error own = { .code = ERROR_INVALID };
	int r = savepoint_begin(store, error);

	if (r)
		return r;
	job->result = job->work(store, job->context, &own);
	if (!job->result)
		return savepoint_keep(store, error);
	if (database_failed(&own)) {
		*error = own;
		return -(int)own.code;
	}
	/* SQLite undoes a transaction by itself when the disk is full or broken: then it took along
	 * what the works before had written */
	if (sqlite3_get_autocommit(store->db))
		return database_undone(error);
	job_fail(job, job->result, &own);
	savepoint_undo(store);
	return 0;
}

static int commit(struct store *store, struct error *error)
{
	int system = FAILPOINT("store.commit");
	struct query q;
	int r;

	if (system) {
		error_set_system(error, system, "cannot be written");
		return error_at(error, ".agentd/state.db", 0, 0);
	}
	query_begin(&q, store, "COMMIT", error);
	r = query_run(&q);
	if (!r)
		(void)FAILPOINT("store.committed"); /* durable, and nobody knows it yet */
	return r;
}

static int run_in_transaction(struct store *store, struct jobs *batch, struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, "BEGIN IMMEDIATE", error);
	r = query_run(&q);
	for (struct job *job = batch->first; !r && job; job = job->next)
		r = run_job(store, job, error);
	return r ? r : commit(store, error);
}

/* All works are as if they had not run when the file fails. */
static int run_batch(struct store *store, struct jobs *batch, struct error *error)
{
	int r = mend(store, error);

	if (r)
		return r;
	for (struct job *job = batch->first; job; job = job->next)
		job_reset(job);
	r = run_in_transaction(store, batch, error);
	if (!r)
		return 0;
	mend_after(store, error);
	if (!sqlite3_get_autocommit(store->db))
		database_run(store, "ROLLBACK", NULL);
	return r;
}

/* False: the writer is to stop, and this has lasted long enough. */
static bool wait_in_trouble(struct store_writer *writer, const struct error *error, int *pause_ms)
{
	int64_t until = clock_monotonic_ms() + *pause_ms;
	bool is_new, go_on;

	pthread_mutex_lock(&writer->lock);
	is_new = !writer->trouble.code;
	writer->trouble = *error;
	pthread_mutex_unlock(&writer->lock);
	if (is_new)
		writer->wake(writer->wake_context);
	pthread_mutex_lock(&writer->lock);
	while (!writer->give_up_at && clock_monotonic_ms() < until)
		wait_until(writer, until);
	if (writer->give_up_at && clock_monotonic_ms() < writer->give_up_at)
		wait_until(writer, clock_monotonic_ms() + RETRY_FIRST_MS);
	go_on = !writer->give_up_at || clock_monotonic_ms() < writer->give_up_at;
	pthread_mutex_unlock(&writer->lock);
	*pause_ms = *pause_ms * 2 < RETRY_LAST_MS ? *pause_ms * 2 : RETRY_LAST_MS;
	return go_on;
}

static void trouble_over(struct store_writer *writer)
{
	bool was;

	pthread_mutex_lock(&writer->lock);
	was = writer->trouble.code;
	writer->trouble = (struct error){ 0 };
	pthread_mutex_unlock(&writer->lock);
	if (was)
		writer->wake(writer->wake_context);
}

static int is_given_up(struct store_writer *writer, struct error *error)
{
	int r = 0;

	pthread_mutex_lock(&writer->lock);
	if (writer->given_up && writer->trouble.code) {
		*error = writer->trouble;
		r = -(int)error->code;
	}
	pthread_mutex_unlock(&writer->lock);
	return r;
}

static void write_batch(struct store_writer *writer, struct jobs *batch)
{
	struct error error = { .code = ERROR_SYSTEM };
	int r, pause_ms = RETRY_FIRST_MS;

	while ((r = is_given_up(writer, &error) ?: run_batch(writer->store, batch, &error)))
		if (!wait_in_trouble(writer, &error, &pause_ms))
			break;
	if (!r)
		trouble_over(writer);
	for (struct job *job = batch->first; r && job; job = job->next)
		job_fail(job, r, &error);
}

/* After the answers are out: nobody waits for it. Readers may hold it up; then it goes on the next
 * time. */
static void checkpoint(struct store *store, int mode)
{
	bool may = store->db && !store->is_doubtful;
	int code = may ? sqlite3_wal_checkpoint_v2(store->db, NULL, mode, NULL, NULL) : 0;

	store->is_doubtful |= (code & 0xff) == SQLITE_IOERR;
	store->wal_pages = 0;
}

static void hand_back(struct store_writer *writer, struct jobs *batch)
{
	bool first;

	pthread_mutex_lock(&writer->lock);
	first = !writer->finished.first;
	jobs_move(batch, &writer->finished, batch->count);
	writer->working = false;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	if (first)
		writer->wake(writer->wake_context);
}

static void give_up_later(struct store_writer *writer)
{
	struct error error = { .code = ERROR_CLOSED };

	for (struct job *job = writer->later.first; job; job = job->next)
		job_fail(job, -(int)ERROR_CLOSED, &error);
	jobs_move(&writer->later, &writer->finished, writer->later.count);
	pthread_cond_broadcast(&writer->changed);
}

static bool has_work(struct store_writer *writer)
{
	if (writer->later.first && writer->later_until &&
	    clock_monotonic_ms() > writer->later_until)
		give_up_later(writer);
	return (writer->waiting.first || writer->later.first) && !writer->holds;
}

/* False: all is done and the writer is to stop. */
static bool take_batch(struct store_writer *writer, struct jobs *ret_batch, bool *ret_is_later)
{
	pthread_mutex_lock(&writer->lock);
	while (!has_work(writer) && !writer->stopping)
		pthread_cond_wait(&writer->changed, &writer->lock);
	*ret_is_later = !writer->waiting.first;
	if (*ret_is_later)
		jobs_move(&writer->later, ret_batch, 1);
	else
		jobs_move(&writer->waiting, ret_batch, BATCH_MAX);
	writer->working = ret_batch->first != NULL;
	pthread_mutex_unlock(&writer->lock);
	return ret_batch->first != NULL;
}

static void run_later(struct store *store, struct job *job)
{
	struct error error = { .code = ERROR_INVALID };

	job->result = mend(store, &error);
	if (!job->result)
		job->result = job->work(store, job->context, &error);
	if (job->result)
		job_fail(job, job->result, &error);
}

static void *write_all(void *context)
{
	struct store_writer *writer = context;
	struct jobs batch;
	bool is_later;

	jobs_init(&batch);
	while (take_batch(writer, &batch, &is_later)) {
		if (is_later)
			run_later(writer->store, batch.first);
		else
			write_batch(writer, &batch);
		hand_back(writer, &batch);
		if (writer->store->wal_pages > CHECKPOINT_PAGES)
			checkpoint(writer->store, SQLITE_CHECKPOINT_PASSIVE);
	}
	checkpoint(writer->store, SQLITE_CHECKPOINT_PASSIVE);
	return NULL;
}

/* ---- the loop's side ---- */

/* Signals are the loop's business. */
static int start_thread(struct store_writer *writer)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int system;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	system = pthread_create(&writer->thread, &attributes, write_all, writer);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return system;
}

static void writer_free(struct store_writer *writer)
{
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->changed);
	free(writer);
}

int store_writer_start(struct store *store, void (*wake)(void *), void *wake_context,
		       struct store_writer **ret_writer, struct error *error)
{
	struct store_writer *writer = xcalloc(1, sizeof(*writer));
	pthread_condattr_t attributes;
	int system;

	writer->store = store;
	writer->wake = wake;
	writer->wake_context = wake_context;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	jobs_init(&writer->waiting);
	jobs_init(&writer->later);
	jobs_init(&writer->finished);
	system = start_thread(writer);
	if (system) {
		writer_free(writer);
		return error_set_system(error, system, "cannot start the thread of state.db");
	}
	*ret_writer = writer;
	return 0;
}

static int submit(struct store_writer *writer, struct jobs *jobs, size_t max, store_work work,
		  store_done done, void *context)
{
	struct job *job = xcalloc(1, sizeof(*job));
	bool full;

	job->work = work;
	job->done = done;
	job->context = context;
	pthread_mutex_lock(&writer->lock);
	full = jobs->count >= max;
	if (!full)
		jobs_add(jobs, job);
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	if (full)
		free(job);
	return full ? -(int)ERROR_TOO_LARGE : 0;
}

int store_submit(struct store_writer *writer, store_work work, store_done done, void *context)
{
	return submit(writer, &writer->waiting, STORE_QUEUE_MAX, work, done, context);
}

int store_submit_later(struct store_writer *writer, store_work work, store_done done, void *context)
{
	return submit(writer, &writer->later, STORE_LATER_MAX, work, done, context);
}

bool store_trouble(struct store_writer *writer, struct error *ret_error)
{
	pthread_mutex_lock(&writer->lock);
	*ret_error = writer->trouble;
	pthread_mutex_unlock(&writer->lock);
	return ret_error->code;
}

void store_give_up(struct store_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->given_up = true;
	writer->give_up_at = clock_monotonic_ms();
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

void store_hold(struct store_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->holds++;
	pthread_mutex_unlock(&writer->lock);
}

void store_release(struct store_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	if (!--writer->holds)
		pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

void store_complete(struct store_writer *writer)
{
	struct jobs finished;
	struct job *job;

	jobs_init(&finished);
	pthread_mutex_lock(&writer->lock);
	jobs_move(&writer->finished, &finished, writer->finished.count);
	pthread_mutex_unlock(&writer->lock);
	while ((job = jobs_take(&finished))) {
		if (job->done)
			job->done(job->context, job->result, job->error);
		free(job->error);
		free(job);
	}
}

/* Waits until nothing is in work, and says whether there is something to complete. */
static bool wait_until_idle(struct store_writer *writer)
{
	bool more;

	pthread_mutex_lock(&writer->lock);
	while (writer->waiting.first || writer->later.first || writer->working)
		pthread_cond_wait(&writer->changed, &writer->lock);
	more = writer->finished.first != NULL;
	pthread_mutex_unlock(&writer->lock);
	return more;
}

void store_writer_stop(struct store_writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->later_until = clock_monotonic_ms() + LATER_GRACE_MS;
	if (!writer->give_up_at)
		writer->give_up_at = clock_monotonic_ms() + STOP_GRACE_MS;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	while (wait_until_idle(writer)) /* `done` may have submitted more */
		store_complete(writer);
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	writer_free(writer);
}
