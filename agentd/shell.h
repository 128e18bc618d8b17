/* A person's own command, as agentd.yaml names it: run by sh(1) in the workspace, without walls and
 * without our environment's keys, for a limited time. Its complaints go where ours go; what it
 * prints goes nowhere. What it leaves in the background when it has ended lives on. */
#ifndef AGENTD_SHELL_H
#define AGENTD_SHELL_H

#include "daemon.h"

struct shell;

/* Borrowed during shell_start. */
struct shell_order {
	const char *name; /* what the shell calls itself: "agentd-alert" */
	const char *command;
	const char *argument; /* becomes its last argument; NULL: none */
	const char *input;    /* its standard input; NULL: empty */
	uint32_t limit_ms;    /* then it is killed, with all that it started; if agentd was killed
			       * meanwhile, too, a second later */
};

/* `why` NULL: it ended with status 0; else "exit status 3", "no end within 10 s". `is_cut`: it was
 * killed in the middle, and what it did till then is not known. Called once, and the shell is freed
 * right after. */
typedef void (*shell_ended)(void *context, const char *why, bool is_cut);

int shell_start(struct daemon *daemon, const struct shell_order *order, shell_ended ended,
		void *context, struct shell **ret_shell, struct error *error);

/* Ends it now, with all that it started; `ended` is not called any more. Takes NULL. */
void shell_kill(struct shell *shell);

#endif
