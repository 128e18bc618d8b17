/* Rows of sessions, their steps, calls and deaths, and of parked work. */
#include "journal_job.h"

#include "export.h"

static int work_session_begin(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;
	int result = store_session_begin(store, &job->row, error);

	if (!result && job->again)
		result = store_parked_delete(store, job->again, error);
	for (size_t i = 0; !result && i < job->intent_count; i++)
		result = store_step_intent(store, &job->intents[i], error);
	if (result || !job->slot_count)
		return result;
	return job->make_slot ? store_slot_insert(store, &job->slots[0], error)
			      : store_slot_assign(store, &job->slots[0], error);
}

void journal_session_begin(struct daemon *daemon, const struct session_row *row,
			   const struct slot *slot, bool make_slot, const char *again,
			   const struct step *steps, size_t step_count, journal_done done,
			   void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_row(job, row);
	job->intents = journal_job_take_steps(job, steps, step_count);
	job->intent_count = step_count;
	if (slot)
		journal_job_take_slots(job, slot, 1);
	job->make_slot = make_slot;
	job->again = journal_job_keep(job, again);
	journal_job_submit(job, work_session_begin);
}

static int work_move(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;
	int result = 0;

	for (size_t i = 0; !result && i < job->result_count; i++)
		result = store_step_result(store, &job->results[i], error);
	if (!result && job->has_settled)
		result = store_call_settle(store, &job->settled, error);
	for (size_t i = 0; !result && i < job->intent_count; i++)
		result = store_step_intent(store, &job->intents[i], error);
	if (!result && job->has_reserved)
		result = store_call_reserve(store, &job->reserved, NULL, error);
	return result;
}

void journal_move(struct daemon *daemon, const struct journal_move *move, journal_done done,
		  void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	job->results = journal_job_take_steps(job, move->results, move->result_count);
	job->result_count = move->result_count;
	job->intents = journal_job_take_steps(job, move->intents, move->intent_count);
	job->intent_count = move->intent_count;
	job->has_settled = move->settled != NULL;
	if (move->settled)
		job->settled = journal_job_take_call(job, move->settled);
	job->has_reserved = move->reserved != NULL;
	if (move->reserved)
		job->reserved = journal_job_take_call(job, move->reserved);
	journal_job_submit(job, work_move);
}

/* A slot that is closed already, or has left, keeps no session open. */
static int finish_slot(struct store *store, const struct slot *slot, struct error *error)
{
	int result = store_slot_finish(store, slot, error);

	return result == -(int)ERROR_CONFLICT || result == -(int)ERROR_NOT_FOUND ? 0 : result;
}

static int work_session_end(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;
	int result = store_session_end(store, &job->row, error);

	if (!result && job->slot_count)
		result = finish_slot(store, &job->slots[0], error);
	else if (!result)
		result = store_slots_interrupt(store, job->row.id, job->row.reason, error);
	if (!result && job->has_section)
		result = store_section_put(store, &job->section, error);
	if (!result && job->has_parked)
		result = store_parked_put(store, &job->parked, error);
	return result;
}

void journal_session_end(struct daemon *daemon, const struct session_row *row,
			 const struct slot *slot, const struct section *section,
			 const struct parked_row *parked, journal_done done, void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_row(job, row);
	if (slot)
		journal_job_take_slots(job, slot, 1);
	journal_job_take_section(job, section);
	if (parked)
		journal_job_take_parked(job, parked);
	journal_job_submit(job, work_session_end);
	export_session(daemon, row->id);
}

static int work_parked_put(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_parked_put(store, &job->parked, error);
}

void journal_parked_put(struct daemon *daemon, const struct parked_row *row, journal_done done,
			void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_parked(job, row);
	journal_job_submit(job, work_parked_put);
}

static int work_parked_drop(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_parked_delete(store, job->session, error);
}

void journal_parked_drop(struct daemon *daemon, const char *session, journal_done done,
			 void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	job->session = journal_job_keep(job, session);
	journal_job_submit(job, work_parked_drop);
}

static int work_step_begin(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_step_begin(store, &job->intents[0], error);
}

void journal_step_begin(struct daemon *daemon, const struct step *step, journal_done done,
			void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	job->intents = journal_job_take_steps(job, step, 1);
	job->session = job->intents[0].session;
	journal_job_submit(job, work_step_begin);
}

/* One that is over already, or never had a row, needs no such word. */
static int work_decide(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;
	int result = store_session_decide(store, &job->row, error);

	return result == -(int)ERROR_NOT_FOUND || result == -(int)ERROR_CONFLICT ? 0 : result;
}

void journal_session_decide(struct daemon *daemon, const struct session_row *row, journal_done done,
			    void *context)
{
	struct journal_job *job = journal_job_new(daemon, done, context);

	journal_job_take_row(job, row);
	journal_job_submit(job, work_decide);
}

static int work_suspend(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_session_suspend(store, job->session, job->daemon->epoch, error);
}

void journal_session_suspend(struct daemon *daemon, const char *session)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->session = journal_job_keep(job, session);
	journal_job_submit(job, work_suspend);
}

static int work_death(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_death_add(store, &job->death, error);
}

void journal_death(struct daemon *daemon, const struct death_row *row)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->death = *row;
	job->death.session = job->session = journal_job_keep(job, row->session);
	job->death.agent = journal_job_keep(job, row->agent);
	job->death.words = journal_job_keep(job, row->words);
	journal_job_submit(job, work_death);
}

static int work_forgive(struct store *store, void *context, struct error *error)
{
	struct journal_job *job = context;

	return store_deaths_forgive(store, job->agent, error);
}

void journal_deaths_forgive(struct daemon *daemon, const char *agent)
{
	struct journal_job *job = journal_job_new(daemon, NULL, NULL);

	job->agent = journal_job_keep(job, agent);
	journal_job_submit(job, work_forgive);
}
