/* Records what PROGRAM and all its descendants do to the files beneath a folder.
 *
 *     recorder RECORD FOLDER MARKS PROGRAM [ARGUMENT…]
 *
 * They are stopped at the calls that write (traced.h). While one such call on a file beneath FOLDER
 * is under way all others wait, so that the record has the one order in which everything happened,
 * and what a sync covers is exact. What is written to the file MARKS becomes a mark, what a program
 * named agentd… sends on a socket a message. Ends with PROGRAM's exit status, or 99 where this
 * program cannot do its own work or a call is not understood. Needs root: agentd and its helpers
 * are not dumpable. */
#include "operation.h"

#include "../traced.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_BROKEN TRACED_STATUS_BROKEN
#define WAITING_MAX 1024
#define WRITE_MAX ((size_t)64 * 1024 * 1024)
#define MESSAGE_MAX ((size_t)1024 * 1024)

/* A call that a thread has begun: what is known before it, until its end is known. */
struct call {
	pid_t thread; /* 0: none is under way */
	const struct kind *kind;
	uint64_t arguments[6];
	struct operation operation;
	struct buffer data;
	char path[PATH_MAX], target[PATH_MAX];
	bool existed;
};

/* Looks at the arguments before the call: 0 where it is none of ours. */
typedef int (*call_begin)(struct call *call);
/* After it succeeded with `result`: fills what was not known. 0: nothing happened. */
typedef int (*call_end)(struct call *call, int64_t result);

struct kind {
	long number;
	call_begin begin;
	call_end end;
	int at; /* which argument is the descriptor or folder, from 0 */
};

static FILE *record;
static const char *folder, *marks;
static size_t folder_length;
static pid_t program;
static int program_status;
static struct call busy;
static pid_t waiting[WAITING_MAX];
static size_t waiting_count;

static void broken(const char *what)
{
	fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
	exit(STATUS_BROKEN);
}

/* ---- what a thread has ---- */

static bool is_inside(const char *path)
{
	return !strncmp(path, folder, folder_length) &&
	       (path[folder_length] == '/' || !path[folder_length]);
}

/* The path of a descriptor; false where it has none. */
static bool fd_path(pid_t thread, int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t length;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)thread);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)thread, fd);
	length = readlink(link, path, PATH_MAX - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool fd_stat(pid_t thread, int fd, struct stat *st)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)thread, fd);
	return !stat(link, st);
}

static void fd_place(pid_t thread, int fd, int64_t *ret_offset, int *ret_flags)
{
	char path[64], line[128];
	long long offset = 0;
	unsigned flags = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)thread, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "pos: %lld", &offset) != 1)
			sscanf(line, "flags: %o", &flags);
	if (file)
		fclose(file);
	*ret_offset = offset;
	*ret_flags = (int)flags;
}

static size_t memory_read(pid_t thread, uint64_t from, void *to, size_t length)
{
	struct iovec local = { to, length }, remote = { (void *)(uintptr_t)from, length };
	ssize_t n = process_vm_readv(thread, &local, 1, &remote, 1, 0);

	return n > 0 ? (size_t)n : 0;
}

static void text_read(pid_t thread, uint64_t from, char *text, size_t size)
{
	size_t length = 0;

	while (length < size - 1) { /* never over the end of a page that may be the last */
		size_t page = 4096 - (from + length) % 4096;
		size_t want = page < size - 1 - length ? page : size - 1 - length;
		size_t got = memory_read(thread, from + length, text + length, want);

		if (!got || memchr(text + length, '\0', got))
			break;
		length += got;
	}
	text[size - 1] = '\0';
}

/* Absolute, its folder resolved, its last name as it was given. */
static bool path_read(pid_t thread, int at, uint64_t from, char path[PATH_MAX])
{
	char given[PATH_MAX] = "", whole[2 * PATH_MAX + 1], base[PATH_MAX], parent[PATH_MAX];
	const char *name;
	char *slash;

	text_read(thread, from, given, sizeof(given));
	if (!strncmp(given, "/proc/self/", 11))
		snprintf(whole, sizeof(whole), "/proc/%d/%s", (int)thread, given + 11);
	else if (given[0] == '/')
		snprintf(whole, sizeof(whole), "%s", given);
	else if (fd_path(thread, at, base))
		snprintf(whole, sizeof(whole), "%s/%s", base, given);
	else
		return false;
	for (size_t n = strlen(whole); n > 1 && whole[n - 1] == '/'; n--)
		whole[n - 1] = '\0';
	slash = strrchr(whole, '/');
	name = slash + 1;
	*slash = '\0';
	if (!realpath(*whole ? whole : "/", parent))
		return false;
	return snprintf(path, PATH_MAX, "%s/%s", strcmp(parent, "/") ? parent : "", name) <
	       PATH_MAX;
}

/* ---- the kinds of calls ---- */

static bool is_file_of_ours(struct call *c, int fd, struct stat *st)
{
	return fd_path(c->thread, fd, c->path) && is_inside(c->path) &&
	       fd_stat(c->thread, fd, st) && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
}

static void data_read(struct call *c, uint64_t from, size_t length)
{
	char *to = length ? buffer_reserve(&c->data, length) : NULL;

	if (!length)
		return;
	if (!to || memory_read(c->thread, from, to, length) != length)
		broken("reading what is written");
	buffer_advance(&c->data, length);
}

static void vector_read(struct call *c, uint64_t from, size_t count)
{
	struct iovec vector[IOV_MAX];

	if (count > IOV_MAX || memory_read(c->thread, from, vector, count * sizeof(*vector)) !=
				       count * sizeof(*vector))
		broken("reading what is written");
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
		if (memory_read(c->thread, c->arguments[1], &message, sizeof(message)) ==
		    sizeof(message))
			vector_read(c, (uint64_t)(uintptr_t)message.msg_iov, message.msg_iovlen);
		break;
	default: data_read(c, c->arguments[1], c->arguments[2]); break;
	}
}

static void message_record(struct call *c)
{
	struct operation o = { .kind = OPERATION_MESSAGE };
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)c->thread);
	file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	/* threads of libuv and of the store have other names, and send nothing */
	if (strncmp(name, "agentd", 6))
		return;
	c->data.max = MESSAGE_MAX;
	all_read(c);
	o.path = name;
	o.data = buffer_span(&c->data);
	operation_write(record, &o);
}

static int write_begin(struct call *c)
{
	int fd = (int)c->arguments[c->kind->at], flags;
	int64_t offset;
	struct stat st;

	if (!fd_stat(c->thread, fd, &st))
		return 0;
	if (S_ISSOCK(st.st_mode) && c->kind->number != SYS_sendfile)
		message_record(c);
	if (!S_ISREG(st.st_mode) || !fd_path(c->thread, fd, c->path))
		return 0;
	if (!strcmp(c->path, marks)) {
		all_read(c);
		c->operation.kind = OPERATION_MARK;
		return 1;
	}
	if (!is_inside(c->path))
		return 0;
	fd_place(c->thread, fd, &offset, &flags);
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

	if (fd_stat(c->thread, (int)c->arguments[0], &st) && S_ISSOCK(st.st_mode))
		message_record(c);
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
	fd_place(c->thread, fd, &offset, &flags);
	if (c->kind->number == SYS_copy_file_range && c->arguments[3]) {
		memory_read(c->thread, c->arguments[3], &given, sizeof(given));
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

	if (!path_read(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
		       c->path) ||
	    !is_inside(c->path) || stat(c->path, &st))
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
		memory_read(c->thread, c->arguments[2], &how, sizeof(how));
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
	    !path_read(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
		       c->path) ||
	    !is_inside(c->path))
		return 0;
	c->existed = !stat(c->path, &st);
	return !c->existed || (flags & O_TRUNC && st.st_size);
}

static int open_end(struct call *c, int64_t result)
{
	struct stat st;

	if (!fd_stat(c->thread, (int)result, &st) || !fd_path(c->thread, (int)result, c->path))
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

	if (!path_read(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
		       c->path) ||
	    !is_inside(c->path))
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

	text_read(c->thread, c->arguments[0], c->target, sizeof(c->target));
	c->operation.kind = OPERATION_SYMLINK;
	return path_read(c->thread, at ? (int)c->arguments[1] : AT_FDCWD, c->arguments[1 + at],
			 c->path) &&
	       is_inside(c->path);
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

	if (!path_read(c->thread, at ? (int)c->arguments[0] : AT_FDCWD, c->arguments[at],
		       c->path) ||
	    !path_read(c->thread, at ? (int)c->arguments[2] : AT_FDCWD, c->arguments[at ? 3 : 1],
		       c->target) ||
	    (!is_inside(c->path) && !is_inside(c->target)))
		return 0;
	if (!is_inside(c->path) || !is_inside(c->target)) {
		errno = ENOTSUP;
		broken(c->target); /* neither may come from elsewhere nor go there */
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

/* Only SQLite's index of its log may be written through memory: it is made anew after a crash. */
static int map_begin(struct call *c)
{
	struct stat st;
	size_t length;

	if (!(c->arguments[2] & PROT_WRITE) || !(c->arguments[3] & MAP_SHARED) ||
	    (int)c->arguments[4] < 0 || !is_file_of_ours(c, (int)c->arguments[4], &st))
		return 0;
	length = strlen(c->path);
	if (length < 4 || strcmp(c->path + length - 4, "-shm")) {
		errno = ENOTSUP;
		broken(c->path);
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

/* ---- one at a time ---- */

static void resume(pid_t thread, int signal)
{
	ptrace(thread == busy.thread ? PTRACE_SYSCALL : PTRACE_CONT, thread, NULL,
	       (void *)(intptr_t)signal);
}

static void call_start(pid_t thread)
{
	struct __ptrace_syscall_info info;

	buffer_clear(&busy.data);
	busy = (struct call){ .thread = thread, .data = BUFFER(WRITE_MAX) };
	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_SECCOMP)
		busy.kind = kind_find(info.seccomp.nr);
	if (busy.kind)
		memcpy(busy.arguments, info.seccomp.args, sizeof(busy.arguments));
	if (!busy.kind || !busy.kind->begin(&busy))
		busy.thread = 0;
	resume(thread, 0);
}

static void call_finish(void)
{
	struct __ptrace_syscall_info info;
	struct operation *o = &busy.operation;
	pid_t thread = busy.thread;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error) {
		o->path = busy.path;
		o->target = busy.target;
		if (busy.kind->end(&busy, info.exit.rval))
			operation_write(record, o);
	}
	busy.thread = 0;
	resume(thread, 0);
}

static void next_waiting(void)
{
	while (!busy.thread && waiting_count) {
		pid_t thread = waiting[0];

		memmove(waiting, waiting + 1, --waiting_count * sizeof(*waiting));
		call_start(thread);
	}
}

static void at_call(pid_t thread)
{
	if (!busy.thread) {
		call_start(thread);
		return;
	}
	if (waiting_count == WAITING_MAX)
		broken("too many threads");
	waiting[waiting_count++] = thread;
}

static void is_gone(pid_t thread)
{
	if (thread == busy.thread)
		busy.thread = 0;
	for (size_t i = 0; i < waiting_count; i++)
		if (waiting[i] == thread)
			memmove(waiting + i, waiting + i + 1,
				(--waiting_count - i) * sizeof(*waiting));
}

/* ---- the program ---- */

static void program_start(char **arguments)
{
	long numbers[ARRAY_LENGTH(kinds)];

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		numbers[i] = kinds[i].number;
	program = traced_start(arguments, numbers, ARRAY_LENGTH(numbers), PTRACE_O_TRACESYSGOOD);
	if (program < 0)
		broken(arguments[0]);
}

static void at_stop(pid_t thread, int status)
{
	int signal = WSTOPSIG(status);

	switch (status >> 16) {
	case 0:
		if (signal != (SIGTRAP | 0x80))
			resume(thread, signal);
		else if (thread == busy.thread)
			call_finish();
		else
			resume(thread, 0);
		break;
	case PTRACE_EVENT_SECCOMP: at_call(thread); break;
	case PTRACE_EVENT_STOP:
		if (signal == SIGTRAP)
			resume(thread, 0);
		else
			ptrace(PTRACE_LISTEN, thread, NULL, NULL);
		break;
	default: resume(thread, 0); break;
	}
}

static void program_follow(void)
{
	for (;;) {
		int status;
		pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0 && errno == EINTR)
			continue;
		if (thread < 0)
			return; /* all are gone */
		if (WIFSTOPPED(status)) {
			at_stop(thread, status);
		} else {
			is_gone(thread);
			if (thread == program)
				program_status = status;
		}
		next_waiting();
	}
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: recorder RECORD FOLDER MARKS PROGRAM [ARGUMENT…]\n");
		return 2;
	}
	record = fopen(argv[1], "we");
	folder = realpath(argv[2], NULL);
	marks = realpath(argv[3], NULL);
	if (!record || !folder || !marks)
		broken("opening its files");
	folder_length = strlen(folder);
	program_start(argv + 4);
	program_follow();
	if (fclose(record))
		broken(argv[1]);
	return WIFSIGNALED(program_status) ? 128 + WTERMSIG(program_status)
					   : WEXITSTATUS(program_status);
}
