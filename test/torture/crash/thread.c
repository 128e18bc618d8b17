#include "thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

void thread_read_name(pid_t thread, char name[THREAD_NAME_SIZE])
{
	char path[64];
	FILE *file;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)thread);
	file = fopen(path, "re");
	if (file && !fgets(name, THREAD_NAME_SIZE, file))
		name[0] = '\0';
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
}

bool thread_fd_path(pid_t thread, int fd, char path[PATH_MAX])
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

bool thread_fd_stat(pid_t thread, int fd, struct stat *st)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)thread, fd);
	return !stat(link, st);
}

void thread_fd_place(pid_t thread, int fd, int64_t *ret_offset, int *ret_flags)
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

size_t thread_read(pid_t thread, uint64_t from, void *to, size_t length)
{
	struct iovec local = { to, length }, remote = { (void *)(uintptr_t)from, length };
	ssize_t n = process_vm_readv(thread, &local, 1, &remote, 1, 0);

	return n > 0 ? (size_t)n : 0;
}

void thread_read_text(pid_t thread, uint64_t from, char *text, size_t size)
{
	size_t length = 0;

	while (length < size - 1) { /* never over the end of a page that may be the last */
		size_t page = 4096 - (from + length) % 4096;
		size_t want = page < size - 1 - length ? page : size - 1 - length;
		size_t got = thread_read(thread, from + length, text + length, want);

		if (!got || memchr(text + length, '\0', got))
			break;
		length += got;
	}
	text[size - 1] = '\0';
}

bool thread_read_path(pid_t thread, int at, uint64_t from, char path[PATH_MAX])
{
	char given[PATH_MAX] = "", whole[2 * PATH_MAX + 1], base[PATH_MAX], parent[PATH_MAX];
	const char *name;
	char *slash;

	thread_read_text(thread, from, given, sizeof(given));
	if (!strncmp(given, "/proc/self/", 11))
		snprintf(whole, sizeof(whole), "/proc/%d/%s", (int)thread, given + 11);
	else if (given[0] == '/')
		snprintf(whole, sizeof(whole), "%s", given);
	else if (thread_fd_path(thread, at, base))
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
