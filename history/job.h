/* One request, from the moment it is asked until it is answered: its parameters as plain values
 * (workers touch no JSON of the connection's), its answer, its place in a queue. */
#ifndef HISTORY_JOB_H
#define HISTORY_JOB_H

#include "repositories.h"

#include <jansson.h>

/* What jobs work on. */
struct place {
	struct repositories *repositories;
	int output; /* folder for bundles; -1: none */
};

enum job_kind { JOB_EDITS, JOB_WRITE, JOB_LOG, JOB_BUNDLE };

struct job {
	enum job_kind kind;
	uint64_t request;
	char *repository; /* of edits, write, bundle; jobs of one are done in order. NULL: log */
	bool create, patch, abandoned; /* abandoned: no other git works in the repository */
	int64_t at;                    /* edits */
	size_t max;                    /* log */
	char **repositories;           /* log */
	size_t repository_count;
	char *path;     /* write; file name of a bundle */
	char *expected; /* write: a blob id, or NULL where the file must be absent */
	size_t offset, remove;
	char *insert;
	size_t insert_length;
	char *name, *email, *message;

	json_t *result; /* NULL: failed, then `error` says why */
	struct error error;
	struct job *next;
};

/* Reads the parameters of a method ("edits", "write", "log", "bundle"). */
int job_new(const char *method, const json_t *params, uint64_t request, struct job **ret_job,
	    struct error *error);
void job_free(struct job *job);

/* Does it; fills `result` or `error`. On a worker thread. */
void job_run(struct job *job, const struct place *place);

/* What each kind does. *ret_result is a new reference. */
int run_edits(const struct job *job, const struct place *place, json_t **ret_result,
	      struct error *error);
int run_write(const struct job *job, const struct place *place, json_t **ret_result,
	      struct error *error);
int run_log(const struct job *job, const struct place *place, json_t **ret_result,
	    struct error *error);
int run_bundle(const struct job *job, const struct place *place, json_t **ret_result,
	       struct error *error);

/* Text that git gave us, with what is no UTF-8 replaced, as JSON. */
json_t *json_text(const char *text);

CLEANUP_DEFINE(struct job *, job_free)

#endif
