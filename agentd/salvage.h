/* What a new state.db takes over from one that was set aside, and from the exports of sessions.
 *
 * Rows of the old file are taken as far as they can be read. Two things must not be forgotten with
 * it: that a person has paused an agent, and what was spent in the windows in force; calls that
 * only an export knows are added. What neither holds (calls of sessions that were open, where the
 * old file gives nothing) is not known, and a person is told so.
 *
 * The places of sections come along, as far as they can be read, and slots that wait: no beat of
 * these is missed, and none that ran runs again, as a place moves on in the transaction that makes
 * the slot's row. Sessions that were open come with what can be read of their journal, and without
 * what they would need to go on: a part of it may be missing, and an effect that must not be
 * repeated with it. The start closes them as interrupted and saves their facts. Parked work is
 * lost.
 *
 * Before the store's thread runs, and in one transaction. What cannot be had is left; it fails
 * where the new file cannot be written. */
#ifndef AGENTD_SALVAGE_H
#define AGENTD_SALVAGE_H

#include "daemon.h"

struct salvage {
	size_t pauses, calls;  /* from the old file */
	size_t exported_calls; /* from exports */
	size_t open, parked;   /* sessions and work of the old file that do not go on */
	bool is_whole;         /* all rows of pauses and calls could be read */
};

/* `old`: its name in .agentd/, NULL: there is none. */
int salvage_state(struct daemon *daemon, const char *old, struct salvage *ret_salvage,
		  struct error *error);

#endif
