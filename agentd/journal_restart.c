/* Restarts of outside services, so that those who flap are found over a restart of ours. */
#include "journal_job.h"
#include "monitor.h"

static int work_add(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_restart_add(store, job->key, job->since, MONITOR_FLAP_MS, error);
}

void journal_restart(struct daemon *daemon, const char *monitor, int64_t at)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->key = journal_job_keep(job, monitor);
	job->since = at;
	journal_job_submit(job, work_add);
}

static int work_forget(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_restarts_forget(store, job->key, error);
}

void journal_restarts_forget(struct daemon *daemon, const char *monitor)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->key = journal_job_keep(job, monitor);
	journal_job_submit(job, work_forget);
}
