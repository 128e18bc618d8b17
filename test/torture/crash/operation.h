/* What programs did to a folder, in the one order in which it happened: a file of operations, each
 * a head and then the bytes of its three parts.
 *
 * `path` and `target` are absolute. A file is known by its inode from the operation that makes it
 * on; a number is used again when its file is gone, and then begins with another CREATE. */
#ifndef CRASH_OPERATION_H
#define CRASH_OPERATION_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdio.h>

enum operation_kind {
	OPERATION_CREATE,   /* path, inode, number: mode */
	OPERATION_FOLDER,   /* path, inode, number: mode */
	OPERATION_SYMLINK,  /* path, inode, target */
	OPERATION_WRITE,    /* inode, number: offset, data */
	OPERATION_CUT,      /* inode, number: size */
	OPERATION_MODE,     /* inode, number: mode */
	OPERATION_RENAME,   /* path → target */
	OPERATION_EXCHANGE, /* path ↔ target */
	OPERATION_LINK,     /* path → target */
	OPERATION_UNLINK,   /* path; also of an empty folder */
	OPERATION_SYNC,     /* inode of a file or folder */
	OPERATION_MARK,     /* data: what the script says, a line */
	OPERATION_MESSAGE,  /* path: the program's name, data: what it is about to send */
	OPERATION_EXEC,     /* path: the program's name, target: what it becomes, data: its words */
};

struct operation {
	enum operation_kind kind;
	char *path, *target; /* "" where there is none */
	uint64_t inode, number;
	struct span data;
};

int operation_write(FILE *file, const struct operation *operation);

/* All of a record. The caller frees each path, target and data, or keeps them to the end. */
int operations_read(const char *path, struct operation **ret_items, size_t *ret_count,
		    struct error *error);

/* "rename agents/kira/MEMORY.md", for people; paths without the first `skip` bytes. Returns out. */
char *operation_print(const struct operation *operation, size_t skip, char *out, size_t size);

#endif
