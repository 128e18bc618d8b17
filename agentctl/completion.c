#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "bash|zsh" lists what an operand may be. */
static bool operands_are_listed(const struct command *command)
{
	return strchr(command->operands, '|') != NULL;
}

static void print_listed(const char *operands)
{
	for (; *operands; operands++)
		putchar(*operands == '|' ? ' ' : *operands);
}

/* ---- bash ---- */

/* Names of agents are looked up when a word is completed: in the workspace that -w names, else
 * upward. */
static const char bash_head[] =
	"# agentctl completion for bash\n"
	"_agentctl_agents() {\n"
	"\tlocal dir=${1:-$PWD} f\n"
	"\twhile [[ ! $1 && ! -e $dir/agentd.yaml && $dir == */* ]]; do dir=${dir%/*}; done\n"
	"\tfor f in \"${dir/#\\~/$HOME}\"/agents/*/SOUL.md; do [[ -e $f ]] && f=${f%/*} && echo \"${f##*/}\"; done\n"
	"}\n"
	"_agentctl() {\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal command= dir= options='--help --version --workspace' words= i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-w|--workspace) i=$((i + 1)) dir=${COMP_WORDS[i]};;\n"
	"\t\t-*) ;;\n"
	"\t\t*) command=${command:-${COMP_WORDS[i]}};;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tcase $before in -w|--workspace) COMPREPLY=($(compgen -d -- \"$word\")); return;; esac\n"
	"\tcase $command in\n";

static const char bash_tail[] = "\tesac\n"
				"\tif [[ $word == -* ]]; then words=$options; fi\n"
				"\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
				"}\n"
				"complete -o default -F _agentctl agentctl\n";

static void print_bash_options(const struct command *command)
{
	for (size_t i = 0; command->options[i].name; i++)
		printf("--%s ", command->options[i].name);
	printf(command->reads ? "--json --help --workspace" : "--help --workspace");
}

/* Words for the value of the option before the cursor. */
static void print_bash_values(const struct command *command)
{
	for (size_t i = 0; command->options[i].name; i++) {
		const struct command_option *option = &command->options[i];

		if (!option->argument)
			continue;
		printf("\t\tcase $before in --%s", option->name);
		if (option->letter)
			printf("|-%c", option->letter);
		printf(") words='%s';; esac\n", command->words[i] ? command->words[i] : "");
	}
}

static void print_bash_command(const struct command *command)
{
	printf("\t%s)\n\t\toptions='", command->name);
	print_bash_options(command);
	puts("'");
	if (command->completes_agents)
		puts("\t\twords=$(_agentctl_agents \"$dir\")");
	if (operands_are_listed(command)) {
		printf("\t\twords='");
		print_listed(command->operands);
		puts("'");
	}
	print_bash_values(command);
	puts("\t\t;;");
}

static void bash(const struct command *const *commands, size_t count)
{
	fputs(bash_head, stdout);
	printf("\t''|help) words='");
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	puts("';;");
	for (size_t i = 0; i < count; i++)
		if (strcmp(commands[i]->name, "help"))
			print_bash_command(commands[i]);
	fputs(bash_tail, stdout);
}

/* ---- zsh ---- */

static const char zsh_head[] =
	"#compdef agentctl\n"
	"_agentctl_agents() {\n"
	"\tlocal dir=${opt_args[-w]:-${opt_args[--workspace]:-$PWD}}\n"
	"\twhile [[ ! -e $dir/agentd.yaml && $dir == */* ]]; do dir=${dir%/*}; done\n"
	"\tlocal -a names; names=($dir/agents/*/SOUL.md(N:h:t)); _describe agent names\n"
	"}\n"
	"_agentctl() {\n"
	"\tlocal -a commands\n"
	"\tcommands=(\n";

/* _describe and _arguments take a colon as a separator. */
static void print_zsh_text(const char *text)
{
	for (; *text; text++) {
		if (strchr(":[]'", *text))
			putchar(*text == '\'' ? ' ' : '\\');
		if (*text != '\'')
			putchar(*text);
	}
}

static void print_zsh_option(const struct command_option *option, const char *words)
{
	if (option->letter)
		printf(" '(-%c --%s)'{-%c,--%s}'[", option->letter, option->name, option->letter,
		       option->name);
	else
		printf(" '--%s[", option->name);
	print_zsh_text(option->text);
	if (!option->argument)
		printf("]'");
	else if (words)
		printf("]:%s:(%s)'", option->argument, words);
	else
		printf("]:%s:'", option->argument);
}

static void print_zsh_command(const struct command *command)
{
	printf("\t%s) _arguments", command->name);
	for (size_t i = 0; command->options[i].name; i++)
		print_zsh_option(&command->options[i], command->words[i]);
	if (command->reads)
		printf(" '--json[one JSON document]'");
	printf(" '*:operand:");
	if (operands_are_listed(command)) {
		putchar('(');
		print_listed(command->operands);
		putchar(')');
	} else {
		printf(command->completes_agents ? "_agentctl_agents" : "_files");
	}
	puts("';;");
}

static void zsh(const struct command *const *commands, size_t count)
{
	fputs(zsh_head, stdout);
	for (size_t i = 0; i < count; i++) {
		printf("\t\t'%s:", commands[i]->name);
		print_zsh_text(commands[i]->text);
		puts("'");
	}
	puts("\t)\n"
	     "\t_arguments -C '(-w --workspace)'{-w,--workspace}'[the workspace]:folder:_files -/' \\\n"
	     "\t\t'1:command:{_describe command commands}' '*::argument:->rest'\n"
	     "\t[[ $state == rest ]] || return\n"
	     "\tcase $words[1] in");
	for (size_t i = 0; i < count; i++)
		print_zsh_command(commands[i]);
	puts("\tesac\n}\n_agentctl \"$@\"");
}

static int run(const struct invocation *invocation)
{
	size_t count;
	const struct command *const *commands = command_table(&count);

	if (!strcmp(invocation->operands[0], "bash"))
		bash(commands, count);
	else if (!strcmp(invocation->operands[0], "zsh"))
		zsh(commands, count);
	else
		return wrong_use(invocation, "completion for bash or zsh, not \"%s\"",
				 invocation->operands[0]);
	return STATUS_DONE;
}

const struct command command_completion = {
	.name = "completion",
	.operands = "bash|zsh",
	.text = "print shell completion",
	.more = "For bash: source <(agentctl completion bash). For zsh: write it to a file _agentctl in a\n"
		"folder of $fpath.",
	.least = 1,
	.most = 1,
	.run = run,
};
