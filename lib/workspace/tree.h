/* Walking the files below a folder. Private to lib/workspace. */
#ifndef WORKSPACE_TREE_H
#define WORKSPACE_TREE_H

#include "base/file.h"

#define TREE_FILES_MAX 20000

/* `path` is relative to the folder that the walk began in; `parent` is open and holds `name`. A
 * visit that returns non-zero ends the walk. */
typedef int (*tree_visit)(void *context, int parent, const char *name, const char *path);

/* Visits every regular file below `dir`, sorted by name within a folder. Links, devices, editors'
 * scratch files, hidden files and the folders that `skip` names at the top (NULL-terminated, may be
 * NULL) are passed over. Where there is more than the limits allow, the walk ends early. */
int tree_walk(int dir, const char *const *skip, tree_visit visit, void *context,
	      struct error *error);

#endif
