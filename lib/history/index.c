#include "lock.h"
#include "snapshot.h"

#include "base/failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define INDEX_MAX (64 * 1024 * 1024)

/* Written here first: index.lock itself stays in place, with our mark in it, until all is done. */
#define DRAFT "agentd-index"

/* How long before the index is written a file may have been read, at most (a lock is waited for 5
 * s). */
#define RECENT_NS (30 * (int64_t)1000000000)

static int64_t mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static void entry_of(const struct change *change, git_index_entry *ret_entry)
{
	const struct stat *st = &change->st;

	*ret_entry =
		(git_index_entry){ .mode = change->mode, .id = change->id, .path = change->path };
	if (!st->st_nlink)
		return; /* no file with these bytes: git will look for itself */
	ret_entry->ctime = (git_index_time){ (int32_t)st->st_ctim.tv_sec,
					     (uint32_t)st->st_ctim.tv_nsec };
	ret_entry->mtime = (git_index_time){ (int32_t)st->st_mtim.tv_sec,
					     (uint32_t)st->st_mtim.tv_nsec };
	ret_entry->dev = (uint32_t)st->st_dev;
	ret_entry->ino = (uint32_t)st->st_ino;
	ret_entry->uid = st->st_uid;
	ret_entry->gid = st->st_gid;
	ret_entry->file_size = (uint32_t)st->st_size;
}

void index_draft_remove(struct history *h)
{
	unlinkat(h->git, DRAFT, 0);
	unlinkat(h->git, DRAFT ".lock", 0);
	unlinkat(h->git, LOCK_DRAFT, 0);
	unlinkat(h->git, REFERENCE_DRAFT, 0);
}

/* Now, as the file system counts it. */
static int64_t now_ns(const struct history *h)
{
	struct stat st;

	return fstat(h->lock_fd, &st) ? 0 : mtime_ns(&st);
}

/* A copy of the index as it is, which keeps what libgit2 keeps of git's extensions, or HEAD's. */
static int draft_open(struct history *h, const struct snapshot *s, git_index **ret_index,
		      struct error *error)
{
	_free_ char *path = xasprintf("%s/.git/" DRAFT, h->path);
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(INDEX_MAX);
	_fd_ int fd = -1;
	int result = 0;

	index_draft_remove(h);
	if (!s->index_lost) {
		result = file_read(h->git, "index", &bytes, NULL, error);
		if (!result)
			result = file_create(h->git, DRAFT, 0644, &fd, error);
		if (!result)
			result = fd_write_all(fd, buffer_span(&bytes), error);
	}
	if (result)
		return result;
	result = git_index_open(ret_index, path);
	if (!result && s->index_lost && s->tree)
		result = git_index_read_tree(*ret_index, s->tree);
	return result ? git_refuse(error, result, "making %s", path) : 0;
}

static int apply(git_index *index, const struct change *changes, size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count; i++)
		if (changes[i].gone)
			git_index_remove(index, changes[i].path, 0);
	for (size_t i = 0; !result && i < count; i++) {
		git_index_entry entry;

		entry_of(&changes[i], &entry);
		if (!changes[i].gone)
			result = git_index_add(index, &entry);
	}
	return result;
}

/* The oldest moment that the index may bear: a file that was written after we read it must count as
 * newer than the index, however coarse the file system's clock is. */
static int64_t oldest(const struct change *changes, size_t count, int64_t made_ns, int64_t so_far)
{
	for (size_t i = 0; i < count; i++) {
		int64_t at = mtime_ns(&changes[i].st);

		if (changes[i].st.st_nlink && at > made_ns - RECENT_NS && at < so_far)
			so_far = at;
	}
	return so_far;
}

static int put_in_place(struct history *h, int64_t at_ns, struct error *error)
{
	struct timespec times[2] = { { 0, UTIME_OMIT },
				     { at_ns / 1000000000, at_ns % 1000000000 } };
	int failed = FAILPOINT("history.rename");

	if (!failed && utimensat(h->git, DRAFT, times, AT_SYMLINK_NOFOLLOW))
		failed = errno;
	if (!failed && renameat(h->git, DRAFT, h->git, "index"))
		failed = errno;
	return failed ? error_set_system(error, failed, "replacing %s/.git/index", h->path) : 0;
}

int index_write(struct history *h, const struct snapshot *s, const struct change *changes,
		size_t count, const struct changes *refreshed, struct error *error)
{
	CLEANUP(git_index_free) git_index *index = NULL;
	int64_t made = now_ns(h), at = made;
	int failed = FAILPOINT("history.index");
	int result = failed ? error_set_system(error, failed, "writing the index of %s", h->path)
			    : draft_open(h, s, &index, error);

	if (result)
		return result;
	result = apply(index, changes, count);
	at = oldest(changes, count, made, at);
	if (!result && refreshed) {
		result = apply(index, refreshed->items, refreshed->count);
		at = oldest(refreshed->items, refreshed->count, made, at);
	}
	if (!result)
		result = git_index_write(index);
	if (result)
		return git_refuse(error, result, "writing the index of %s", h->path);
	return put_in_place(h, at, error);
}

int index_mend(struct history *h, const struct snapshot *s, const struct change *changes,
	       size_t count, const struct changes *refreshed, struct error *error)
{
	CLEANUP(index_lock_drop) struct index_lock lock = { NULL };
	int result = index_lock_take(h, &lock, error);

	if (result)
		return result;
	if (!snapshot_holds(h, s))
		return error_set(error, ERROR_CONFLICT, "%s: HEAD or index changed meanwhile",
				 h->path);
	return index_write(h, s, changes, count, refreshed, error);
}
