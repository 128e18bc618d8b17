/* Takes a crash state up as the programs do, and holds it against what had been promised.
 *
 * Promises are what the record shows to have been answered before the crash: marks of the script,
 *     line FILE TEXT      this line stands in the file and in its repository's HEAD, once
 *     rows N SELECT …     the database yields at least this number
 * and messages: a commit that agentd-history named is in its repository's history; a fact, a post
 * and a reply that a session was told of have their results in the journal; a call that the gateway
 * was asked for has its intent there.
 *
 * Besides, each repository has the same commits by the same authors, in the same order, as the
 * undisturbed run, up to some point; `git fsck --strict` and `git status` have nothing to say; no
 * lock and no draft is left; SQLite's integrity check is content; and all is the same when it is
 * taken up once more. */
#ifndef CRASH_RECOVERY_H
#define CRASH_RECOVERY_H

#include "operation.h"

/* How the undisturbed run ended: FILES of `author: subject` lines, oldest first. */
struct story {
	char *repository;
	char **lines;
	size_t count;
};

struct recovery {
	const struct operation *operations;
	struct story *stories;
	size_t story_count;
};

/* Reads the stories of the folder that was recorded. */
void recovery_begin(struct recovery *recovery, const char *root);

/* Recovers and checks `path`, which is a state of the first `happened` operations. Says what is
 * wrong on stdout. Returns 0 when all is well. */
int recovery_check(const struct recovery *recovery, size_t happened, const char *path);

#endif
