/* The lines of an escalation section. Private to lib/agent. */
#ifndef AGENT_TRIGGER_H
#define AGENT_TRIGGER_H

#include "agent/agent.h"

/* Adds the triggers and the action of `section`, which begins on line `first_line`. Lines that
 * cannot be checked mechanically are told to `found`. */
void triggers_read(struct span section, unsigned first_line, struct constitution *constitution,
		   struct diagnostics *found);

#endif
