#include "repository.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ENTRIES_MAX 100000
#define DEPTH_MAX 16

/* A folder in .git on the way down. */
struct place {
	const struct history *h;
	int fd;
	unsigned depth;
	const char *path; /* from .git, with a slash at the end; "" is .git itself */
	struct error *error;
};

/* Where a commit writes. Loose objects and packs are new files, so that their folders need not be
 * looked into; nothing runs or reads the hooks. */
static bool is_written_below(const char *path)
{
	return !strncmp(path, "refs/", 5) || !strncmp(path, "logs/", 5) ||
	       !strcmp(path, "objects/");
}

static int visit(void *context, const char *name, unsigned char type);

static int look_below(const struct place *place, const char *name, const char *path)
{
	_free_ char *inner_path = xasprintf("%s/", path);
	struct place inner = *place;
	_fd_ int fd = -1;

	if (!is_written_below(inner_path) || place->depth == DEPTH_MAX ||
	    directory_open_beneath(place->fd, name, &fd, NULL))
		return 0;
	inner.fd = fd;
	inner.depth++;
	inner.path = inner_path;
	return directory_walk(fd, ENTRIES_MAX, visit, &inner, place->error);
}

static int visit(void *context, const char *name, unsigned char type)
{
	const struct place *place = context;
	_free_ char *path = xasprintf("%s%s", place->path, name);
	struct stat st;

	if (type == DT_UNKNOWN && !fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		type = IFTODT(st.st_mode);
	if (type == DT_DIR)
		return look_below(place, name, path);
	if (type != DT_LNK || !strcmp(path, "hooks"))
		return 0;
	return error_set(place->error, ERROR_DENIED,
			 "%s/.git/%s is a symbolic link: history is kept only in a folder of the "
			 "agent's own",
			 place->h->path, path);
}

int history_refuse_links(const struct history *h, struct error *error)
{
	struct place top = { .h = h, .fd = h->git, .path = "", .error = error };

	return directory_walk(h->git, ENTRIES_MAX, visit, &top, error);
}
