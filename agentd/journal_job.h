/* A piece of work on state.db, with copies of all that it needs: what the loop has may change, or
 * be gone, before the store's thread comes to it. Only for journal*.c.
 *
 *     struct journal_job *job = journal_job_new(daemon, done, context);
 *     job->agent = journal_job_keep(job, agent);
 *     journal_job_submit(job, work_agent);
 *
 * The job frees itself and its copies when `done` has been called. A work may run more than once:
 * the store begins a transaction anew that failed. */
#ifndef AGENTD_JOURNAL_JOB_H
#define AGENTD_JOURNAL_JOB_H

#include "journal.h"

struct journal_job {
	struct daemon *daemon;
	journal_done done;
	void *context;
	char **strings; /* all copies */
	size_t string_count, string_capacity;

	/* what the works take, each its own */
	const char *session, *agent; /* also for the log, where it fails */
	const char *again, *repository, *key, *from, *to;
	int64_t since;
	struct slot *slots;
	size_t slot_count;
	struct step *results, *intents;
	size_t result_count, intent_count;
	struct call_row settled, reserved;
	struct file_row *files;
	size_t file_count;
	struct section section;
	struct session_row row;
	struct death_row death;
	struct agent_state state;
	struct parked_row parked;
	struct breaker_row breaker;
	struct learned_row learned;
	struct incident_row incident;
	bool has_section, make_slot, has_settled, has_reserved, has_parked;
	bool is_refused; /* out: a slot that was to run has its row already */
};

/* `done` may be NULL. */
struct journal_job *journal_job_new(struct daemon *daemon, journal_done done, void *context);

/* A copy that lives as long as the job; NULL of NULL. */
const char *journal_job_keep(struct journal_job *job, const char *text);

/* Copies of rows and of all their strings. `section` may be NULL; the steps and the call returned
 * are the job's. */
void journal_job_take_slots(struct journal_job *job, const struct slot *slots, size_t count);
void journal_job_take_section(struct journal_job *job, const struct section *section);
void journal_job_take_row(struct journal_job *job, const struct session_row *row);
void journal_job_take_parked(struct journal_job *job, const struct parked_row *row);
struct step *journal_job_take_steps(struct journal_job *job, const struct step *steps,
				    size_t count);
struct call_row journal_job_take_call(struct journal_job *job, const struct call_row *row);

/* Hands it to the store's thread. A failure is logged, and told to `done`, at once where too much
 * waits already. */
void journal_job_submit(struct journal_job *job, store_work work);

#endif
