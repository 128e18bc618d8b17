/* Private to base: resolving a path beneath a folder, and nowhere else. */
#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

#include "error.h"

#include <sys/types.h>

/* openat2 with the rules of file.h; -1 and errno. */
int open_beneath(int dir, const char *path, int flags, mode_t mode);

/* Fills the error for a failed open_beneath. */
int refuse_open(struct error *error, const char *path, int system);

/* Opens the folder that holds `path`; *ret_name is the last part of it. */
int open_parent(int dir, const char *path, int *ret_fd, const char **ret_name, struct error *error);

#endif
