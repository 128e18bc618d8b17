/* Threads that do jobs: those of one repository one after another in the order they came, different
 * repositories side by side. */
#ifndef HISTORY_WORKERS_H
#define HISTORY_WORKERS_H

#include "job.h"

#define WORKERS 4
#define JOBS_MAX 10000 /* that wait */

struct workers;

/* Starts the threads. A job that is done makes the descriptor readable. */
int workers_start(const struct place *place, struct workers **ret_workers, struct error *error);

/* Lets jobs that have begun end, forgets those that have not. */
void workers_stop(struct workers *workers);

/* Takes the job over. ERROR_BUSY: too many wait already. */
int workers_add(struct workers *workers, struct job *job, struct error *error);

int workers_fd(const struct workers *workers);

/* A job that is done, or NULL; the caller frees it. */
struct job *workers_next_done(struct workers *workers);

CLEANUP_DEFINE(struct workers *, workers_stop)

#endif
