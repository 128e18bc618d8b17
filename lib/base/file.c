#include "file.h"

#include "beneath.h"
#include "failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

void file_stamp_of(const struct stat *st, struct file_stamp *ret_stamp)
{
	ret_stamp->size = st->st_size;
	ret_stamp->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	ret_stamp->ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
	ret_stamp->inode = st->st_ino;
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->inode == b->inode;
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a folder";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFCHR:
	case S_IFBLK: return "a device";
	default: return "something else";
	}
}

int file_open_beneath(int dir, const char *path, int *ret_fd, struct stat *ret_stat,
		      struct error *error)
{
	_fd_ int fd = open_beneath(dir, path, O_RDONLY, 0);
	struct stat st;

	/* A socket cannot be opened at all: ENXIO. */
	if (fd < 0 && errno == ENXIO)
		return error_set(error, ERROR_INVALID,
				 "%s is a socket or device, not a regular file", path);
	if (fd < 0)
		return refuse_open(error, path, errno);
	if (fstat(fd, &st))
		return error_set_system(error, errno, "looking at %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(error, ERROR_INVALID, "%s is %s, not a regular file", path,
				 kind_of(st.st_mode));
	if (ret_stat)
		*ret_stat = st;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int file_stat(int dir, const char *path, struct stat *ret_stat, struct error *error)
{
	_fd_ int parent = -1;
	const char *name;
	int result = open_parent(dir, path, &parent, &name, error);

	if (result)
		return result;
	if (fstatat(parent, name, ret_stat, AT_SYMLINK_NOFOLLOW))
		return error_set_system(error, errno, "looking at %s", path);
	return 0;
}

/* ---- reading ---- */

/* Reads until the end, at most what `out` may still hold; sets out->overflow beyond. */
static int read_to_end(int fd, size_t expected, struct buffer *out)
{
	for (;;) {
		size_t room = out->max - out->length, want = expected ? expected : 4096;
		char probe, *at;
		ssize_t got;

		want = want < room ? want : room;
		at = want ? buffer_reserve(out, want) : &probe;
		got = read(fd, at, want ? want : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (!got)
			return 0;
		if (!want) {
			out->overflow = true;
			return 0;
		}
		buffer_advance(out, (size_t)got);
		expected = expected > (size_t)got ? expected - (size_t)got : 0;
	}
}

int fd_read_all(int fd, struct buffer *out, struct error *error)
{
	int failed = read_to_end(fd, 0, out);

	if (failed)
		return error_set_system(error, failed, "reading");
	if (out->overflow)
		return error_set(error, ERROR_TOO_LARGE, "more than %zu bytes", out->max);
	return 0;
}

int file_read(int dir, const char *path, struct buffer *out, struct stat *ret_stat,
	      struct error *error)
{
	_fd_ int fd = -1;
	struct stat st;
	int result = file_open_beneath(dir, path, &fd, &st, error), failed;

	if (result)
		return result;
	if ((uint64_t)st.st_size > out->max - out->length)
		return error_set(error, ERROR_TOO_LARGE, "%s has %lld bytes; at most %zu are read",
				 path, (long long)st.st_size, out->max);
	failed = read_to_end(fd, (size_t)st.st_size, out);
	if (failed)
		return error_set_system(error, failed, "reading %s", path);
	if (out->overflow)
		return error_set(error, ERROR_TOO_LARGE, "%s has more than %zu bytes", path,
				 out->max);
	if (ret_stat && fstat(fd, ret_stat))
		return error_set_system(error, errno, "looking at %s", path);
	return 0;
}

/* ---- writing ---- */

int fd_write_all(int fd, struct span bytes, struct error *error)
{
	int failed = FAILPOINT("file.write");

	while (!failed && bytes.length) {
		ssize_t written = write(fd, bytes.data, bytes.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			failed = errno;
		else
			bytes = span_slice(bytes, (size_t)written, bytes.length);
	}
	return failed ? error_set_system(error, failed, "writing") : 0;
}

int fd_sync(int fd, struct error *error)
{
	int failed = FAILPOINT("file.sync");

	if (!failed && fsync(fd))
		failed = errno;
	return failed ? error_set_system(error, failed, "syncing to disk") : 0;
}

static int open_for_writing(int dir, const char *path, int flags, mode_t mode, int *ret_fd,
			    struct error *error)
{
	_fd_ int fd = open_beneath(dir, path, O_WRONLY | O_CREAT | flags, mode);
	struct stat st;

	if (fd < 0)
		return refuse_open(error, path, errno);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(error, ERROR_INVALID, "%s is not a regular file", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int file_create(int dir, const char *path, mode_t mode, int *ret_fd, struct error *error)
{
	return open_for_writing(dir, path, O_TRUNC, mode, ret_fd, error);
}

int file_append_open(int dir, const char *path, mode_t mode, int *ret_fd, struct error *error)
{
	return open_for_writing(dir, path, O_APPEND, mode, ret_fd, error);
}

int file_rename(int dir, const char *from, const char *to, struct error *error)
{
	_fd_ int from_parent = -1, to_parent = -1;
	const char *from_name, *to_name;
	int result = open_parent(dir, from, &from_parent, &from_name, error);
	int failed = FAILPOINT("file.rename");

	if (!result)
		result = open_parent(dir, to, &to_parent, &to_name, error);
	if (result)
		return result;
	if (!failed && renameat(from_parent, from_name, to_parent, to_name))
		failed = errno;
	return failed ? error_set_system(error, failed, "renaming %s to %s", from, to) : 0;
}

int file_unlink(int dir, const char *path, struct error *error)
{
	_fd_ int parent = -1;
	const char *name;
	int result = open_parent(dir, path, &parent, &name, error),
	    failed = FAILPOINT("file.unlink");

	if (result)
		return result;
	if (!failed && unlinkat(parent, name, 0))
		failed = errno;
	return failed ? error_set_system(error, failed, "removing %s", path) : 0;
}

int file_remove(int dir, const char *path, struct error *error)
{
	_fd_ int parent = -1;
	const char *name;
	int result = file_unlink(dir, path, error);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	if (!result)
		result = open_parent(dir, path, &parent, &name, error);
	return result ? result : fd_sync(parent, error);
}

int memory_file_sealed(const char *name, struct span content, int *ret_fd, struct error *error)
{
	_fd_ int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int result;

	if (fd < 0)
		return error_set_system(error, errno, "making the memory file %s", name);
	result = fd_write_all(fd, content, error);
	if (result)
		return result;
	if (lseek(fd, 0, SEEK_SET) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return error_set_system(error, errno, "sealing the memory file %s", name);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int file_lock(int dir, const char *path, int *ret_fd, pid_t *ret_owner, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer owner = BUFFER(64);
	_fd_ int fd = open_beneath(dir, path, O_RDWR | O_CREAT, 0600);
	char pid[24];
	int length;

	if (fd < 0)
		return refuse_open(error, path, errno);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return error_set_system(error, errno, "locking %s", path);
		*ret_owner = 0;
		if (!fd_read_all(fd, &owner, NULL) && owner.data)
			*ret_owner = (pid_t)strtol(owner.data, NULL, 10);
		return error_set(error, ERROR_BUSY, "%s is held by process %d", path,
				 (int)*ret_owner);
	}
	length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)length, 0) != length)
		return error_set_system(error, errno, "writing %s", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* "sedAbC123", which `sed -i` makes beside the file. */
static bool is_sed_scratch(const char *name, size_t length)
{
	if (length != 9 || strncmp(name, "sed", 3))
		return false;
	for (size_t i = 3; i < length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
			    name[i]))
			return false;
	return true;
}

bool file_name_is_scratch(const char *name)
{
	size_t length = strlen(name);
	const char *dot = strrchr(name, '.');

	if (!length || name[length - 1] == '~' || !strncmp(name, ".#", 2) ||
	    (name[0] == '#' && name[length - 1] == '#') || !strcmp(name, "4913") ||
	    !strncmp(name, ".goutputstream-", 15) || !strncmp(name, "_git2_", 6))
		return true;
	if (name[0] == '.' && dot && dot != name && strlen(dot) == 4 && !strncmp(dot, ".sw", 3))
		return true;
	return is_sed_scratch(name, length);
}
