/* Copying a template: a folder of ours into a workspace. */
#ifndef AGENTCTL_TREE_H
#define AGENTCTL_TREE_H

#include "base/error.h"

/* Copies files and folders from the absolute path `from` to `to` beneath `dir`, which is made.
 * Files that are there already are left alone. */
int tree_copy(const char *from, int dir, const char *to, struct error *error);

#endif
