/* Runs a command line by sh. */
#ifndef CRASH_SHELL_H
#define CRASH_SHELL_H

#include "base/buffer.h"

/* Appends what it prints, on both outputs, to `out`. Returns its exit status, -1: it had none. */
int shell(const char *command, struct buffer *out);

#endif
