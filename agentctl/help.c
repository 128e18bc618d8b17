#include "help.h"

void help_usage(FILE *out, const struct command *command)
{
	fprintf(out, "usage: agentctl [-w WORKSPACE] %s%s%s", command->name,
		*command->operands ? " " : "", command->operands);
	for (size_t i = 0; command->options[i].name; i++)
		fprintf(out, command->options[i].argument ? " [--%s %s]" : " [--%s]",
			command->options[i].name, command->options[i].argument);
	fprintf(out, "%s\n", command->reads ? " [--json]" : "");
}

static void print_option(const struct command_option *option)
{
	char names[64];

	if (option->letter)
		snprintf(names, sizeof(names), "-%c, --%s%s%s", option->letter, option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
	else
		snprintf(names, sizeof(names), "    --%s%s%s", option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
	printf("  %-24s %s\n", names, option->text);
}

int help_command(const struct command *command)
{
	static const struct command_option common[] = {
		{ "workspace", 'w', "DIR", "the workspace; else found from here upward" },
		{ "help", 'h', NULL, "this text" },
	};
	static const struct command_option json = { "json", 0, NULL, "one JSON document" };

	help_usage(stdout, command);
	printf("\n%s.\n", command->text);
	if (command->more)
		printf("\n%s\n", command->more);
	putchar('\n');
	for (size_t i = 0; command->options[i].name; i++)
		print_option(&command->options[i]);
	if (command->reads)
		print_option(&json);
	print_option(&common[0]);
	print_option(&common[1]);
	return STATUS_DONE;
}

int help_all(FILE *out)
{
	size_t count;
	const struct command *const *commands = command_table(&count);

	fputs("usage: agentctl [-w WORKSPACE] COMMAND …\n\n", out);
	for (size_t i = 0; i < count; i++) {
		int wide = 0; /* bytes of "…" that take no place of their own */

		for (const char *c = commands[i]->operands; *c; c++)
			wide += ((unsigned char)*c & 0xC0) == 0x80;
		fprintf(out, "  %-11s %-*s %s\n", commands[i]->name, 12 + wide,
			commands[i]->operands, commands[i]->text);
	}
	fputs("\n`agentctl COMMAND --help` tells more about each.\n", out);
	return STATUS_DONE;
}

static int run(const struct invocation *invocation)
{
	const struct command *command;

	if (!invocation->count)
		return help_all(stdout);
	command = command_find(invocation->operands[0]);
	if (!command)
		return wrong_use(invocation, "there is no command \"%s\"", invocation->operands[0]);
	return help_command(command);
}

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.text = "explain a command",
	.most = 1,
	.run = run,
};
