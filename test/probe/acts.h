/* Forbidden acts, as raw system calls with arguments that would work, so that only a wall can be
 * why one fails. Each is a row of a table: a name and a function that returns what the kernel said.
 */
#ifndef PROBE_ACTS_H
#define PROBE_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where we are. Paths are absolute and were made before the walls. */
struct scene {
	const char *root;      /* the workspace */
	const char *self;      /* agents/NAME, absolute */
	int knowledge, work;   /* granted folders: read, write */
	int socket;            /* to our parent */
	pid_t parent, sibling; /* sibling: 0 where there is none */
};

struct act {
	const char *name;
	long (*run)(const struct scene *scene); /* >= 0: it was allowed; else -errno */
	bool deadly;                            /* the kernel ends us: only with --only */
};

extern const struct act file_acts[], process_acts[], kernel_acts[], network_acts[];

/* A system call's result as an act returns it. */
long said(long result);

/* Prints a line of the report. */
void report(const char *name, long result);

/* Tries to read, write and list each protected path. */
void try_paths(const struct scene *scene);

/* Tries a socket of every family and type. */
void try_sockets(const struct scene *scene);

/* Calls every number with arguments that mean nothing. */
void try_all_calls(void);

#endif
