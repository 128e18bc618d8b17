/* Files of agents that are being saved: what waits for them, and for how long.
 *
 * Many tools save in place: `llm … >SOUL.md` empties the file, and its text comes seconds later. Of
 * such a half (see workspace_half_saved) nothing follows:
 *   - no reload takes it. What is in force stays, for as long as the file is open; an agent that
 *     has nothing in force comes when its files are whole.
 *   - no session begins or goes on with it, nor without a file that was in force and is gone, until
 *     a reload has taken note of that. Its turn comes when the file is whole, or SAVING_WAIT_MS
 *     after the first had to wait: who leaves a file open does not hold up an agent for good.
 * The close brings an event; nobody relies on it: while anything waits it is looked at again, every
 * 100 ms for a session, else every second. Other agents are not held up. */
#ifndef AGENTD_SAVING_H
#define AGENTD_SAVING_H

#include "daemon.h"

struct resident;
struct savings;

#define SAVING_WAIT_MS 60000

/* What is known of one agent's files; zero: nothing is being saved. */
struct saving {
	unsigned files;                /* as of the latest look: a set of 1 << enum agent_file */
	int64_t since_ms[AGENT_FILES]; /* when a session began to wait for it; 0: none did */
	int64_t looked_ms;             /* when the latest was told to wait */
	int64_t again_ms; /* when a reload that was put off is tried again; 0: none was */
	bool whole;       /* that one was to take over also what is unchanged */
};

struct savings *savings_new(struct daemon *daemon);
void savings_free(struct savings *savings);

/* The agent's files were just read, to be reloaded: is that to be put off? `whole` (also where
 * nothing changed) is remembered, and given back where it is not put off. */
bool saving_holds_reload(struct daemon *daemon, struct resident *resident,
			 const struct sources *sources, bool *whole);

/* The same for a session that is to begin, `id`; false also when it has waited for long enough. */
bool saving_holds_session(struct daemon *daemon, struct resident *resident, const char *id,
			  const struct sources *sources);

/* Its files cannot be read: a reload that was put off is not tried again before somebody has
 * changed them, which tells of itself. */
void saving_forget_reload(struct resident *resident);

/* Does a session of it wait, as of the latest look? */
bool saving_waits(const struct resident *resident);

/* A session of it was told to wait a moment ago: there is no use in asking again. */
bool saving_rests(const struct resident *resident, int64_t now_ms);

/* "waits: agents/kira/SOUL.md is being written"; NULL: nothing is. The caller frees it. */
char *saving_words(const struct resident *resident);

#endif
