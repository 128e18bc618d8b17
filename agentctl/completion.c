#include "command.h"

#include <stdio.h>
#include <string.h>

/* Names of agents come from the workspace itself, at completion time. */
#define AGENT_NAMES \
	"for f in agents/*/SOUL.md; do [ -e \"$f\" ] && n=${f%/*} && echo \"${n##*/}\"; done"

static void print_options(const struct command *command, const char *before)
{
	for (size_t i = 0; command->options[i].name; i++)
		printf("%s--%s", before, command->options[i].name);
	if (command->reads)
		printf("%s--json", before);
	printf("%s--help", before);
}

static void bash(const struct command *const *commands, size_t count)
{
	puts("# agentctl completion for bash\n"
	     "_agentctl() {\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= i\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tcase ${COMP_WORDS[i]} in -w|--workspace) i=$((i + 1));; -*) ;; *) command=${COMP_WORDS[i]}; break;; esac\n"
	     "\tdone\n"
	     "\tcase $command in");
	printf("\t'') COMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	puts("' -- \"$word\"));;");
	for (size_t i = 0; i < count; i++) {
		printf("\t%s) COMPREPLY=($(compgen -W \"", commands[i]->name);
		print_options(commands[i], " ");
		if (commands[i]->completes_agents)
			printf(" $(%s)", "_agentctl_agents");
		puts("\" -- \"$word\"));;");
	}
	puts("\tesac\n}\n"
	     "_agentctl_agents() { " AGENT_NAMES "; }\n"
	     "complete -o default -F _agentctl agentctl");
}

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

static void zsh(const struct command *const *commands, size_t count)
{
	puts("#compdef agentctl\n"
	     "_agentctl_agents() { local -a names; names=(${(f)\"$(" AGENT_NAMES ")\"}); "
	     "_describe agent names; }\n"
	     "_agentctl() {\n"
	     "\tlocal -a commands\n"
	     "\tcommands=(");
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
	for (size_t i = 0; i < count; i++) {
		printf("\t%s) _arguments", commands[i]->name);
		for (size_t j = 0; commands[i]->options[j].name; j++) {
			printf(" '--%s[", commands[i]->options[j].name);
			print_zsh_text(commands[i]->options[j].text);
			printf(commands[i]->options[j].argument ? "]:%s:'" : "]'%s",
			       commands[i]->options[j].argument ? commands[i]->options[j].argument
								: "");
		}
		if (commands[i]->reads)
			printf(" '--json[one JSON document]'");
		printf(" '*:operand:%s';;\n",
		       commands[i]->completes_agents ? "_agentctl_agents" : "_files");
	}
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
