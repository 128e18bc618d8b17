/* What the loop asks of state.db: each call is one piece of work on the store's thread, durable
 * when `done` is called on the loop. All strings are copied; `done` may be NULL. */
#ifndef AGENTD_JOURNAL_H
#define AGENTD_JOURNAL_H

#include "daemon.h"

/* error NULL: it is durable. */
typedef void (*journal_done)(void *context, const struct error *error);

/* Rows of slots and the section they belong to, at once. A slot that has a row already (a second
 * daemon, a clock that was set back) fails the whole: -ERROR_EXISTS, and nothing may run. */
void journal_slots(struct daemon *daemon, const struct slot *slots, size_t count,
		   const struct section *section, journal_done done, void *context);

/* A session begins; `slot` (may be NULL) gets its session, made here for a manual run. */
void journal_session_begin(struct daemon *daemon, const struct session_row *row,
			   const struct slot *slot, bool make_slot, journal_done done,
			   void *context);

/* Results of steps and intents of the next ones, in one transaction. */
void journal_steps(struct daemon *daemon, const struct step *results, size_t result_count,
		   const struct step *intents, size_t intent_count, journal_done done,
		   void *context);

/* A session's row and slot are closed; `section` (may be NULL) remembers the run. */
void journal_session_end(struct daemon *daemon, const struct session_row *row,
			 const struct slot *slot, const struct section *section, journal_done done,
			 void *context);

void journal_slot_finish(struct daemon *daemon, const struct slot *slot, journal_done done,
			 void *context);
void journal_agent(struct daemon *daemon, const char *agent, bool paused, const char *reason,
		   journal_done done, void *context);
void journal_section(struct daemon *daemon, const struct section *section);
void journal_section_rename(struct daemon *daemon, const char *agent, const char *from,
			    const char *to);
void journal_files(struct daemon *daemon, const char *repository, const struct file_row *rows,
		   size_t count);

#endif
