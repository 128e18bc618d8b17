/* One change of a repository, from the wish until it is done: what is to be written, what
 * agentd-history is asked for it, and what its failures mean. The committer has them in a queue.
 *
 *     job = commit_job_new(daemon, COMMIT_POST, ".", "kira");
 *     commit_job_take_texts(job, &text, 1);
 *     commit_job_params(job, &params, &error);     for each try
 *     commit_job_delay(job, now);                  after one that failed
 *     commit_job_free(job); */
#ifndef AGENTD_COMMIT_JOB_H
#define AGENTD_COMMIT_JOB_H

#include "committer.h"

#include <jansson.h>

enum commit_kind { COMMIT_EDITS, COMMIT_FACTS, COMMIT_POST };

struct commit_job {
	struct daemon *daemon;
	enum commit_kind kind;
	char repository[AGENT_NAME_MAX + 8];
	char agent[AGENT_NAME_MAX + 1]; /* author; empty for edits */
	char **texts;                   /* facts, or the one post */
	size_t text_count;
	bool recover; /* may have been done before: looks for its texts first */
	int64_t at;   /* UTC seconds: author time of the commit */
	char *message;
	commit_done done; /* NULL: nobody waits for it */
	void *context;
	bool under_way; /* agentd-history is at it */
	unsigned conflicts;
	int64_t retry_ms;      /* the next delay */
	int64_t not_before;    /* on the monotonic clock */
	int64_t failing_since; /* likewise; 0: it does not */
	bool waits_for_writer; /* the latest try found somebody at the file */
	bool abandoned;        /* no other git works in the repository */
	char written[41];      /* blob id of the file as the latest try makes it */
	char *complaint;       /* last failure told, so that it is told once */
	struct commit_job *next;
};

struct commit_job *commit_job_new(struct daemon *daemon, enum commit_kind kind,
				  const char *repository, const char *agent);
void commit_job_free(struct commit_job *job);
/* Copies them. */
void commit_job_take_texts(struct commit_job *job, const char *const *texts, size_t count);

/* Parameters of the request to agentd-history, made of the file as it is now; a new reference.
 * Fails where the file cannot be read, or what it would become cannot be. */
int commit_job_params(struct commit_job *job, json_t **ret_params, struct error *error);

/* Will trying again never help? What an agent was told to be remembered waits for whatever a person
 * has to put right; a post was not promised yet. */
bool commit_job_is_hopeless(const struct commit_job *job, const struct error *error);

/* It failed: sets when it is tried again; each delay is longer than the one before. */
void commit_job_delay(struct commit_job *job, int64_t now_ms);

#endif
