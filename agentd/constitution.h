/* The constitution that an agent had last, for the time in which its file says nothing: emptied by
 * a slip, deleted, or left empty by a full disk or a power cut.
 *
 * Each good text that is seen is kept, when the agent is loaded, when the file changes, and when a
 * session begins: in memory at once, and by the store's thread in
 * .agentd/last-good/AGENT-CONSTITUTION.md, synced, whole or not at all. What is kept already is not
 * written again. Texts are as markdown_clean makes them; a blank one (constitution_is_blank) is as
 * none, also in what was kept. Then the built-in one holds: no agent ever runs without.
 *
 * While an agent lives by what was kept, or by the built-in one as its file is empty, the incident
 * "constitution AGENT" is open; each session that begins by such a text raises it again. A file
 * that never was there is only warned of, by the roster.
 *
 * An agent that is gone and comes back finds what it had. What is kept of one that has been gone
 * for all of `retention` is removed. */
#ifndef AGENTD_CONSTITUTION_H
#define AGENTD_CONSTITUTION_H

#include "daemon.h"

struct keeping;
struct names;
struct resident;

enum constitution_file {
	CONSTITUTION_UNSEEN, /* the agent's files could not be read so far */
	CONSTITUTION_GOOD,
	CONSTITUTION_BLANK,
	CONSTITUTION_MISSING,
};

/* What is known of one agent's: part of its resident. Zeros: nothing. */
struct constitution_known {
	enum constitution_file file; /* at the last look */
	char id[41];                 /* of the latest good text, "": none */
	struct keeping *keeping;     /* that text on its way to the disk; NULL: it is there */
};

void constitution_known_clear(struct constitution_known *known);

/* The file as it has just been read. */
void constitution_look(struct daemon *daemon, struct resident *resident,
		       const struct source *source);
/* A session begins by this text; one without an id stands in for the file. */
void constitution_used(struct daemon *daemon, struct resident *resident,
		       const struct plan_text *text);

/* The last good text, the caller's to free. NULL: there is none. */
char *constitution_recall(const struct daemon *daemon, const char *agent);

/* The agent is gone, and with it the incident. */
void constitution_left(struct daemon *daemon, struct resident *resident);

/* At a start, when state.db's thread runs and incidents are known: what was seen so far is kept and
 * told. */
void constitutions_start(struct daemon *daemon);

/* On the store's thread, at each round of retention: what is kept of agents that `names` does not
 * have, and did not have since `before`, is removed. UTC seconds. */
int constitutions_prune(int state_dir, struct names *names, int64_t now, int64_t before,
			struct error *error);

#endif
