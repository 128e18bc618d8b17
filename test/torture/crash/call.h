/* One system call that writes, and what it does to the files beneath a folder: an operation of the
 * record (operation.h). A thread is stopped before the call, and again when it is over; what a
 * program of ours sends on a socket or starts leaves it, and is noted before. What is written to
 * the file `marks` becomes a mark. A call that is not understood ends this program. */
#ifndef CRASH_CALL_H
#define CRASH_CALL_H

#include "operation.h"

#include "../traced.h"

#include <limits.h>
#include <stdbool.h>

struct recording {
	FILE *file;
	const char *folder, *marks; /* absolute, resolved */
};

/* Its thread is under way in it until its end is known. */
struct call {
	const struct recording *recording;
	pid_t thread; /* 0: none */
	const struct kind *kind;
	uint64_t arguments[6];
	struct operation operation;
	struct buffer data;
	char path[PATH_MAX], target[PATH_MAX];
	bool existed;
};

/* The numbers of all that are looked at, for traced_start. Returns how many. */
size_t call_numbers(long numbers[TRACED_CALLS_MAX]);

/* Before the call. Returns whether its end is to be told. */
bool call_begin(struct call *call, const struct recording *recording, pid_t thread, uint64_t number,
		const __uint64_t arguments[6]);
/* It succeeded with `result`. */
void call_end(struct call *call, int64_t result);

/* This program cannot do its own work. */
_Noreturn void call_broken(const char *what);

#endif
