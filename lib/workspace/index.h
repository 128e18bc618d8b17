/* What an agent can look up: one line a file. Private to lib/workspace. */
#ifndef WORKSPACE_INDEX_H
#define WORKSPACE_INDEX_H

#include "workspace/workspace.h"

/* "- knowledge/prices.md: Prices" for each file below knowledge/, by its first heading. "" when
 * there is none; what passes WORKSPACE_INDEX_MAX is counted in a last line. Folders that `grant`
 * (may be NULL) gives come first. The caller frees it. */
char *index_knowledge(int agent_dir, const struct grant *grant);

/* "- refunds: when and how to refund" for each skills/NAME/SKILL.md, by its front matter. */
char *index_skills(int agent_dir);

#endif
