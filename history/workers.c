#include "workers.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct job *first, **end;
};

/* The jobs of one repository. Jobs without one have a lane of their own each. */
struct lane {
	char *repository;
	struct queue jobs;
	bool taken; /* a worker is at its first job */
	struct lane *next;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_t threads[WORKERS];
	size_t thread_count;
	const struct place *place;
	struct lane *lanes, **lanes_end; /* in the order of their oldest job, about */
	struct queue done;
	size_t waiting;
	bool stopping;
	int fd;
};

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){ NULL, &queue->first };
}

static void queue_push(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

static struct job *queue_pop(struct queue *queue)
{
	struct job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	return job;
}

static void lane_append(struct workers *w, struct lane *lane)
{
	lane->next = NULL;
	*w->lanes_end = lane;
	w->lanes_end = &lane->next;
}

static void lane_unlink(struct workers *w, struct lane *lane)
{
	struct lane **link = &w->lanes;

	while (*link != lane)
		link = &(*link)->next;
	*link = lane->next;
	if (!lane->next)
		w->lanes_end = link;
}

static void lane_free(struct lane *lane)
{
	struct job *job;

	while ((job = queue_pop(&lane->jobs)))
		job_free(job);
	free(lane->repository);
	free(lane);
}

static struct lane *lane_of(struct workers *w, const char *repository)
{
	struct lane *lane = repository ? w->lanes : NULL;

	while (lane && (!lane->repository || strcmp(lane->repository, repository)))
		lane = lane->next;
	if (lane)
		return lane;
	lane = xcalloc(1, sizeof(*lane));
	lane->repository = xstrdup_or_null(repository);
	queue_init(&lane->jobs);
	lane_append(w, lane);
	return lane;
}

static struct lane *lane_ready(struct workers *w)
{
	struct lane *lane = w->lanes;

	while (lane && lane->taken)
		lane = lane->next;
	return lane;
}

static void wake_loop(struct workers *w)
{
	uint64_t one = 1;

	while (write(w->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* The next job of a lane that nobody is at, or NULL at the end. The lock is held. */
static struct job *wait_for_job(struct workers *w, struct lane **ret_lane)
{
	struct lane *lane;

	while (!w->stopping && !(lane = lane_ready(w)))
		pthread_cond_wait(&w->work, &w->lock);
	if (w->stopping)
		return NULL;
	lane->taken = true;
	w->waiting--;
	*ret_lane = lane;
	return queue_pop(&lane->jobs);
}

/* Other lanes come first now. The lock is held. */
static void leave_lane(struct workers *w, struct lane *lane)
{
	lane_unlink(w, lane);
	lane->taken = false;
	if (!lane->jobs.first) {
		lane_free(lane);
		return;
	}
	lane_append(w, lane);
	pthread_cond_signal(&w->work);
}

static void *worker(void *context)
{
	struct workers *w = context;
	struct lane *lane;
	struct job *job;

	pthread_mutex_lock(&w->lock);
	while ((job = wait_for_job(w, &lane))) {
		pthread_mutex_unlock(&w->lock);
		job_run(job, w->place);
		pthread_mutex_lock(&w->lock);
		queue_push(&w->done, job);
		leave_lane(w, lane);
		wake_loop(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int workers_start(const struct place *place, struct workers **ret_workers, struct error *error)
{
	CLEANUP(workers_stop) struct workers *w = xcalloc(1, sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	w->place = place;
	w->lanes_end = &w->lanes;
	queue_init(&w->done);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return error_set_system(error, errno, "making an eventfd");
	while (w->thread_count < WORKERS) {
		int failed = pthread_create(&w->threads[w->thread_count], NULL, worker, w);

		if (failed)
			return error_set_system(error, failed, "starting a thread");
		w->thread_count++;
	}
	*ret_workers = steal_pointer(&w);
	return 0;
}

void workers_stop(struct workers *w)
{
	struct job *job;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->thread_count; i++)
		pthread_join(w->threads[i], NULL);
	while (w->lanes) {
		struct lane *lane = w->lanes;

		lane_unlink(w, lane);
		lane_free(lane);
	}
	while ((job = queue_pop(&w->done)))
		job_free(job);
	fd_close(&w->fd);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int workers_add(struct workers *w, struct job *job, struct error *error)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = w->waiting == JOBS_MAX;
	if (!full) {
		w->waiting++;
		queue_push(&lane_of(w, job->repository)->jobs, job);
		pthread_cond_signal(&w->work);
	}
	pthread_mutex_unlock(&w->lock);
	return full ? error_set(error, ERROR_BUSY, "%d jobs wait already", JOBS_MAX) : 0;
}

int workers_fd(const struct workers *w)
{
	return w->fd;
}

struct job *workers_next_done(struct workers *w)
{
	struct job *job;
	uint64_t count;

	pthread_mutex_lock(&w->lock);
	job = queue_pop(&w->done);
	if (!job && read(w->fd, &count, sizeof(count)) < 0)
		count = 0;
	pthread_mutex_unlock(&w->lock);
	return job;
}
