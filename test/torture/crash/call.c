#include "call.h"

#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define WRITE_MAX ((size_t)64 * 1024 * 1024)
#define MESSAGE_MAX ((size_t)1024 * 1024)
#define WORDS_MAX 64 /* of a command line */

/* Looks at the arguments before the call: 0 where it is none of ours. */
typedef int (*kind_begin)(struct call *call);
/* After it succeeded with `result`: fills what was not known. 0: nothing happened. */
typedef int (*kind_end)(struct call *call, int64_t result);

struct kind {
	long number;
	kind_begin begin;
	kind_end end;
	int at; /* which argument is the descriptor or folder, from 0 */
};

void call_broken(const char *what)
{
	fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
	exit(TRACED_STATUS_BROKEN);
}

static bool is_inside(const struct call *c, const char *path)
{
	size_t length = strlen(c->recording->folder);

	return !strncmp(path, c->recording->folder, length) &&
	       (path[length] == '/' || !path[length]);
}

static bool is_file_of_ours(struct call *c, int fd, struct stat *st)
{
	return thread_fd_path(c->thread, fd, c->path) && is_inside(c, c->path) &&
	       thread_fd_stat(c->thread, fd, st) && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
}

static void data_read(struct call *c, uint64_t from, size_t length)
{
	char *to = length ? buffer_reserve(&c->data, length) : NULL;

	if (!length)
		return;
	if (!to || thread_read(c->thread, from, to, length) != length)
		call_broken("reading what is written");
	buffer_advance(&c->data, length);
}

static void vector_read(struct call *c, uint64_t from, size_t count)
{
	struct iovec vector[IOV_MAX];

	if (count > IOV_MAX || thread_read(c->thread, from, vector, count * sizeof(*vector)) !=
				       count * sizeof(*vector))
		call_broken("reading what is written");
	for (size_t i = 0; i < count; i++)
		if (vector[i].iov_len)
			data_read(c, (uint64_t)(uintptr_t)vector[i].iov_base, vector[i].iov_len);
}

static void all_read(struct call *c)
{
	struct msghdr message;

	switch (c->kind->number) {
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2: vector_read(c, c->arguments[1], c->arguments[2]); break;
	case SYS_sendmsg:
		if (thread_read(c->thread, c->arguments[1], &message, sizeof(message)) ==
		    sizeof(message))
			vector_read(c, (uint64_t)(uintptr_t)message.msg_iov, message.msg_iovlen);
		break;
	default: data_read(c, c->arguments[1], c->arguments[2]); break;
	}
}

/* What leaves a program of ours. Threads of libuv and of the store have other names, and send and
 * start nothing. */
static void leaving_record(struct call *c, enum operation_kind kind)
{
	struct operation o = { .kind = kind, .target = c->target };
	char name[THREAD_NAME_SIZE];

	thread_read_name(c->thread, name);
	if (strncmp(name, "agentd", 6))
		return;
	if (kind == OPERATION_MESSAGE) {
		c->data.max = MESSAGE_MAX;
		all_read(c);
	}
	o.path = name;
	o.data = buffer_span(&c->data);
	operation_write(c->recording->file, &o);
}

static int write_begin(struct call *c)
{
	int fd = (int)c->arguments[c->kind->at], flags;
	int64_t offset;
	struct stat st;

	if (!thread_fd_stat(c->thread, fd, &st))
		return 0;
	if (S_ISSOCK(st.st_mode) && c->kind->number != SYS_sendfile)
		leaving_record(c, OPERATION_MESSAGE);
	if (!S_ISREG(st.st_mode) || !thread_fd_path(c->thread, fd, c->path))
		return 0;
	if (!strcmp(c->path, c->recording->marks)) {
		all_read(c);
		c->operation.kind = OPERATION_MARK;
		return 1;
	}
	if (!is_inside(c, c->path))
		return 0;
	thread_fd_place(c->thread, fd, &offset, &flags);
	if (c->kind->number == SYS_pwrite64 || c->kind->number == SYS_pwritev ||
	    c->kind->number == SYS_pwritev2)
		offset = (int64_t)c->arguments[3];
	if (flags & O_APPEND)
		offset = st.st_size;
	all_read(c);
	c->operation.kind = OPERATION_WRITE;
	c->operation.inode = st.st_ino;
	c->operation.number = (uint64_t)offset;
	return 1;
}

static int write_end(struct call *c, int64_t result)
{
	c->operation.data = buffer_span(&c->data);
	if ((size_t)result < c->operation.data.length)
		c->operation.data.length = (size_t)result;
	return result > 0;
}

static int send_begin(struct call *c)
{
	struct stat st;

	if (thread_fd_stat(c->thread, (int)c->arguments[0], &st) && S_ISSOCK(st.st_mode))
		leaving_record(c, OPERATION_MESSAGE);
	return 0;
}

/* Its words, a line each. */
static int exec_begin(struct call *c)
{
	uint64_t words[WORDS_MAX] = { 0 };
	char word[PATH_MAX];

	thread_read_text(c->thread, c->arguments[0], c->target, sizeof(c->target));
	for (size_t i = 0; i < WORDS_MAX; i++) {
		if (thread_read(c->thread, c->arguments[1] + i * sizeof(*words), &words[i],
				sizeof(*words)) != sizeof(*words) ||
		    !words[i])
			break;
		thread_read_text(c->thread, words[i], word, sizeof(word));
		buffer_append_text(&c->data, word);
		buffer_append_text(&c->data, "\n");
	}
	leaving_record(c, OPERATION_EXEC);
	return 0;
}

/* The bytes never pass through the program's memory: they are read from the file afterwards. */
static int copy_begin(struct call *c)
{
	int fd = (int)c->arguments[c->kind->at], flags;
	uint64_t given = 0;
	struct stat st;
	int64_t offset;

	if (!is_file_of_ours(c, fd, &st))
		return 0;
	thread_fd_place(c->thread, fd, &offset, &flags);
	if (c->kind->number == SYS_copy_file_range && c->arguments[3]) {
		thread_read(c->thread, c->arguments[3], &given, sizeof(given));
		offset = (int64_t)given;
	}
	c->operation.kind = OPERATION_WRITE;
	c->operation.inode = st.st_ino;
	c->operation.number = flags & O_APPEND ? (uint64_t)st.st_size : (uint64_t)offset;
	return 1;
}

static int copy_end(struct call *c, int64_t result)
{
	int fd = open(c->path, O_RDONLY | O_CLOEXEC);
	char *to = result > 0 ? buffer_reserve(&c->data, (size_t)result) : NULL;

	if (!to || pread(fd, to, (size_t)result, (off_t)c->operation.number) != result)
		result = 0;
	if (result)
		buffer_advance(&c->data, (size_t)result);
	close(fd);
	c->operation.data = buffer_span(&c->data);
	return result > 0;
}

static int sync_begin(struct call *c)
{
	struct stat st;

	if (!is_file_of_ours(c, (int)c->arguments[0], &st))
		return 0;
	c->operation.kind = OPERATION_SYNC;
	c->operation.inode = st.st_ino;
	return 1;
}

static int cut_begin(struct call *c)
{
	struct stat st;

	if (!is_file_of_ours(c, (int)c->arguments[0], &st))
		return 0;
	c->operation.kind = OPERATION_CUT;
	c->operation.inode = st.st_ino;
	c->operation.number = c->arguments[1];
	if (c->kind->number != SYS_fallocate)
		return 1;
	c->operation.number = c->arguments[2] + c->arguments[3];
	return !c->arguments[1] && c->operation.number > (uint64_t)st.st_size;
}

static int mode_begin(struct call *c)
{
	struct stat st;

	if (!is_file_of_ours(c, (int)c->arguments[0], &st))
		return 0;
	c->operation.kind = OPERATION_MODE;
	c->operation.inode = st.st_ino;
	c->operation.number = c->arguments[1] & 07777;
	return 1;
}

static int mode_at_begin(struct call *c)
{
	struct stat st;
	bool at = c->kind->number == SYS_fchmodat;

	if (!thread_read_path(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
			      c->path) ||
	    !is_inside(c, c->path) || stat(c->path, &st))
		return 0;
	c->operation.kind = OPERATION_MODE;
	c->operation.inode = st.st_ino;
	c->operation.number = c->arguments[at + 1] & 07777;
	return 1;
}

static int done(struct call *c, int64_t result)
{
	(void)c;
	(void)result;
	return 1;
}

static uint64_t open_flags(const struct call *c)
{
	struct open_how how = { 0 };

	switch (c->kind->number) {
	case SYS_openat2:
		thread_read(c->thread, c->arguments[2], &how, sizeof(how));
		return how.flags;
	case SYS_openat: return c->arguments[2];
#ifdef SYS_open
	case SYS_open: return c->arguments[1];
	default: return O_CREAT | O_TRUNC;
#else
	default: return 0;
#endif
	}
}

static int open_begin(struct call *c)
{
	uint64_t flags = open_flags(c);
	bool at = c->kind->number == SYS_openat || c->kind->number == SYS_openat2;
	struct stat st;

	if (!(flags & (O_CREAT | O_TRUNC)) ||
	    !thread_read_path(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
			      c->path) ||
	    !is_inside(c, c->path))
		return 0;
	c->existed = !stat(c->path, &st);
	return !c->existed || (flags & O_TRUNC && st.st_size);
}

static int open_end(struct call *c, int64_t result)
{
	struct stat st;

	if (!thread_fd_stat(c->thread, (int)result, &st) ||
	    !thread_fd_path(c->thread, (int)result, c->path))
		return 0;
	c->operation.kind = c->existed ? OPERATION_CUT : OPERATION_CREATE;
	c->operation.inode = st.st_ino;
	c->operation.number = c->existed ? 0 : st.st_mode & 07777;
	return S_ISREG(st.st_mode);
}

/* mkdir(path), mkdirat(at, path), unlink, rmdir: one name. */
static int name_begin(struct call *c)
{
	bool at = c->kind->at >= 0;

	if (!thread_read_path(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
			      c->path) ||
	    !is_inside(c, c->path))
		return 0;
	c->operation.kind = OPERATION_UNLINK;
	return 1;
}

static int folder_end(struct call *c, int64_t result)
{
	struct stat st;

	(void)result;
	c->operation.kind = OPERATION_FOLDER;
	if (lstat(c->path, &st))
		return 0;
	c->operation.inode = st.st_ino;
	c->operation.number = st.st_mode & 07777;
	return 1;
}

static int symlink_begin(struct call *c)
{
	bool at = c->kind->at >= 0;

	thread_read_text(c->thread, c->arguments[0], c->target, sizeof(c->target));
	c->operation.kind = OPERATION_SYMLINK;
	return thread_read_path(c->thread, at ? (int)c->arguments[1] : AT_FDCWD,
				c->arguments[1 + at], c->path) &&
	       is_inside(c, c->path);
}

static int symlink_end(struct call *c, int64_t result)
{
	struct stat st;

	(void)result;
	c->operation.inode = lstat(c->path, &st) ? 0 : st.st_ino;
	return 1;
}

/* rename and link: two names. */
static int names_begin(struct call *c)
{
	bool at = c->kind->at >= 0;
	uint64_t flags = c->kind->number == SYS_renameat2 ? c->arguments[4] : 0;

	if (!thread_read_path(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
			      c->path) ||
	    !thread_read_path(c->thread, at ? (int)c->arguments[2] : AT_FDCWD,
			      c->arguments[at ? 3 : 1], c->target) ||
	    (!is_inside(c, c->path) && !is_inside(c, c->target)))
		return 0;
	if (!is_inside(c, c->path) || !is_inside(c, c->target)) {
		errno = ENOTSUP;
		call_broken(c->target); /* neither may come from elsewhere nor go there */
	}
	c->operation.kind = flags & 2 ? OPERATION_EXCHANGE : OPERATION_RENAME; /* RENAME_EXCHANGE */
	if (c->kind->number == SYS_linkat)
		c->operation.kind = OPERATION_LINK;
#ifdef SYS_link
	if (c->kind->number == SYS_link)
		c->operation.kind = OPERATION_LINK;
#endif
	return 1;
}

/* Only SQLite's index of its log may be written through memory: it is made anew after a crash. The
 * file that shows whether the file system can do that is only mapped, and goes at once. */
static bool may_be_mapped(const char *path)
{
	size_t length = strlen(path);

	return (length >= 4 && !strcmp(path + length - 4, "-shm")) ||
	       strstr(path, "/.agentd/filesystem.");
}

static int map_begin(struct call *c)
{
	struct stat st;

	if (!(c->arguments[2] & PROT_WRITE) || !(c->arguments[3] & MAP_SHARED) ||
	    (int)c->arguments[4] < 0 || !is_file_of_ours(c, (int)c->arguments[4], &st))
		return 0;
	if (!may_be_mapped(c->path)) {
		errno = ENOTSUP;
		call_broken(c->path);
	}
	return 0;
}

static const struct kind kinds[] = {
	{ SYS_write, write_begin, write_end, 0 },
	{ SYS_writev, write_begin, write_end, 0 },
	{ SYS_pwrite64, write_begin, write_end, 0 },
	{ SYS_pwritev, write_begin, write_end, 0 },
	{ SYS_pwritev2, write_begin, write_end, 0 },
	{ SYS_sendto, send_begin, done, 0 },
	{ SYS_sendmsg, send_begin, done, 0 },
	{ SYS_execve, exec_begin, done, 0 },
	{ SYS_sendfile, copy_begin, copy_end, 0 },
	{ SYS_copy_file_range, copy_begin, copy_end, 2 },
	{ SYS_fsync, sync_begin, done, 0 },
	{ SYS_fdatasync, sync_begin, done, 0 },
	{ SYS_ftruncate, cut_begin, done, 0 },
	{ SYS_fallocate, cut_begin, done, 0 },
	{ SYS_fchmod, mode_begin, done, 0 },
	{ SYS_fchmodat, mode_at_begin, done, 0 },
	{ SYS_openat, open_begin, open_end, 0 },
	{ SYS_openat2, open_begin, open_end, 0 },
	{ SYS_mkdirat, name_begin, folder_end, 0 },
	{ SYS_unlinkat, name_begin, done, 0 },
	{ SYS_symlinkat, symlink_begin, symlink_end, 0 },
	{ SYS_renameat2, names_begin, done, 0 },
	{ SYS_linkat, names_begin, done, 0 },
	{ SYS_mmap, map_begin, done, 4 },
#ifdef SYS_renameat
	{ SYS_renameat, names_begin, done, 0 },
#endif
#ifdef SYS_open
	{ SYS_open, open_begin, open_end, -1 },
	{ SYS_creat, open_begin, open_end, -1 },
	{ SYS_mkdir, name_begin, folder_end, -1 },
	{ SYS_unlink, name_begin, done, -1 },
	{ SYS_rmdir, name_begin, done, -1 },
	{ SYS_symlink, symlink_begin, symlink_end, -1 },
	{ SYS_rename, names_begin, done, -1 },
	{ SYS_link, names_begin, done, -1 },
	{ SYS_chmod, mode_at_begin, done, -1 },
#endif
};

static const struct kind *kind_find(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if ((uint64_t)kinds[i].number == number)
			return &kinds[i];
	return NULL;
}

size_t call_numbers(long numbers[TRACED_CALLS_MAX])
{
	_Static_assert(ARRAY_LENGTH(kinds) <= TRACED_CALLS_MAX, "all can be asked for");
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		numbers[i] = kinds[i].number;
	return ARRAY_LENGTH(kinds);
}

bool call_begin(struct call *c, const struct recording *recording, pid_t thread, uint64_t number,
		const __uint64_t arguments[6])
{
	buffer_clear(&c->data);
	*c = (struct call){ .recording = recording,
			    .thread = thread,
			    .kind = kind_find(number),
			    .data = BUFFER(WRITE_MAX) };
	for (size_t i = 0; i < ARRAY_LENGTH(c->arguments); i++)
		c->arguments[i] = arguments[i];
	return c->kind && c->kind->begin(c);
}

void call_end(struct call *c, int64_t result)
{
	c->operation.path = c->path;
	c->operation.target = c->target;
	if (c->kind->end(c, result))
		operation_write(c->recording->file, &c->operation);
}
