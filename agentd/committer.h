/* Everything that changes a repository, in order per repository, through agentd-history.
 *
 * An agent's facts and posts are added to the file as it is at that moment; where a person's save
 * slipped in between, the file is read again and the addition made anew. A job that the history
 * process could not do is tried again with growing delays until it is done: nothing is dropped. */
#ifndef AGENTD_COMMITTER_H
#define AGENTD_COMMITTER_H

#include "roster.h"

struct committer;

/* How it went: a commit's id, or an error when it cannot be done at all. */
typedef void (*commit_done)(void *context, const char *commit, const struct error *error);

struct committer *committer_new(struct daemon *daemon);
void committer_free(struct committer *committer);

/* Adds facts as L0 entries to an agent's MEMORY.md, in one commit. With `recover`, entries that are
 * there already (same text) are not added again. Strings are copied. */
void committer_remember(struct daemon *daemon, const char *agent, const char *const *facts,
			size_t count, bool recover, int64_t at, const char *message,
			commit_done done, void *context);

/* Posts to the bulletin. What COMMITTER_SYSTEM posts wakes nobody and is no change of anybody's
 * inputs. */
#define COMMITTER_SYSTEM WORKSPACE_SYSTEM
void committer_post(struct daemon *daemon, const char *agent, const char *text, int64_t at,
		    const char *message, commit_done done, void *context);

/* Commits a person's edits in "." or "agents/NAME"; at most one such job waits per repository. */
void committer_edits(struct daemon *daemon, const char *repository);

/* The same for a folder that has just come and may still be on its way: a repository that is made
 * in the middle of `cp -r` would be in the way of the one that is being copied. Each call waits
 * anew. */
void committer_first_edits(struct daemon *daemon, const char *repository);

/* Finds, in the background, repositories whose files are not as state.db remembers them. */
void committer_catch_up(struct daemon *daemon);

/* Is this (a git blob id) the bulletin as the daemon wrote it last, or is writing it just now? */
bool committer_wrote_bulletin(const struct committer *committer, const char *id);

/* Is a file of this repository being written just now? What is seen of it then may be our own
 * write. */
bool committer_writes(const struct committer *committer, const char *repository);

/* Does its repository wait for another try, and all that is to be committed there with it? */
bool committer_is_stuck(const struct committer *committer, const char *agent);

/* The daemon stops: `finished` is called, once, when nothing is under way any more but what waits
 * for another try. A helper that is killed at work would leave its traces in the repository. */
void committer_finish(struct daemon *daemon, void (*finished)(struct daemon *daemon));

#endif
