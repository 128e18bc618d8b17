/* inotify over directories: names that changed, and the moments when names are not known.
 *
 * Directories are watched, never files, because editors replace files. The caller debounces and
 * compares; this module only says which entry of which directory may have changed. When the
 * kernel's queue overflowed, or a watch could not be had (limit reached), it says RESCAN: the
 * caller looks at everything. Symbolic links are not followed. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

enum watch_change {
	WATCH_CHANGED, /* a file was closed after writing, moved in, or changed its attributes */
	WATCH_GONE,    /* deleted or moved away */
	WATCH_APPEARED,/* a directory or link was made or moved in */
	WATCH_SELF,    /* the directory itself was deleted or moved; its watch is gone; name "" */
	WATCH_RESCAN,  /* events were lost; tag 0, name "" */
};

struct watch_event {
	enum watch_change change;
	uint64_t tag;          /* of the directory, as given to watch_add */
	const char *name;      /* entry in it; valid during the call */
	bool directory;
};
typedef void (*watch_sink)(void *context, const struct watch_event *event);

int watch_new(watch_sink sink, void *context, struct watch **ret_watch, struct error *error);
void watch_free(struct watch *watch);
int watch_fd(const struct watch *watch); /* readable: call watch_dispatch */

/* Watches the open directory `dir` (by /proc/self/fd, so that no path is resolved again). A directory that
 * is watched already only gets the new tag. ERROR_TOO_LARGE: the user's limit of watches or
 * instances is reached; the message says which sysctl and value mend it. */
int watch_add(struct watch *watch, int dir, uint64_t tag, struct error *error);
void watch_remove(struct watch *watch, uint64_t tag);

/* Reads all that is there and calls the sink; never blocks. */
int watch_dispatch(struct watch *watch, struct error *error);

#endif
