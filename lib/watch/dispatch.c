#include "descriptor.h"

#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE (16 * 1024)
#define READS_MAX 64 /* of one dispatch, so that a busy writer cannot hold the loop */
#define PATH_SIZE (4096 + 256)

#define OF_SELF (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

static void tell(struct watch *watch, enum watch_change change, uint64_t tag, const char *name,
		 bool directory)
{
	struct watch_event event = {
		.change = change,
		.tag = tag,
		.name = name,
		.directory = directory,
	};

	watch->sink(watch->context, &event);
}

/* inotify tells of a new name alike whether open(2) made an empty file, which is not worth a look
 * before it is closed, or link(2) or linkat(2) of an O_TMPFILE brought a whole one, which nobody
 * closes any more. A file that already holds something, or a name that cannot be looked at where
 * the directory was, is told once too often rather than never. */
static bool is_about_to_be_written(const struct watched *watched, const char *name)
{
	char path[PATH_SIZE];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s", watched->path, name);

	if (n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st))
		return false;
	return S_ISREG(st.st_mode) && st.st_nlink == 1 && !st.st_size;
}

static void tell_entry(struct watch *watch, const struct watched *watched,
		       const struct inotify_event *event)
{
	bool directory = event->mask & IN_ISDIR;
	uint64_t tag = watched->tag;

	if (event->mask & (IN_DELETE | IN_MOVED_FROM))
		tell(watch, WATCH_GONE, tag, event->name, directory);
	else if (event->mask & (IN_CLOSE_WRITE | IN_ATTRIB))
		tell(watch, WATCH_CHANGED, tag, event->name, directory);
	else if (event->mask & IN_MOVED_TO)
		tell(watch, directory ? WATCH_APPEARED : WATCH_CHANGED, tag, event->name,
		     directory);
	else if (directory || !is_about_to_be_written(watched, event->name))
		tell(watch, WATCH_APPEARED, tag, event->name, directory);
}

static void tell_self(struct watch *watch, struct watched *watched)
{
	uint64_t tag = watched->tag;

	watch_forget(watch, watched);
	tell(watch, WATCH_SELF, tag, "", true);
}

static void handle(struct watch *watch, const struct inotify_event *event)
{
	struct watched *watched;

	if (event->mask & IN_Q_OVERFLOW) {
		tell(watch, WATCH_RESCAN, 0, "", false);
		return;
	}
	watched = event->wd > 0 ? table_find(&watch->table, TABLE_BY_WD, (uint64_t)event->wd)
				: NULL;
	if (!watched)
		return; /* of a watch that was given up meanwhile */
	if (event->mask & OF_SELF)
		tell_self(watch, watched);
	else if (event->len && event->name[0])
		tell_entry(watch, watched, event);
}

static void handle_all(struct watch *watch, const char *bytes, size_t size)
{
	const struct inotify_event *event;

	for (size_t at = 0; at < size; at += sizeof(*event) + event->len) {
		event = (const void *)(bytes + at);
		handle(watch, event);
	}
}

int watch_dispatch(struct watch *watch, struct error *error)
{
	char bytes[READ_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	for (int reads = 0; reads < READS_MAX; reads++) {
		n = read(watch->fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return error_set_system(error, errno, "cannot read what changed");
		if (n <= 0)
			return 0;
		handle_all(watch, bytes, (size_t)n);
	}
	return 0;
}
