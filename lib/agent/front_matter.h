/* What is wrong with a front matter that its keys alone do not show. Private to lib/agent. */
#ifndef AGENT_FRONT_MATTER_H
#define AGENT_FRONT_MATTER_H

#include "agent/agent.h"

/* A block that begins with keys and never ends is text: nothing in it holds. */
void front_matter_check_closed(const struct markdown_text *text, struct diagnostics *found);

/* The same, and tools that there are not. */
void front_matter_check(const struct markdown_text *text, const struct front_matter *matter,
			struct diagnostics *found);

#endif
