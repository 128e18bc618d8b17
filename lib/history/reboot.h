/* Private to history: the first look at a repository after the machine was down.
 *
 * A commit's objects are synced before its branch moves, so that no history is ever lost to a power
 * cut. What is not synced may come back in any state: objects of a commit that was being made,
 * under their own names and empty or in part, which git would take for good from then on; the
 * index, as it was some commits ago; drafts. So the first call after each start of the machine
 * reads what objects were new then, removes those that are not what their names say, and brings the
 * index's entries that are of an earlier commit of the branch in step with HEAD. What somebody has
 * staged that was never committed stays staged.
 *
 * Which start of the machine that was is noted in .git/info/agentd-boot, without a sync: lost, it
 * costs another look. */
#ifndef HISTORY_REBOOT_H
#define HISTORY_REBOOT_H

#include "repository.h"

/* Reads the name of this start of the machine; before any wall. */
void reboot_start(void);

/* Has the machine been down since the last note? */
bool reboot_happened(const struct history *h);

/* Before anything is written: objects and drafts. */
int reboot_clear(struct history *h, struct error *error);
/* After an interrupted step was finished: the index, temporary files; then the note. */
int reboot_settle(struct history *h, struct error *error);

#endif
