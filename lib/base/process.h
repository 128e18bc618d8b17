/* The one layer through which processes are started: posix_spawn, a pidfd each, nothing inherited
 * but what is named. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "error.h"

#include <stdbool.h>
#include <sys/types.h>

#define PROCESS_FDS_MAX 12

struct process_fd {
	int from; /* a descriptor of ours */
	int to;   /* the number that the child sees it under */
};

/* How to start a child. `path` is absolute. `environment` is the whole of it (NULL: empty). 0, 1
 * and 2 are /dev/null unless named in `fds`; 2 named as {2, 2} keeps our stderr. */
struct process_plan {
	const char *path;
	const char *const *argv;
	const char *const *environment;
	struct process_fd fds[PROCESS_FDS_MAX];
	size_t fd_count;
	int directory;  /* working folder, or -1 for "/" */
	bool new_group; /* a process group of its own, so that killing it never hits us */
};

struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* readable when it ended; -1: none */
};

#define PROCESS_NONE ((struct process){ 0, -1 })

/* Failpoint process.spawn. */
int process_spawn(const struct process_plan *plan, struct process *ret_process,
		  struct error *error);

/* How it ended. */
struct process_end {
	bool signalled;
	int code; /* exit status, or the signal's number */
};

/* Sends a signal through the pidfd: never to a stranger that got the same number. Failpoint
 * process.signal: it is lost. */
int process_signal(const struct process *process, int signal);

/* Reaps. With `wait` it blocks until the process ends; without, returns -ERROR_BUSY while it lives.
 * Afterwards *process is PROCESS_NONE. */
int process_reap(struct process *process, bool wait, struct process_end *ret_end,
		 struct error *error);

/* Waits for its end, `limit_ms` at most. Reaps nothing. */
bool process_ends_within(const struct process *process, int limit_ms);

/* "exit status 3", "killed by signal 9 (Killed)". Returns out. */
char *process_end_print(const struct process_end *end, char *out, size_t size);

/* A pair of connected stream sockets, both close-on-exec; [0] non-blocking when `nonblocking`. */
int socket_pair(bool nonblocking, int ret_fds[2], struct error *error);

/* Is `pid` this process or a descendant of it, by /proc? */
bool process_is_descendant(pid_t pid, pid_t ancestor);

#endif
