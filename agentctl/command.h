/* A command: one file, one const entry. Usage, --help, completion and the manual page come from it.
 *
 * To add one: write NAME.c with `const struct command command_NAME = {…}`, declare it below, put it
 * into the table in command.c; the manual's section comes from the entry. */
#ifndef AGENTCTL_COMMAND_H
#define AGENTCTL_COMMAND_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of DESIGN 8. */
enum {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_WRONG_USE = 2,
	STATUS_NO_DAEMON = 3,
	STATUS_PARKED = 4, /* a session ended escalated or parked */
};

struct command_option {
	const char *name;     /* "heartbeat" */
	char letter;          /* 0: none */
	const char *argument; /* "TEXT"; NULL: a switch */
	const char *text;     /* for --help, lower case, no full stop */
};

#define COMMAND_OPTIONS_MAX 10
#define COMMAND_OPERANDS_MAX 1000

struct invocation;

struct command {
	const char *name;
	const char *operands;                               /* "NAME", "[NAME]", "" */
	const char *text;                                   /* one line, lower case, no full stop */
	const char *more;                                   /* a paragraph for --help, or NULL */
	unsigned least, most;                               /* operands */
	bool reads;                                         /* takes --json */
	bool completes_agents;                              /* its operands are names of agents */
	struct command_option options[COMMAND_OPTIONS_MAX]; /* ended by a name of NULL */
	const char *words[COMMAND_OPTIONS_MAX]; /* of each option: values that a shell offers, or
						   NULL */
	int (*run)(const struct invocation *invocation);
};

/* A command line, taken apart. */
struct invocation {
	const struct command *command;
	const char *workspace; /* -w, or NULL: from the current folder upward */
	bool json;
	const char *values[COMMAND_OPTIONS_MAX]; /* of options; "" for a switch that is given */
	char *const *operands;
	unsigned count;
};

/* Value of an option, "" for a switch, NULL where it was not given. */
const char *invocation_option(const struct invocation *invocation, const char *name);

/* The whole number of an option, `fallback` where it was not given. Says what is wrong and returns
 * -1. */
int invocation_number(const struct invocation *invocation, const char *name, long fallback,
		      long least, long most, long *ret_number);

/* Prints "agentctl: …" and returns STATUS_FAILED, or STATUS_NO_DAEMON for ERROR_CLOSED. */
int fail(const struct error *error);
int wrong_use(const struct invocation *invocation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A string of an object; "" where there is none. */
const char *json_text(const json_t *object, const char *key);

/* Prints one JSON document and a newline; steals it. Returns STATUS_DONE. */
int print_json(json_t *json);

const struct command *const *command_table(size_t *ret_count);
const struct command *command_find(const char *name);

extern const struct command command_init, command_new, command_check, command_doctor, command_ready,
	command_status, command_run, command_pause, command_resume, command_answer,
	command_schedule, command_prompt, command_log, command_logs, command_transcript,
	command_why, command_budget, command_stats, command_monitor, command_backup,
	command_completion, command_help;

#endif
