/* The repositories of the workspace that are open, the least recently used of them closed when
 * there are too many. Threads share it; a repository itself is used by one thread at a time. */
#ifndef HISTORY_REPOSITORIES_H
#define HISTORY_REPOSITORIES_H

#include "history/history.h"

#define REPOSITORIES_OPEN_MAX 64

struct repositories;

struct repositories *repositories_new(const char *workspace, int dir);
void repositories_free(struct repositories *repositories);

/* Is `name` "." or "agents/NAME"? */
bool repository_name_valid(const char *name);

/* Takes a repository out of the table, opened when it is not in it, and puts it back. */
int repositories_take(struct repositories *repositories, const char *name, bool create,
		      struct history **ret_history, struct error *error);
void repositories_put(struct repositories *repositories, const char *name, struct history *history);

/* Opens one for reading, beside the table: its owner frees it. */
int repositories_open(struct repositories *repositories, const char *name, bool create,
		      struct history **ret_history, struct error *error);

/* The workspace's folder. */
int repositories_dir(const struct repositories *repositories);

CLEANUP_DEFINE(struct repositories *, repositories_free)

#endif
