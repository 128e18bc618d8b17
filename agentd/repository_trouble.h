/* A repository that cannot be committed to: who is told, and when.
 *
 * What is to be committed waits in the committer and is tried again every few seconds, so that all
 * goes on by itself when a disk has room, a person has ended a merge, or a repository was put
 * right. After some seconds it is an incident, with what a person can do.
 *
 * A file that a program has open for writing is not replaced under its hands: what is typed next
 * would be lost. To wait loses nothing, so that it has no end; `status` says what is waited for,
 * and after ten minutes, where somebody may have forgotten a window, that is an incident, too.
 *
 * A lock that another git has left is a special case: agentd-history, behind its walls, cannot see
 * who is at work. agentd can. Where for half a minute no process named git… has been in the folder,
 * or been told its path, agentd-history is told that the lock is nobody's. */
#ifndef AGENTD_REPOSITORY_TROUBLE_H
#define AGENTD_REPOSITORY_TROUBLE_H

#include "daemon.h"

/* Whose it is: "kira" of "agents/kira"; NULL: the workspace's own, ".". A part of `repository`. */
const char *repository_agent(const char *repository);

/* Has somebody the file that is to be replaced open for writing? Then nothing was done. */
bool trouble_is_writer(const struct error *error);

/* A job of `repository` (".", "agents/kira") failed, as all have for `since_ms` milliseconds. */
void repository_trouble(struct daemon *daemon, const char *repository, const struct error *error,
			int64_t since_ms);
/* One has succeeded. `lock` (may be NULL) was in its way, and was removed. */
void repository_well(struct daemon *daemon, const char *repository, const char *lock);

/* Incidents of repositories whose folder is gone are over. */
void repositories_review(struct daemon *daemon);

/* Has whoever holds its lock been away for so long? Looks into /proc: some milliseconds. */
bool repository_is_abandoned(const struct daemon *daemon, const char *repository,
			     const struct error *error, int64_t since_ms);

#endif
