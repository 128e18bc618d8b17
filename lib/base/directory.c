#include "beneath.h"
#include "failpoint.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int directory_open(const char *path, int *ret_fd, struct error *error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_system(error, errno, "opening the folder %s", path);
	*ret_fd = fd;
	return 0;
}

int directory_open_beneath(int dir, const char *path, int *ret_fd, struct error *error)
{
	int fd = open_beneath(dir, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return refuse_open(error, path, errno);
	*ret_fd = fd;
	return 0;
}

static int make_one(int dir, const char *path, mode_t mode, struct error *error)
{
	_fd_ int parent = -1;
	const char *name;
	int failed = FAILPOINT("file.mkdir"), result;

	result = open_parent(dir, path, &parent, &name, error);
	if (result)
		return result;
	if (!failed && mkdirat(parent, name, mode))
		failed = errno;
	if (failed && failed != EEXIST)
		return error_set_system(error, failed, "making the folder %s", path);
	return 0;
}

int directory_make(int dir, const char *path, mode_t mode, struct error *error)
{
	_fd_ int made = -1;
	int result = 0;

	for (const char *end = path; !result && end;) {
		_free_ char *part = NULL;

		end = strchr(end, '/');
		part = end ? xstrndup(path, (size_t)(end - path)) : xstrdup(path);
		if (end)
			end++;
		if (*part && strcmp(part, "."))
			result = make_one(dir, part, mode, error);
	}
	return result ? result : directory_open_beneath(dir, path, &made, error);
}

int directory_remove(int dir, const char *path, struct error *error)
{
	_fd_ int parent = -1;
	const char *name;
	int result = open_parent(dir, path, &parent, &name, error);
	int failed = FAILPOINT("file.unlink");

	if (result)
		return result;
	if (!failed && unlinkat(parent, name, AT_REMOVEDIR))
		failed = errno;
	return failed ? error_set_system(error, failed, "removing the folder %s", path) : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

struct listing {
	struct dirent **items;
	size_t count, capacity;
};

static void listing_clear(struct listing *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}
CLEANUP_DEFINE_VALUE(struct listing, listing_clear)

/* Returns 0, or -ERROR_TOO_LARGE when there were more than `max`. */
static int listing_read(DIR *stream, size_t max, struct listing *list)
{
	struct dirent *entry;

	while ((entry = readdir(stream))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (array_grow((void **)&list->items, list->count, &list->capacity,
			       sizeof(struct dirent *), max))
			return -(int)ERROR_TOO_LARGE;
		list->items[list->count] = xmalloc(entry->d_reclen);
		memcpy(list->items[list->count++], entry, entry->d_reclen);
	}
	return 0;
}

int directory_walk(int dir, size_t max, directory_visit visit, void *context, struct error *error)
{
	CLEANUP(listing_clear) struct listing list = { 0 };
	int fd = open_beneath(dir, ".", O_RDONLY | O_DIRECTORY, 0), result, over;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream) {
		result = error_set_system(error, errno, "reading a folder");
		fd_close(&fd);
		return result;
	}
	over = listing_read(stream, max, &list);
	closedir(stream);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_name);
	for (size_t i = 0; i < list.count; i++) {
		result = visit(context, list.items[i]->d_name, list.items[i]->d_type);
		if (result)
			return result;
	}
	if (over)
		return error_set(error, ERROR_TOO_LARGE, "more than %zu entries in a folder", max);
	return 0;
}
