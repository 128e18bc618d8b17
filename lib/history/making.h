/* Private to history: a repository that is made, and one whose making was cut off.
 *
 * .git/info/exclude is written first, so that it tells whose work a half-made repository is: one
 * that we began and that has no branch yet holds nothing of anybody's, and is made anew where a
 * kill or a power cut left it without a HEAD and settings that can be read. */
#ifndef HISTORY_MAKING_H
#define HISTORY_MAKING_H

#include "repository.h"

/* Is all there that makes a folder a repository, and sound as far as we answer for it? */
bool making_is_done(const struct history *h);

/* Makes what is missing. Needs h->dir and h->path alone. */
int making_do(struct history *h, struct error *error);

/* So that the first commit does not outlive what it stands in. */
int making_sync(struct history *h, struct error *error);

/* Removes what libgit2 tries the folder with (a link "_git2_" and sixteen digits) and our own
 * drafts in .git/info. */
void making_tidy(struct history *h);

#endif
