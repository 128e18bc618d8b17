/* A workspace on disk with two agents and all that a session must not reach. */
#ifndef TEST_WORKSPACE_H
#define TEST_WORKSPACE_H

#include <stdbool.h>
#include <sys/types.h>

struct workspace {
	char root[64];
	int knowledge, work; /* of the agent kira */
};

/* Everything belongs to `owner`, who may come in. */
void workspace_make(struct workspace *w, uid_t owner);

/* Is all that the agent may not write as it was made? Names what is not. */
bool workspace_is_untouched(const struct workspace *w);
void workspace_remove(struct workspace *w);

#endif
