/* Prints agentctl's commands and options as scdoc, from the table that the program itself uses. */
#include "command.h"

#include <stdio.h>

/* In scdoc these mean something: emphasis, escapes. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == '_' || *text == '*' || *text == '\\' || *text == '<' || *text == '#')
			putchar('\\');
		putchar(*text);
	}
}

static void print_command(const struct command *command)
{
	printf("*%s* ", command->name);
	print_escaped(command->operands);
	printf("\n\t");
	print_escaped(command->text);
	puts(".\n");
	if (command->more) {
		putchar('\t');
		for (const char *c = command->more; *c; c++) {
			char one[2] = { *c == '\n' ? ' ' : *c, '\0' };

			print_escaped(one);
		}
		puts("\n");
	}
	for (size_t i = 0; command->options[i].name; i++) {
		const struct command_option *option = &command->options[i];

		putchar('\t');
		if (option->letter)
			printf("*-%c*, ", option->letter);
		printf("*--%s*", option->name);
		if (option->argument)
			printf(" _%s_", option->argument);
		printf("\n\t\t");
		print_escaped(option->text);
		puts("\n");
	}
	if (command->reads)
		puts("\t*--json*\n\t\tmachine-readable output\n");
}

int main(void)
{
	size_t count;
	const struct command *const *commands = command_table(&count);

	for (size_t i = 0; i < count; i++)
		print_command(commands[i]);
	return 0;
}
