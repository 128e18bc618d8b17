/* Reading one file with its git id. Private to lib/workspace. */
#ifndef WORKSPACE_SOURCE_H
#define WORKSPACE_SOURCE_H

#include "workspace/workspace.h"

/* Absent is no error: data is NULL then. */
int source_read(int dir, const char *path, size_t max, struct source *ret_source,
		struct error *error);

/* saving.c: was it read in the middle of a save? By the rule of workspace_half_saved. */
bool source_is_half_saved(int dir, const char *path, const struct source *source,
			  const char *in_force, int64_t now_ms);

#endif
