/* What people are told about commands, from the one table. */
#ifndef AGENTCTL_HELP_H
#define AGENTCTL_HELP_H

#include "command.h"

#include <stdio.h>

int help_all(FILE *out);
int help_command(const struct command *command);
void help_usage(FILE *out, const struct command *command);

#endif
