/* Items of a checklist that the runtime has done before the model is asked. Private to lib/agent.
 */
#ifndef AGENT_CHORES_H
#define AGENT_CHORES_H

#include "agent/agent.h"

/* What there is to say about each. */
struct chore_facts {
	bool has_memory, has_bulletin;
	size_t facts, posts, knowledge_files;
	const char *moment; /* NULL: not known */
};

/* Appends `checklist`, in which the items of the table are marked done with their result. */
void chores_mark(struct span checklist, const struct chore_facts *facts, struct buffer *out);

#endif
