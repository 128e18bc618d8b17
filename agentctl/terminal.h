/* What a terminal is shown.
 *
 * Names, texts and models' answers come from anywhere. Where standard output or error is a
 * terminal, all that any command prints passes through here, and a control character in it is shown
 * (\x1b) instead of obeyed. Files and pipes get the bytes as they are. */
#ifndef AGENTCTL_TERMINAL_H
#define AGENTCTL_TERMINAL_H

#include <stddef.h>

/* Call first, before anything is printed. */
void terminal_guard(void);

/* Prints a text within a line, wherever that goes to: line ends are shown, too, and what is longer
 * than `most` bytes is cut. */
void terminal_print_cut(const char *text, size_t most);

#endif
