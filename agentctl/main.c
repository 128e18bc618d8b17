/* agentctl: finds the command, takes its line apart, runs it. */
#include "command.h"
#include "help.h"
#include "terminal.h"

#include "base/alloc.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

/* Values of long options that stand for the n-th of a command's own. */
enum { OPTION_JSON = 256, OPTION_FIRST = 257 };

/* What may stand before the command. The first is taken behind it by commands that read. */
static const struct option globals[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "workspace", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void add_option(struct option *options, size_t *count, char *letters,
		       const struct command_option *option, int value)
{
	options[(*count)++] = (struct option){ option->name,
					       option->argument ? required_argument : no_argument,
					       NULL, value };
	if (option->letter) {
		size_t used = strlen(letters);

		letters[used++] = option->letter;
		if (option->argument)
			letters[used++] = ':';
		letters[used] = '\0';
	}
}

/* Which option of the command a letter or value means; -1: none. */
static int option_index(const struct command *command, int value)
{
	if (value >= OPTION_FIRST)
		return value - OPTION_FIRST;
	for (int i = 0; command->options[i].name; i++)
		if (command->options[i].letter && command->options[i].letter == value)
			return i;
	return -1;
}

/* Returns -1 to go on, else the exit status. Options may stand before or after operands. */
static int take_apart(int argc, char **argv, struct invocation *invocation)
{
	const struct command *command = invocation->command;
	struct option options[COMMAND_OPTIONS_MAX + 5];
	char letters[2 * COMMAND_OPTIONS_MAX + 8] = "w:h";
	size_t count = 0;
	int value, index;

	for (int i = 0; command->options[i].name; i++)
		add_option(options, &count, letters, &command->options[i], OPTION_FIRST + i);
	memcpy(options + count, globals + !command->reads,
	       sizeof(globals) - sizeof(globals[0]) * !command->reads);
	optind = 0; /* glibc: begin anew, also with the order of the first look */
	while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		index = option_index(command, value);
		if (value == 'w')
			invocation->workspace = optarg;
		else if (value == 'h')
			return help_command(command);
		else if (value == OPTION_JSON)
			invocation->json = true;
		else if (index >= 0)
			invocation->values[index] = optarg ? optarg : "";
		else
			return wrong_use(invocation, NULL);
	}
	invocation->operands = argv + optind;
	invocation->count = (unsigned)(argc - optind);
	if (invocation->count < command->least)
		return wrong_use(invocation, "%s needs %s", command->name, command->operands);
	if (invocation->count > command->most)
		return wrong_use(invocation, "too many operands, from \"%s\" on",
				 invocation->operands[command->most]);
	return -1;
}

static int unknown_command(const char *name)
{
	fprintf(stderr, "agentctl: there is no command \"%s\"; `agentctl help` lists them\n", name);
	return STATUS_WRONG_USE;
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	int option, status;

	signal(SIGPIPE, SIG_DFL);
	terminal_guard();
	while ((option = getopt_long(argc, argv, "+w:hV", globals, NULL)) != -1) {
		if (option == 'w')
			invocation.workspace = optarg;
		else if (option == 'h')
			return help_all(stdout);
		else if (option == OPTION_JSON)
			invocation.json = true;
		else if (option == 'V')
			return puts("agentctl " AGENTD_VERSION) < 0;
		else
			return STATUS_WRONG_USE;
	}
	if (optind == argc) {
		help_all(stderr);
		return STATUS_WRONG_USE;
	}
	invocation.command = command_find(argv[optind]);
	if (!invocation.command)
		return unknown_command(argv[optind]);
	if (invocation.json && !invocation.command->reads)
		return wrong_use(&invocation, "%s takes no --json", invocation.command->name);
	status = take_apart(argc - optind, argv + optind, &invocation);
	return status >= 0 ? status : invocation.command->run(&invocation);
}
