/* What state.db knows about the files of each repository, so that a start opens none of them:
 * stamps and blob ids as of the last commit. */
#ifndef AGENTD_REPOSITORY_FILES_H
#define AGENTD_REPOSITORY_FILES_H

#include "roster.h"

#include <jansson.h>

/* Takes over the "files" of an answer of agentd-history. */
void repository_files_remember(struct daemon *daemon, const char *repository, const json_t *files);

/* The daemon itself wrote MEMORY.md: what "files" says of it is in force. */
void repository_files_own_memory(struct resident *resident, const json_t *files);

/* Compares all repositories with what is remembered, on a thread; `changed` is called on the loop
 * for each that differs. */
void repository_files_find_changed(struct daemon *daemon,
				   void (*changed)(struct daemon *daemon, const char *repository));

#endif
