/* What a new state.db takes over from one that was set aside, and from the exports of sessions.
 *
 * Two things must not be forgotten with it: that a person has paused an agent, and what was spent
 * in the windows in force. Rows of the old file are taken as far as they can be read; calls that
 * only an export knows are added. What neither holds (calls of sessions that were open, where the
 * old file gives nothing) is not known, and a person is told so.
 *
 * Before the store's thread runs. Never fails: what cannot be had is left. */
#ifndef AGENTD_SALVAGE_H
#define AGENTD_SALVAGE_H

#include "daemon.h"

struct salvage {
	size_t pauses, calls;  /* from the old file */
	size_t exported_calls; /* from exports */
	bool is_whole;         /* all rows asked of the old file could be read */
};

/* `old`: its name in .agentd/, NULL: there is none. */
void salvage_state(struct daemon *daemon, const char *old, struct salvage *ret_salvage);

#endif
