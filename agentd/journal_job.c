#include "journal_job.h"

#include "log.h"
#include "state_file.h"

#define STRINGS_MAX 100000

struct journal_job *journal_job_new(struct daemon *daemon, journal_done done, void *context)
{
	struct journal_job *job = xcalloc(1, sizeof(*job));

	job->daemon = daemon;
	job->done = done;
	job->context = context;
	return job;
}

static void job_free(struct journal_job *job)
{
	for (size_t i = 0; i < job->string_count; i++)
		free(job->strings[i]);
	free(job->strings);
	free(job->slots);
	free(job->results);
	free(job->intents);
	free(job->files);
	free(job);
}

const char *journal_job_keep(struct journal_job *job, const char *text)
{
	if (!text)
		return NULL;
	if (array_grow((void **)&job->strings, job->string_count, &job->string_capacity,
		       sizeof(char *), STRINGS_MAX))
		BUG("a journal job with more than %d strings", STRINGS_MAX);
	return job->strings[job->string_count++] = xstrdup(text);
}

void journal_job_take_slots(struct journal_job *job, const struct slot *slots, size_t count)
{
	job->slots = xcalloc(count, sizeof(*slots));
	job->slot_count = count;
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &job->slots[i];

		*slot = slots[i];
		slot->agent = journal_job_keep(job, slot->agent);
		slot->section = journal_job_keep(job, slot->section);
		slot->heading = journal_job_keep(job, slot->heading);
		slot->event = journal_job_keep(job, slot->event);
		slot->reason = journal_job_keep(job, slot->reason);
		slot->session = journal_job_keep(job, slot->session);
		slot->outcome = journal_job_keep(job, slot->outcome);
		slot->wish = journal_job_keep(job, slot->wish);
	}
}

void journal_job_take_section(struct journal_job *job, const struct section *section)
{
	if (!section)
		return;
	job->section = *section;
	job->section.agent = journal_job_keep(job, section->agent);
	job->section.key = journal_job_keep(job, section->key);
	job->section.schedule = journal_job_keep(job, section->schedule);
	job->section.inputs = journal_job_keep(job, section->inputs);
	job->section.heard = journal_job_keep(job, section->heard);
	job->has_section = true;
}

void journal_job_take_row(struct journal_job *job, const struct session_row *row)
{
	struct session_row *copy = &job->row;

	*copy = *row;
	copy->id = job->session = journal_job_keep(job, row->id);
	copy->agent = job->agent = journal_job_keep(job, row->agent);
	copy->cause = journal_job_keep(job, row->cause);
	copy->section = journal_job_keep(job, row->section);
	copy->heading = journal_job_keep(job, row->heading);
	copy->model = journal_job_keep(job, row->model);
	copy->outcome = journal_job_keep(job, row->outcome);
	copy->reason = journal_job_keep(job, row->reason);
	copy->text = journal_job_keep(job, row->text);
	copy->plan = journal_job_keep(job, row->plan);
}

struct step *journal_job_take_steps(struct journal_job *job, const struct step *steps, size_t count)
{
	struct step *copies = xcalloc(count, sizeof(*steps));

	for (size_t i = 0; i < count; i++) {
		copies[i] = steps[i];
		copies[i].session = journal_job_keep(job, steps[i].session);
		copies[i].kind = journal_job_keep(job, steps[i].kind);
		copies[i].effect = journal_job_keep(job, steps[i].effect);
		copies[i].intent = journal_job_keep(job, steps[i].intent);
		copies[i].result = journal_job_keep(job, steps[i].result);
	}
	return copies;
}

struct call_row journal_job_take_call(struct journal_job *job, const struct call_row *row)
{
	struct call_row copy = *row;

	copy.session = journal_job_keep(job, row->session);
	copy.agent = journal_job_keep(job, row->agent);
	copy.cause = journal_job_keep(job, row->cause);
	copy.task = journal_job_keep(job, row->task);
	copy.work = journal_job_keep(job, row->work);
	copy.route = journal_job_keep(job, row->route);
	copy.provider = journal_job_keep(job, row->provider);
	copy.model = journal_job_keep(job, row->model);
	copy.failure = journal_job_keep(job, row->failure);
	copy.message = journal_job_keep(job, row->message);
	copy.decision = journal_job_keep(job, row->decision);
	copy.request_id = journal_job_keep(job, row->request_id);
	return copy;
}

void journal_job_take_parked(struct journal_job *job, const struct parked_row *row)
{
	job->parked = *row;
	job->parked.session = journal_job_keep(job, row->session);
	job->parked.agent = journal_job_keep(job, row->agent);
	job->parked.why = journal_job_keep(job, row->why);
	job->parked.layer = journal_job_keep(job, row->layer);
	job->parked.reason = journal_job_keep(job, row->reason);
	job->parked.wish = journal_job_keep(job, row->wish);
	job->has_parked = true;
}

static void job_done(void *context, int result, const struct error *error)
{
	struct journal_job *job = context;
	struct error refused = { 0 };

	if (result && error->code != ERROR_EXISTS && !state_file_is_told(job->daemon, error))
		log_event(job->daemon->log, LEVEL_ERROR, "state", job->agent, job->session,
			  "state.db: %s", error->message);
	if (!result && job->is_refused)
		result = error_set(&refused, ERROR_EXISTS, "this slot has its row already");
	if (job->done)
		job->done(job->context, !result ? NULL : job->is_refused ? &refused : error);
	job_free(job);
}

void journal_job_submit(struct journal_job *job, store_work work)
{
	struct error error;

	if (!store_submit(job->daemon->writer, work, job_done, job))
		return;
	error_set(&error, ERROR_TOO_LARGE, "too much waits to be written to state.db");
	job_done(job, -(int)ERROR_TOO_LARGE, &error);
}
