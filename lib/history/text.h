/* Private to history: texts line by line, by libgit2's diff and merge. */
#ifndef HISTORY_TEXT_H
#define HISTORY_TEXT_H

#include "repository.h"

/* Reads a blob into `out`. ERROR_TOO_LARGE: over its maximum. */
int blob_read(struct history *h, const git_oid *id, struct buffer *out, struct error *error);

struct distance {
	size_t added, removed;
};
int text_distance(struct span from, struct span to, struct distance *ret_distance);
size_t text_lines(struct span text);

/* Lines that `to` has and `from` has not and that begin with `mark`. */
size_t text_added(struct span from, struct span to, const char *mark);

/* Three-way merge that keeps both sides where they meet. */
int text_merge(struct span base, struct span ours, struct span theirs, struct buffer *out,
	       struct error *error);

/* Appends `text` with the line ends that `like` has (CRLF or LF). */
int text_append_like(struct buffer *out, struct span text, struct span like);

#endif
