/* What a thread that is stopped has: its descriptors, its memory, its name. */
#ifndef CRASH_THREAD_H
#define CRASH_THREAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define THREAD_NAME_SIZE 64

void thread_read_name(pid_t thread, char name[THREAD_NAME_SIZE]);

/* The path of a descriptor, or of the current folder (AT_FDCWD); false where it has none. */
bool thread_fd_path(pid_t thread, int fd, char path[PATH_MAX]);
bool thread_fd_stat(pid_t thread, int fd, struct stat *st);
/* Where it would read or write next, and with which flags it was opened. */
void thread_fd_place(pid_t thread, int fd, int64_t *ret_offset, int *ret_flags);

/* Returns how many bytes could be read. */
size_t thread_read(pid_t thread, uint64_t from, void *to, size_t length);
void thread_read_text(pid_t thread, uint64_t from, char *text, size_t size);
/* A path at `at`: absolute, its folder resolved, its last name as it was given. */
bool thread_read_path(pid_t thread, int at, uint64_t from, char path[PATH_MAX]);

#endif
