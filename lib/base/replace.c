#include "beneath.h"
#include "failpoint.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

/* A file that takes the place of another: made beside it, under a name that nobody else uses. */
struct replacement {
	int parent;
	const char *name; /* of the file to be replaced; slices the caller's path */
	char temporary[NAME_MAX + 1];
};

static void replacement_clear(struct replacement *r)
{
	if (r->temporary[0])
		unlinkat(r->parent, r->temporary, 0);
	fd_close(&r->parent);
}
CLEANUP_DEFINE_VALUE(struct replacement, replacement_clear)

/* A name that is there was left by a process that died with our number; it may hold the only copy
 * of a person's save. */
#define NAMES_MAX 10000

static int replacement_create(struct replacement *r, mode_t mode, int *ret_fd, struct error *error)
{
	static unsigned counter; /* threads share it */
	struct stat st;
	int fd = -1;

	if (!fstatat(r->parent, r->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (!S_ISREG(st.st_mode))
			return error_set(error, ERROR_INVALID, "%s is not a regular file", r->name);
		mode = st.st_mode & 07777;
	}
	for (int i = 0; fd < 0 && i < NAMES_MAX && (!i || errno == EEXIST); i++) {
		snprintf(r->temporary, sizeof(r->temporary), ".agentd-%d-%u~", (int)getpid(),
			 __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED));
		fd = open_beneath(r->parent, r->temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
	}
	if (fd < 0) {
		r->temporary[0] = '\0';
		return error_set_system(error, errno, "creating a file beside %s", r->name);
	}
	*ret_fd = fd;
	return fchmod(fd, mode) ? error_set_system(error, errno, "creating %s", r->name) : 0;
}

/* Up to the point where the new content is durable under the temporary name. */
static int replacement_prepare(struct replacement *r, int dir, const char *path,
			       struct span content, mode_t mode, struct error *error)
{
	_fd_ int fd = -1;
	int result;

	*r = (struct replacement){ .parent = -1 };
	result = open_parent(dir, path, &r->parent, &r->name, error);
	if (!result)
		result = replacement_create(r, mode, &fd, error);
	if (!result)
		result = fd_write_all(fd, content, error);
	if (!result)
		result = fd_sync(fd, error);
	return result;
}

static int replacement_rename(struct replacement *r, unsigned flags)
{
	int failed = FAILPOINT("file.rename");

	if (!failed && renameat2(r->parent, r->temporary, r->parent, r->name, flags))
		failed = errno;
	return failed;
}

int file_replace(int dir, const char *path, struct span content, mode_t mode, struct error *error)
{
	CLEANUP(replacement_clear) struct replacement r = { .parent = -1 };
	int result = replacement_prepare(&r, dir, path, content, mode, error), failed;

	if (result)
		return error_prefix(error, "%s: ", path);
	failed = replacement_rename(&r, 0);
	if (failed)
		return error_set_system(error, failed, "replacing %s", path);
	r.temporary[0] = '\0';
	return fd_sync(r.parent, error);
}

/* What stands under the temporary name: what our exchange took out of the place. */
static int read_displaced(const struct replacement *r, struct buffer *out)
{
	buffer_clear(out);
	return file_read(r->parent, r->temporary, out, NULL, NULL);
}

#define DISPLACED_MAX ((size_t)64 * 1024 * 1024)
#define PUT_BACK_MAX 100

/* Something else than expected came out of the place: it goes back. Where a further save took our
 * place meanwhile, that one came out now, is the newer and goes back in turn, until what comes out
 * is what was put there last. */
static int put_back(struct replacement *r, struct span ours)
{
	CLEANUP(buffer_clear)
	struct buffer put = BUFFER(DISPLACED_MAX), out = BUFFER(DISPLACED_MAX);
	int failed = buffer_append(&put, ours) ? EFBIG : 0;

	for (int i = 0; !failed && i < PUT_BACK_MAX; i++) {
		CLEANUP(buffer_clear) struct buffer next = BUFFER(DISPLACED_MAX);

		if (read_displaced(r, &next))
			return EIO;
		failed = replacement_rename(r, RENAME_EXCHANGE);
		if (!failed &&
		    (read_displaced(r, &out) || span_equal(buffer_span(&out), buffer_span(&put))))
			return 0;
		buffer_reset(&put);
		buffer_append(&put, buffer_span(&next));
	}
	return failed ? failed : EAGAIN;
}

static bool holds(const struct replacement *r, struct span expected)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(expected.length);

	return !read_displaced(r, &found) && span_equal(buffer_span(&found), expected);
}

/* After the exchange. Who opened the file before that has it open still, or has written and is
 * seen by what it holds: in this order nobody is missed. */
static int look_at_displaced(struct replacement *r, struct span expected, struct span content,
			     const char *path, struct error *error)
{
	int result = file_refuse_writer(r->parent, r->temporary, path, error), failed;

	if (!result && holds(r, expected))
		return 0;
	failed = put_back(r, content);
	/* Never delete the only copy of a person's save, nor what somebody has begun to write to.
	 */
	if (failed || file_refuse_writer(r->parent, r->temporary, path, NULL))
		r->temporary[0] = '\0';
	if (failed)
		return error_set_system(error, failed, "putting back %s", path);
	return result ? result : error_set(error, ERROR_CONFLICT, "%s was changed meanwhile", path);
}

int file_replace_if(int dir, const char *path, struct span expected, struct span content,
		    mode_t mode, struct error *error)
{
	CLEANUP(replacement_clear) struct replacement r = { .parent = -1 };
	int result = replacement_prepare(&r, dir, path, content, mode, error), failed;

	if (result)
		return error_prefix(error, "%s: ", path);
	if (expected.data)
		result = file_refuse_writer(dir, path, path, error);
	if (result)
		return result;
	failed = replacement_rename(&r, expected.data ? RENAME_EXCHANGE : RENAME_NOREPLACE);
	if (failed == EEXIST || failed == ENOENT)
		return error_set(error, ERROR_CONFLICT, "%s was %s meanwhile", path,
				 failed == EEXIST ? "created" : "removed");
	if (failed)
		return error_set_system(error, failed, "replacing %s", path);
	if (!expected.data)
		r.temporary[0] = '\0';
	else
		result = look_at_displaced(&r, expected, content, path, error);
	return result ? result : fd_sync(r.parent, error);
}
