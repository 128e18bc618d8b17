/* What is known of the bulletin since it was looked at last. Private to lib/workspace. */
#ifndef WORKSPACE_BOARD_H
#define WORKSPACE_BOARD_H

#include "workspace/workspace.h"

struct board *board_new(void);
void board_free(struct board *board);

#endif
