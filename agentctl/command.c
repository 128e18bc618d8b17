#include "command.h"

#include "help.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct command *const commands[] = {
	&command_init,       &command_new,    &command_check, &command_doctor,  &command_ready,
	&command_status,     &command_run,    &command_pause, &command_resume,  &command_answer,
	&command_schedule,   &command_prompt, &command_log,   &command_logs,    &command_transcript,
	&command_why,        &command_budget, &command_stats, &command_monitor, &command_backup,
	&command_completion, &command_help,
};

const struct command *const *command_table(size_t *ret_count)
{
	*ret_count = ARRAY_LENGTH(commands);
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

const char *invocation_option(const struct invocation *invocation, const char *name)
{
	for (size_t i = 0; invocation->command->options[i].name; i++)
		if (!strcmp(invocation->command->options[i].name, name))
			return invocation->values[i];
	BUG("%s has no option %s", invocation->command->name, name);
}

int invocation_number(const struct invocation *invocation, const char *name, long fallback,
		      long least, long most, long *ret_number)
{
	const char *text = invocation_option(invocation, name);
	char *end;

	*ret_number = fallback;
	if (!text)
		return 0;
	errno = 0;
	*ret_number = strtol(text, &end, 10);
	if (!errno && *text && !*end && *ret_number >= least && *ret_number <= most)
		return 0;
	wrong_use(invocation, "--%s takes a whole number from %ld to %ld, not \"%s\"", name, least,
		  most, text);
	return -1;
}

int fail(const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32];

	error_print(error, text, sizeof(text));
	fprintf(stderr, "agentctl: %s\n", text);
	return error->code == ERROR_CLOSED ? STATUS_NO_DAEMON : STATUS_FAILED;
}

int wrong_use(const struct invocation *invocation, const char *format, ...)
{
	va_list args;

	if (format) {
		fputs("agentctl: ", stderr);
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
		fputc('\n', stderr);
	}
	help_usage(stderr, invocation->command);
	return STATUS_WRONG_USE;
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

int print_json(json_t *json)
{
	int failed = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);

	json_decref(json);
	return failed || putchar('\n') == EOF ? STATUS_FAILED : STATUS_DONE;
}
