/* The insides of a watch, for the files of this folder. */
#ifndef WATCH_DESCRIPTOR_H
#define WATCH_DESCRIPTOR_H

#include "table.h"
#include "watch.h"

struct watch {
	int fd;
	watch_sink sink;
	void *context;
	struct table table;
};

/* Ends the watch: no event that is still queued for it finds its directory any more. */
void watch_forget(struct watch *watch, struct watched *watched);

/* The error for a limit of inotify that was reached: "watches" or "instances". */
int watch_limit_error(const char *what, struct error *error);

#endif
