/* Our environment may hold API keys. Before anything is spawned it moves into a sealed memory file,
 * which the gateway alone is given, and what the kernel shows of it in /proc/PID/environ is wiped.
 */
#ifndef AGENTD_SECRETS_H
#define AGENTD_SECRETS_H

#include "base/error.h"

#include <stdbool.h>

/* *ret_fd: a memory file with {"NAME":"value",…}. Afterwards only names on the keep list (HOME,
 * LANG, NOTIFY_SOCKET, …) are left in the environment. Makes us not dumpable. */
int secrets_seal(int *ret_fd, struct error *error);

/* The environment that children get: a fixed list, never a key; with `identity` also HOME, where
 * the person's git identity is. NULL-terminated, static. */
const char *const *secrets_child_environment(bool identity);
/* The same for a person's own command: with HOME, and what a desktop notification needs. */
const char *const *secrets_command_environment(void);

#endif
