/* Rows of slots, sections, agents, and of what else lives longer than a session. */
#include "journal_job.h"

static int work_nothing(struct store *store, void *context, struct error *error)
{
	(void)store;
	(void)context;
	(void)error;
	return 0;
}

void journal_after(struct daemon *daemon, journal_done done, void *context)
{
	journal_job_submit(journal_job_new(daemon, done, context), work_nothing);
}

static int work_slots(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;
	int result = 0;

	for (size_t i = 0; !result && i < job->slot_count; i++) {
		result = store_slot_insert(store, &job->slots[i], error);
		if (result != -(int)ERROR_EXISTS)
			continue;
		job->is_refused = job->is_refused || job->slots[i].state == SLOT_RUNNING;
		result = 0; /* the clock was set back: the row that it has holds */
	}
	if (!result && job->has_section)
		result = store_section_put(store, &job->section, error);
	return result;
}

void journal_slots(struct daemon *daemon, const struct slot *slots, size_t count,
		   const struct section *section, journal_done done, void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_slots(job, slots, count);
	journal_job_take_section(job, section);
	journal_job_submit(job, work_slots);
}

static int work_withdraw(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_slots_withdraw(store, job->agent, job->key, job->since, error);
}

void journal_slots_withdraw(struct daemon *daemon, const char *agent, const char *key,
			    int64_t since)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->agent = journal_job_keep(job, agent);
	job->key = journal_job_keep(job, key);
	job->since = since;
	journal_job_submit(job, work_withdraw);
}

static int work_slot_finish(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_slot_finish(store, &job->slots[0], error);
}

void journal_slot_finish(struct daemon *daemon, const struct slot *slot, journal_done done,
			 void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_slots(job, slot, 1);
	journal_job_submit(job, work_slot_finish);
}

static int work_section(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_section_put(store, &job->section, error);
}

void journal_section(struct daemon *daemon, const struct section *section)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	journal_job_take_section(job, section);
	journal_job_submit(job, work_section);
}

static int work_section_rename(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_section_rename(store, job->agent, job->from, job->to, error);
}

void journal_section_rename(struct daemon *daemon, const char *agent, const char *from,
			    const char *to)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->agent = journal_job_keep(job, agent);
	job->from = journal_job_keep(job, from);
	job->to = journal_job_keep(job, to);
	journal_job_submit(job, work_section_rename);
}

static int work_agent(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_agent_put(store, &job->state, error);
}

void journal_agent(struct daemon *daemon, const char *agent, bool paused, const char *reason,
		   journal_done done, void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	job->state.agent = journal_job_keep(job, agent);
	job->state.paused = paused;
	job->state.reason = journal_job_keep(job, reason);
	journal_job_submit(job, work_agent);
}

static int work_breaker(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_breaker_put(store, &job->breaker, error);
}

void journal_breaker(struct daemon *daemon, const struct breaker_row *row)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->breaker = *row;
	job->breaker.key = journal_job_keep(job, row->key);
	job->breaker.why = journal_job_keep(job, row->why);
	job->breaker.message = journal_job_keep(job, row->message);
	journal_job_submit(job, work_breaker);
}

static int work_learned(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_learned_put(store, &job->learned, error);
}

void journal_learned(struct daemon *daemon, const struct learned_row *row)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->learned = *row;
	job->learned.key = journal_job_keep(job, row->key);
	journal_job_submit(job, work_learned);
}

static int work_incident(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_incident_put(store, &job->incident, error);
}

void journal_incident(struct daemon *daemon, const struct incident_row *row, journal_done done,
		      void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	job->incident = *row;
	job->incident.key = journal_job_keep(job, row->key);
	job->incident.agent = journal_job_keep(job, row->agent);
	job->incident.text = journal_job_keep(job, row->text);
	journal_job_submit(job, work_incident);
}

static int work_files(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_files_put(store, job->repository, job->files, job->file_count, error);
}

void journal_files(struct daemon *daemon, const char *repository, const struct file_row *rows,
		   size_t count)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->repository = journal_job_keep(job, repository);
	job->files = xcalloc(count, sizeof(*rows));
	job->file_count = count;
	for (size_t i = 0; i < count; i++) {
		job->files[i] = rows[i];
		job->files[i].repository = job->repository;
		job->files[i].path = journal_job_keep(job, rows[i].path);
		job->files[i].blob = journal_job_keep(job, rows[i].blob);
	}
	journal_job_submit(job, work_files);
}
