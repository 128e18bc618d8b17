#include "journal.h"

#include "export.h"
#include "log.h"

#define STRINGS_MAX 100000

/* A piece of work with copies of all it needs. */
struct job {
	struct daemon *daemon;
	journal_done done;
	void *context;
	char **strings;
	size_t string_count, string_capacity;

	struct slot *slots;
	size_t slot_count;
	struct step *results, *intents;
	size_t result_count, intent_count;
	struct call_row settled, reserved;
	struct file_row *files;
	size_t file_count;
	struct section section;
	struct session_row row;
	struct agent_state agent;
	struct parked_row parked;
	struct breaker_row breaker;
	struct learned_row learned;
	struct incident_row incident;
	const char *repository, *from, *to;
	int64_t since;
	bool is_refused; /* a slot that was to run has its row already */
	bool has_section, make_slot, has_settled, has_reserved, has_parked;
};

static struct job *job_new(struct daemon *daemon, journal_done done, void *context)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->daemon = daemon;
	job->done = done;
	job->context = context;
	return job;
}

static void job_free(struct job *job)
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

static const char *job_keep(struct job *job, const char *text)
{
	if (!text)
		return NULL;
	if (array_grow((void **)&job->strings, job->string_count, &job->string_capacity,
		       sizeof(char *), STRINGS_MAX))
		BUG("a journal job with more than %d strings", STRINGS_MAX);
	return job->strings[job->string_count++] = xstrdup(text);
}

static void job_take_slots(struct job *job, const struct slot *slots, size_t count)
{
	job->slots = xcalloc(count, sizeof(*slots));
	job->slot_count = count;
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &job->slots[i];

		*slot = slots[i];
		slot->agent = job_keep(job, slot->agent);
		slot->section = job_keep(job, slot->section);
		slot->heading = job_keep(job, slot->heading);
		slot->event = job_keep(job, slot->event);
		slot->reason = job_keep(job, slot->reason);
		slot->session = job_keep(job, slot->session);
		slot->outcome = job_keep(job, slot->outcome);
	}
}

static void job_take_section(struct job *job, const struct section *section)
{
	if (!section)
		return;
	job->section = *section;
	job->section.agent = job_keep(job, section->agent);
	job->section.key = job_keep(job, section->key);
	job->section.schedule = job_keep(job, section->schedule);
	job->section.inputs = job_keep(job, section->inputs);
	job->has_section = true;
}

static void job_take_row(struct job *job, const struct session_row *row)
{
	struct session_row *copy = &job->row;

	*copy = *row;
	copy->id = job_keep(job, row->id);
	copy->agent = job_keep(job, row->agent);
	copy->cause = job_keep(job, row->cause);
	copy->section = job_keep(job, row->section);
	copy->heading = job_keep(job, row->heading);
	copy->model = job_keep(job, row->model);
	copy->outcome = job_keep(job, row->outcome);
	copy->reason = job_keep(job, row->reason);
	copy->text = job_keep(job, row->text);
	copy->plan = job_keep(job, row->plan);
}

static struct step *job_take_steps(struct job *job, const struct step *steps, size_t count)
{
	struct step *copies = xcalloc(count, sizeof(*steps));

	for (size_t i = 0; i < count; i++) {
		copies[i] = steps[i];
		copies[i].session = job_keep(job, steps[i].session);
		copies[i].kind = job_keep(job, steps[i].kind);
		copies[i].effect = job_keep(job, steps[i].effect);
		copies[i].intent = job_keep(job, steps[i].intent);
		copies[i].result = job_keep(job, steps[i].result);
	}
	return copies;
}

static void job_done(void *context, int result, const struct error *error)
{
	struct job *job = context;
	struct error refused = { 0 };

	if (result && error->code != ERROR_EXISTS)
		log_event(job->daemon->log, LEVEL_ERROR, "state", NULL, NULL, "state.db: %s",
			  error->message);
	if (!result && job->is_refused)
		result = error_set(&refused, ERROR_EXISTS, "this slot has its row already");
	if (job->done)
		job->done(job->context, !result ? NULL : job->is_refused ? &refused : error);
	job_free(job);
}

static void job_submit(struct job *job, store_work work)
{
	struct error error;

	if (!store_submit(job->daemon->writer, work, job_done, job))
		return;
	error_set(&error, ERROR_TOO_LARGE, "too much waits to be written to state.db");
	job_done(job, -(int)ERROR_TOO_LARGE, &error);
}

static int work_slots(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
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
	struct job *job = job_new(daemon, done, context);

	job_take_slots(job, slots, count);
	job_take_section(job, section);
	job_submit(job, work_slots);
}

static int work_session_begin(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
	int result = store_session_begin(store, &job->row, error);

	if (!result && job->from)
		result = store_parked_delete(store, job->from, error);
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
	struct job *job = job_new(daemon, done, context);

	job_take_row(job, row);
	job->intents = job_take_steps(job, steps, step_count);
	job->intent_count = step_count;
	if (slot)
		job_take_slots(job, slot, 1);
	job->make_slot = make_slot;
	job->from = job_keep(job, again);
	job_submit(job, work_session_begin);
}

static struct call_row job_take_call(struct job *job, const struct call_row *row)
{
	struct call_row copy = *row;

	copy.session = job_keep(job, row->session);
	copy.agent = job_keep(job, row->agent);
	copy.cause = job_keep(job, row->cause);
	copy.task = job_keep(job, row->task);
	copy.work = job_keep(job, row->work);
	copy.route = job_keep(job, row->route);
	copy.provider = job_keep(job, row->provider);
	copy.model = job_keep(job, row->model);
	copy.failure = job_keep(job, row->failure);
	copy.message = job_keep(job, row->message);
	copy.decision = job_keep(job, row->decision);
	copy.request_id = job_keep(job, row->request_id);
	return copy;
}

static int work_move(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
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
	struct job *job = job_new(daemon, done, context);

	job->results = job_take_steps(job, move->results, move->result_count);
	job->result_count = move->result_count;
	job->intents = job_take_steps(job, move->intents, move->intent_count);
	job->intent_count = move->intent_count;
	job->has_settled = move->settled != NULL;
	if (move->settled)
		job->settled = job_take_call(job, move->settled);
	job->has_reserved = move->reserved != NULL;
	if (move->reserved)
		job->reserved = job_take_call(job, move->reserved);
	job_submit(job, work_move);
}

static void job_take_parked(struct job *job, const struct parked_row *row)
{
	job->parked = *row;
	job->parked.session = job_keep(job, row->session);
	job->parked.agent = job_keep(job, row->agent);
	job->parked.why = job_keep(job, row->why);
	job->parked.layer = job_keep(job, row->layer);
	job->parked.reason = job_keep(job, row->reason);
	job->parked.wish = job_keep(job, row->wish);
	job->has_parked = true;
}

static int work_session_end(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
	int result = store_session_end(store, &job->row, error);

	if (!result && job->slot_count)
		result = store_slot_finish(store, &job->slots[0], error);
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
	struct job *job = job_new(daemon, done, context);

	job_take_row(job, row);
	if (slot)
		job_take_slots(job, slot, 1);
	job_take_section(job, section);
	if (parked)
		job_take_parked(job, parked);
	job_submit(job, work_session_end);
	export_session(daemon, row->id);
}

static int work_parked_put(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_parked_put(store, &job->parked, error);
}

void journal_parked_put(struct daemon *daemon, const struct parked_row *row, journal_done done,
			void *context)
{
	struct job *job = job_new(daemon, done, context);

	job_take_parked(job, row);
	job_submit(job, work_parked_put);
}

static int work_parked_drop(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_parked_delete(store, job->from, error);
}

void journal_parked_drop(struct daemon *daemon, const char *session)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->from = job_keep(job, session);
	job_submit(job, work_parked_drop);
}

static int work_slot_finish(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_slot_finish(store, &job->slots[0], error);
}

void journal_slot_finish(struct daemon *daemon, const struct slot *slot, journal_done done,
			 void *context)
{
	struct job *job = job_new(daemon, done, context);

	job_take_slots(job, slot, 1);
	job_submit(job, work_slot_finish);
}

static int work_agent(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_agent_put(store, &job->agent, error);
}

void journal_agent(struct daemon *daemon, const char *agent, bool paused, const char *reason,
		   journal_done done, void *context)
{
	struct job *job = job_new(daemon, done, context);

	job->agent.agent = job_keep(job, agent);
	job->agent.paused = paused;
	job->agent.reason = job_keep(job, reason);
	job_submit(job, work_agent);
}

static int work_section(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_section_put(store, &job->section, error);
}

void journal_section(struct daemon *daemon, const struct section *section)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job_take_section(job, section);
	job_submit(job, work_section);
}

static int work_section_rename(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_section_rename(store, job->repository, job->from, job->to, error);
}

static int work_withdraw(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_slots_withdraw(store, job->section.agent, job->section.key, job->since, error);
}

void journal_slots_withdraw(struct daemon *daemon, const char *agent, const char *key,
			    int64_t since)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job_take_section(job, &(struct section){ .agent = agent, .key = key });
	job->since = since;
	job_submit(job, work_withdraw);
}

void journal_section_rename(struct daemon *daemon, const char *agent, const char *from,
			    const char *to)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->repository = job_keep(job, agent);
	job->from = job_keep(job, from);
	job->to = job_keep(job, to);
	job_submit(job, work_section_rename);
}

static int work_breaker(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_breaker_put(store, &job->breaker, error);
}

void journal_breaker(struct daemon *daemon, const struct breaker_row *row)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->breaker = *row;
	job->breaker.key = job_keep(job, row->key);
	job->breaker.why = job_keep(job, row->why);
	job->breaker.message = job_keep(job, row->message);
	job_submit(job, work_breaker);
}

static int work_learned(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_learned_put(store, &job->learned, error);
}

void journal_learned(struct daemon *daemon, const struct learned_row *row)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->learned = *row;
	job->learned.key = job_keep(job, row->key);
	job_submit(job, work_learned);
}

static int work_incident(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_incident_put(store, &job->incident, error);
}

void journal_incident(struct daemon *daemon, const struct incident_row *row)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->incident = *row;
	job->incident.key = job_keep(job, row->key);
	job->incident.agent = job_keep(job, row->agent);
	job->incident.text = job_keep(job, row->text);
	job_submit(job, work_incident);
}

static int work_files(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return store_files_put(store, job->repository, job->files, job->file_count, error);
}

void journal_files(struct daemon *daemon, const char *repository, const struct file_row *rows,
		   size_t count)
{
	struct job *job = job_new(daemon, NULL, NULL);

	job->repository = job_keep(job, repository);
	job->files = xcalloc(count, sizeof(*rows));
	job->file_count = count;
	for (size_t i = 0; i < count; i++) {
		job->files[i] = rows[i];
		job->files[i].repository = job->repository;
		job->files[i].path = job_keep(job, rows[i].path);
		job->files[i].blob = job_keep(job, rows[i].blob);
	}
	job_submit(job, work_files);
}
