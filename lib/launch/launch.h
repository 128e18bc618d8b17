/* Starting a program of ours behind its walls: filters are compiled once per role and handed down.
 *
 *     launch_init(&launch, "agentd-session", SANDBOX_SESSION, off, environment);
 *     launch_rule(&launch, fd, write);
 *     launch_word(&launch, "dir=work:%d", launch_rule(…));
 *     launch_start(&launch, &process, &socket, &error);
 *     launch_clear(&launch); */
#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include "base/process.h"
#include "sandbox/sandbox.h"

/* Descriptors as the child sees them. */
enum { CHILD_SOCKET = 3, CHILD_FILTER = 4, CHILD_SECRETS = 5, CHILD_FIRST_RULE = 6 };

#define LAUNCH_WORDS_MAX 24

struct launch {
	const char *program;
	struct sandbox_policy policy;    /* with the child's numbers */
	int rule_fds[SANDBOX_RULES_MAX]; /* ours; owned */
	char *words[LAUNCH_WORDS_MAX];   /* behind the policy's words */
	size_t word_count;
	int secrets;                    /* -1: none; not owned */
	int complaints;                 /* its standard error; owned; -1: ours */
	const char *const *environment; /* the whole of it; not owned */
};

void launch_init(struct launch *launch, const char *program, enum sandbox_role role, bool off,
		 const char *const *environment);
void launch_clear(struct launch *launch);

/* Takes `fd` over; returns the number that the child sees it under, -1 when there are too many. */
int launch_rule(struct launch *launch, int fd, bool write);
void launch_word(struct launch *launch, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* *ret_socket: our end of the pair, non-blocking. */
int launch_start(struct launch *launch, struct process *ret_process, int *ret_socket,
		 struct error *error);

/* Lets the program read the person's git identity: ~/.gitconfig and ~/.config/git. */
void launch_allow_identity(struct launch *launch);

/* Filters that were compiled are freed. */
void launch_forget_filters(void);

CLEANUP_DEFINE_VALUE(struct launch, launch_clear)

#endif
