/* Private to history: under whose name a person's edits are committed. */
#ifndef HISTORY_IDENTITY_H
#define HISTORY_IDENTITY_H

#include "repository.h"

struct identity {
	char name[128], email[256];
};

/* Reads the user's own settings (~/.gitconfig, $XDG_CONFIG_HOME/git/config, /etc/gitconfig) and
 * passwd entry. Once, before any wall stands: afterwards none of them can be read. */
void identity_start(void);

/* The repository's user.name and user.email, else what identity_start found. An e-mail at
 * agentd.local is an agent's and nobody's identity. */
void identity_of(git_repository *repository, struct identity *ret_identity);

/* Who signs what the daemon does in nobody's name. */
#define IDENTITY_DAEMON_NAME "agentd"
#define IDENTITY_DAEMON_EMAIL "agentd@agentd.local"
bool identity_is_agent(const char *email);

/* A signature that git fsck accepts: no angle brackets, no control characters, never empty. */
int identity_sign(const struct history_author *author, git_signature **ret_signature,
		  struct error *error);

#endif
