/* inotify over directories: names that changed, and the moments when names are not known.
 *
 * Directories are watched, never files, because editors replace files. The caller debounces and
 * compares; this module only says which entry of which directory may have changed. When the
 * kernel's queue overflowed it says RESCAN: the caller looks at everything. When a watch could not
 * be had (limit reached) watch_add says so: nothing will be heard of that directory, and the caller
 * looks at it from time to time. Symbolic links are not followed.
 *
 *     watch_new(on_change, daemon, &watch, &error);
 *     watch_add(watch, dir, tag, &error);     then read the folder: what changed before is not told
 *     … watch_dispatch(watch, &error) whenever watch_fd(watch) is readable
 *
 * A directory whose descriptor is kept open is not known to be deleted before that is closed; its
 * parent hears at once. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

enum watch_change {
	WATCH_CHANGED,  /* a file was closed after writing, moved in, or changed its attributes */
	WATCH_GONE,     /* deleted or moved away */
	WATCH_APPEARED, /* made, or moved in: a directory, a link to a file that was written
			 * elsewhere, a symbolic link, a FIFO; not a file that is only now going to
			 * be written */
	WATCH_SELF,     /* the directory itself was deleted or moved; its watch is gone; name "" */
	WATCH_RESCAN,   /* events were lost; tag 0, name "" */
};

struct watch_event {
	enum watch_change change;
	uint64_t tag;     /* of the directory, as given to watch_add */
	const char *name; /* entry in it; valid during the call */
	bool directory;
};
/* May call watch_add and watch_remove, not watch_free. */
typedef void (*watch_sink)(void *context, const struct watch_event *event);

/* ERROR_TOO_LARGE: the user's limit of inotify instances. */
int watch_new(watch_sink sink, void *context, struct watch **ret_watch, struct error *error);
void watch_free(struct watch *watch);
int watch_fd(const struct watch *watch); /* readable: call watch_dispatch */

/* Watches the open directory `dir` (by /proc/self/fd, so that no path is resolved again) under a
 * tag that is not 0. A directory that is watched already only gets the new tag, under which nothing
 * of before is told; a tag that stood for another directory moves to this one. ERROR_TOO_LARGE: the
 * user's limit of watches is reached; the message says which sysctl and value mend it. */
int watch_add(struct watch *watch, int dir, uint64_t tag, struct error *error);
void watch_remove(struct watch *watch, uint64_t tag);

/* Reads what is there and calls the sink; never blocks. */
int watch_dispatch(struct watch *watch, struct error *error);

#endif
