#include "descriptor.h"

#include "base/failpoint.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define PATH_SIZE 4096

#define EVENTS                                                                              \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF)

int watch_new(watch_sink sink, void *context, struct watch **ret_watch, struct error *error)
{
	int system = FAILPOINT("watch.new"), fd = -1;
	struct watch *watch;

	if (!system) {
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		system = fd < 0 ? errno : 0;
	}
	if (system == EMFILE)
		return watch_limit_error("instances", error);
	if (system)
		return error_set_system(error, system, "cannot start to watch files");
	watch = xcalloc(1, sizeof(*watch));
	*watch = (struct watch){ .fd = fd, .sink = sink, .context = context };
	*ret_watch = watch;
	return 0;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	table_clear(&watch->table);
	fd_close(&watch->fd);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

void watch_forget(struct watch *watch, struct watched *watched)
{
	inotify_rm_watch(watch->fd, watched->wd);
	table_remove(&watch->table, watched);
}

/* Returns the descriptor, or the negative errno. */
static int kernel_add(struct watch *watch, int dir)
{
	int system = FAILPOINT("watch.add"), wd;
	char path[64];

	if (system)
		return -system;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	wd = inotify_add_watch(watch->fd, path, EVENTS | IN_ONLYDIR | IN_EXCL_UNLINK);
	return wd < 0 ? -errno : wd;
}

static char *path_of(int dir)
{
	char link[64], path[PATH_SIZE];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, path, sizeof(path));
	return xstrndup(path, n < 0 ? 0 : (size_t)n);
}

/* Makes room for the new pair. The descriptor changes when the directory was known under another
 * tag: a move that is still queued for the old one must not end the new watch. Returns the
 * descriptor, 0 when everything is as it should be, or the negative errno. */
static int settle(struct watch *watch, int dir, int wd, uint64_t tag)
{
	struct watched *old = table_find(&watch->table, TABLE_BY_WD, (uint64_t)wd);

	if (old && old->tag == tag)
		return 0;
	if (old) {
		watch_forget(watch, old);
		wd = kernel_add(watch, dir);
	}
	watch_remove(watch, tag);
	return wd;
}

int watch_add(struct watch *watch, int dir, uint64_t tag, struct error *error)
{
	struct watched new = { .tag = tag };
	int wd = kernel_add(watch, dir);

	if (wd > 0)
		wd = settle(watch, dir, wd, tag);
	if (!wd)
		return 0;
	if (wd == -ENOSPC || wd == -ENOMEM)
		return watch_limit_error("watches", error);
	if (wd < 0)
		return error_set_system(error, -wd, "cannot watch the folder");
	new.wd = wd;
	new.path = path_of(dir);
	if (!table_add(&watch->table, &new))
		return 0;
	free(new.path);
	inotify_rm_watch(watch->fd, wd);
	return error_set(error, ERROR_TOO_LARGE, "more than %d folders to watch", TABLE_MAX);
}

void watch_remove(struct watch *watch, uint64_t tag)
{
	struct watched *watched = table_find(&watch->table, TABLE_BY_TAG, tag);

	if (watched)
		watch_forget(watch, watched);
}
