/* What the local tools do: read, list and write files in the session's folders.
 *
 * Regular files with one name only: no symbolic link, no hard link to a file elsewhere, no device.
 * On success `out` holds the text for the model; on failure the error's message is that text. */
#ifndef SESSION_FILES_H
#define SESSION_FILES_H

#include "folders.h"

/* At most `limit` bytes of the file, as valid UTF-8, with a line that says so where it was cut. */
int files_read(const struct folders *folders, const char *path, size_t limit, struct buffer *out,
	       struct error *error);

/* Names in byte order, one a line, folders with a slash; for "" and "/" the session's folders. */
int files_list(const struct folders *folders, const char *path, size_t limit, struct buffer *out,
	       struct error *error);

/* Replaces the file as a whole and makes its folders: temporary file, write, fsync, rename, fsync.
 * With `rehearse` nothing is written, and `out` says so. */
int files_write(const struct folders *folders, const char *path, struct span text, bool rehearse,
		struct buffer *out, struct error *error);

/* Appends `text` as UTF-8 without NUL, what is neither as U+FFFD, at most `limit` bytes and never
 * half a code point. Returns whether all of it fitted. */
bool text_append_clean(struct buffer *out, struct span text, size_t limit);

#endif
