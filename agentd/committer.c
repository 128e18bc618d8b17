#include "commit_job.h"

#include "handle.h"
#include "log.h"
#include "repository_files.h"
#include "repository_trouble.h"
#include "scheduler.h"
#include "service.h"
#include "session.h"

#include "base/clock.h"

#include <unistd.h>

#define CONFLICTS_MAX 20   /* in a row, before the delay applies to them too */
#define NEW_FOLDER_MS 1500 /* without an edit, before a new folder gets its repository */
#define UNDER_WAY_MAX 8    /* jobs at agentd-history at a time */

struct committer {
	struct daemon *daemon;
	struct commit_job *first, **last; /* in order */
	size_t under_way;
	bool working;      /* inside committer_work */
	char bulletin[41]; /* id of what was written, or is being written, last */
	uv_timer_t *retry;
	void (*finished)(struct daemon *daemon);
};

static void committer_work(struct committer *committer);

static void committer_add(struct committer *committer, struct commit_job *job)
{
	*committer->last = job;
	committer->last = &job->next;
	committer_work(committer);
}

static void committer_remove(struct committer *committer, struct commit_job *job)
{
	struct commit_job **link = &committer->first;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	if (committer->last == &job->next)
		committer->last = link;
}

static void job_finish(struct commit_job *job, const char *commit, const struct error *error)
{
	struct committer *committer = job->daemon->committer;

	committer_remove(committer, job);
	if (job->done)
		job->done(job->context, commit, error);
	commit_job_free(job);
	committer_work(committer);
}

/* ---- how it went ---- */

static struct resident *resident_of(const struct commit_job *job)
{
	const char *agent = repository_agent(job->repository);

	return agent ? roster_find(job->daemon->roster, agent) : NULL;
}

/* Who waits for it: "running" or "backoff" in `status`, with the reason. */
static struct resident *waiting_for(const struct commit_job *job)
{
	return job->agent[0] ? roster_find(job->daemon->roster, job->agent) : resident_of(job);
}

static void hold_set(const struct commit_job *job, const char *why)
{
	struct resident *resident = waiting_for(job);

	if (!resident)
		return;
	free(resident->held);
	resident->held = xstrdup_or_null(why);
}

/* The result is in force: remember the files, tell who waits for it. */
static void job_succeeded(struct commit_job *job, const json_t *result)
{
	struct daemon *daemon = job->daemon;
	struct resident *resident = resident_of(job);
	const char *commit = json_string_value(json_object_get(result, "commit"));
	json_int_t merged = json_integer_value(json_object_get(result, "merged"));
	const char *lock = json_string_value(json_object_get(result, "lock_removed"));
	_free_ char *repository = xstrdup(job->repository);

	if (job->kind == COMMIT_FACTS && resident)
		repository_files_own_memory(resident, json_object_get(result, "files"));
	hold_set(job, NULL);
	if (job->kind == COMMIT_EDITS && commit)
		log_event(daemon->log, LEVEL_INFO, "edits_committed",
			  resident ? resident->name : NULL, NULL,
			  "a person's edits are commit %.12s of %s", commit, job->repository);
	if (merged)
		log_event(daemon->log, LEVEL_NOTICE, "edits_merged",
			  resident ? resident->name : NULL, NULL,
			  "a save would have dropped %lld entries; they were put back",
			  (long long)merged);
	if (job->kind == COMMIT_POST && strcmp(job->agent, COMMITTER_SYSTEM) != 0) {
		supervisor_inputs_changed(daemon, NULL, job->agent);
		scheduler_event(daemon, SCHEDULE_EVENT_BULLETIN, job->agent);
	}
	/* The rows of files and of the session's end are one transaction. */
	store_hold(daemon->writer);
	repository_files_remember(daemon, job->repository, json_object_get(result, "files"));
	job_finish(job, commit ? commit : "", NULL);
	store_release(daemon->writer);
	/* It may post: the job must not be there any more. */
	repository_well(daemon, repository, lock);
}

/* Tells of a failure once, and comes back later. */
static void job_retry_later(struct commit_job *job, const struct error *error)
{
	int64_t now = clock_monotonic_ms();
	struct daemon *daemon = job->daemon;
	struct resident *resident = resident_of(job);

	if (!job->complaint || strcmp(job->complaint, error->message)) {
		free(job->complaint);
		job->complaint = xstrdup(error->message);
		log_event(daemon->log, LEVEL_WARNING, "commit_delayed",
			  resident ? resident->name : NULL, NULL, "%s: %s; it will be tried again",
			  job->repository, error->message);
	}
	if (job->kind != COMMIT_EDITS && job->retry_ms > 2000)
		hold_set(job, error->message);
	if (!job->failing_since)
		job->failing_since = now;
	job->abandoned = repository_is_abandoned(daemon, job->repository, error,
						 now - job->failing_since);
	commit_job_delay(job, now);
	repository_trouble(daemon, job->repository, error, now - job->failing_since);
}

static void job_failed(struct commit_job *job, const struct error *error)
{
	if (commit_job_is_hopeless(job, error)) {
		log_event(job->daemon->log, LEVEL_ERROR, "commit_failed",
			  job->agent[0] ? job->agent : NULL, NULL, "%s: %s", job->repository,
			  error->message);
		hold_set(job, NULL);
		job_finish(job, NULL, error);
		return;
	}
	/* It may be on disk, or even be committed, and only its answer is lost. */
	job->waits_for_writer = trouble_is_writer(error);
	if (!job->waits_for_writer)
		job->recover = true;
	if (error->code == ERROR_CONFLICT && ++job->conflicts < CONFLICTS_MAX)
		job->not_before = 0; /* read the file again, at once */
	else
		job_retry_later(job, error);
	if (job->daemon->stopping)
		supervisor_suspend(job->daemon, false); /* a stop does not wait for that */
	committer_work(job->daemon->committer);
}

static void tell_finished(struct daemon *daemon)
{
	struct committer *committer = daemon->committer;
	void (*finished)(struct daemon * daemon) = committer->finished;

	if (!finished || committer->under_way)
		return;
	committer->finished = NULL;
	finished(daemon);
}

static void job_answered(void *context, const json_t *result, const struct error *error)
{
	struct commit_job *job = context;
	struct daemon *daemon = job->daemon;

	job->under_way = false;
	daemon->committer->under_way--;
	if (result)
		job_succeeded(job, result);
	else if (!daemon->stopping || error->code != ERROR_CLOSED)
		job_failed(job, error);
	tell_finished(daemon);
}

/* ---- the queue ---- */

/* Jobs of one repository go one after the other. */
static bool is_first_of_repository(const struct committer *committer, const struct commit_job *job)
{
	for (const struct commit_job *other = committer->first; other != job; other = other->next)
		if (!strcmp(other->repository, job->repository))
			return false;
	return true;
}

static void job_start(struct commit_job *job)
{
	struct committer *committer = job->daemon->committer;
	json_t *params;
	struct error error;

	if (commit_job_params(job, &params, &error)) {
		job_failed(job, &error);
		return;
	}
	if (job->kind == COMMIT_POST)
		memcpy(committer->bulletin, job->written, sizeof(committer->bulletin));
	job->under_way = true;
	committer->under_way++;
	service_request(job->daemon->history, job->kind == COMMIT_EDITS ? "edits" : "write", params,
			job_answered, job);
}

static void retry_due(uv_timer_t *timer)
{
	committer_work(timer->data);
}

/* libuv counts from the start of its turn, so that the timer may be early: it is armed again for
 * what is left. */
static void arm_retry(struct committer *committer, int64_t now)
{
	int64_t first = INT64_MAX;

	for (const struct commit_job *job = committer->first; job; job = job->next)
		if (!job->under_way && job->not_before > now && job->not_before < first)
			first = job->not_before;
	if (first != INT64_MAX)
		uv_timer_start(committer->retry, retry_due, (uint64_t)(first - now), 0);
}

static struct commit_job *next_to_start(const struct committer *committer, int64_t now)
{
	if (committer->under_way == UNDER_WAY_MAX)
		return NULL;
	for (struct commit_job *job = committer->first; job; job = job->next)
		if (!job->under_way && job->not_before <= now &&
		    is_first_of_repository(committer, job))
			return job;
	return NULL;
}

/* A job that fails as it starts may end here and now, and comes back to this: each look begins
 * anew. */
static void committer_work(struct committer *committer)
{
	int64_t now = clock_monotonic_ms();
	struct commit_job *job;

	if (committer->working)
		return;
	committer->working = true;
	while ((job = next_to_start(committer, now)))
		job_start(job);
	committer->working = false;
	arm_retry(committer, now);
}

/* ---- what others ask for ---- */

void committer_remember(struct daemon *daemon, const char *agent, const char *const *facts,
			size_t count, bool recover, int64_t at, const char *message,
			commit_done done, void *context)
{
	_free_ char *repository = xasprintf("agents/%s", agent);
	struct commit_job *job = commit_job_new(daemon, COMMIT_FACTS, repository, agent);

	commit_job_take_texts(job, facts, count);
	job->recover = recover;
	job->at = at;
	job->message = xstrdup(message);
	job->done = done;
	job->context = context;
	committer_add(daemon->committer, job);
}

void committer_post(struct daemon *daemon, const char *agent, const char *text, int64_t at,
		    const char *message, commit_done done, void *context)
{
	struct commit_job *job = commit_job_new(daemon, COMMIT_POST, ".", agent);

	commit_job_take_texts(job, &text, 1);
	job->at = at;
	job->message = xstrdup(message);
	job->done = done;
	job->context = context;
	committer_add(daemon->committer, job);
}

static struct commit_job *waiting_edits(const struct committer *committer, const char *repository)
{
	for (struct commit_job *job = committer->first; job; job = job->next)
		if (job->kind == COMMIT_EDITS && !job->under_way &&
		    !strcmp(job->repository, repository))
			return job;
	return NULL;
}

/* A file was closed, maybe the one that is waited for. */
static void look_again(const struct committer *committer, const char *repository)
{
	for (struct commit_job *job = committer->first; job; job = job->next)
		if (job->waits_for_writer && !strcmp(job->repository, repository))
			job->not_before = 0;
}

void committer_edits(struct daemon *daemon, const char *repository)
{
	struct committer *committer = daemon->committer;

	look_again(committer, repository);
	if (waiting_edits(committer, repository))
		committer_work(committer);
	else
		committer_add(committer, commit_job_new(daemon, COMMIT_EDITS, repository, ""));
}

void committer_first_edits(struct daemon *daemon, const char *repository)
{
	struct commit_job *job = waiting_edits(daemon->committer, repository);
	bool is_new = !job;

	if (is_new)
		job = commit_job_new(daemon, COMMIT_EDITS, repository, "");
	job->not_before = clock_monotonic_ms() + NEW_FOLDER_MS;
	if (is_new)
		committer_add(daemon->committer, job);
}

void committer_catch_up(struct daemon *daemon)
{
	repository_files_find_changed(daemon, committer_edits);
}

bool committer_wrote_bulletin(const struct committer *committer, const char *id)
{
	return !strcmp(committer->bulletin, id);
}

bool committer_writes(const struct committer *committer, const char *repository)
{
	for (const struct commit_job *job = committer->first; job; job = job->next)
		if (job->under_way && job->kind != COMMIT_EDITS &&
		    !strcmp(job->repository, repository))
			return true;
	return false;
}

bool committer_is_stuck(const struct committer *committer, const char *agent)
{
	for (const struct commit_job *job = committer->first; job; job = job->next) {
		const char *whose = repository_agent(job->repository);

		if (!job->under_way && job->failing_since && whose && !strcmp(whose, agent))
			return true; /* and what comes behind it waits, too */
	}
	return false;
}

void committer_finish(struct daemon *daemon, void (*finished)(struct daemon *daemon))
{
	daemon->committer->finished = finished;
	tell_finished(daemon);
}

struct committer *committer_new(struct daemon *daemon)
{
	struct committer *committer = xcalloc(1, sizeof(*committer));

	committer->daemon = daemon;
	committer->last = &committer->first;
	committer->retry = handle_timer(&daemon->loop, committer);
	return committer;
}

void committer_free(struct committer *committer)
{
	if (!committer)
		return;
	while (committer->first) {
		struct commit_job *job = committer->first;

		committer_remove(committer, job);
		commit_job_free(job);
	}
	uv_close((uv_handle_t *)committer->retry, handle_free);
	free(committer);
}
