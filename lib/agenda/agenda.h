/* Which slots of a section are due, and what becomes of each: runs, is coalesced, is missed.
 *
 * A slot is a planned instant of a section. Whoever looks applies what is said here: writes rows,
 * wishes for a session, sets an alarm. Each slot gets one row, in the order of time:
 *
 *     past                next                                        now
 *     --|------------------|--x--x--x--x--x--x--x--x--x--x--x--x--x--|--> next after it
 *       has its row        |  missed: nobody was there  | coalesced |R|
 *                          |  (too old, or not caught up)|  into R   | runs, or a gate is shut
 *
 * - A slot that is looked at within AGENDA_LATE_S is on time, whatever the policy: a daemon that
 *   was restarted over it, or a machine that is slow, has not missed it.
 * - What nobody looked at in time was missed. With catch_up `once` the latest of them runs if it is
 *   not older than catch_up_within, and those not older are coalesced into it; older ones are
 *   skipped. With `none` all are skipped.
 * - What is caught up waits its turn: catch_up_at_once of all sections start together, the next
 *   after catch_up_apart. Until then nothing of it is recorded, so that it is found again after
 *   another death. A slot that is on time waits for nobody, and takes what was missed with it.
 * - More than AGENDA_ROWS_MAX slots of one part share one row, which stands for each of them.
 * - `past` is a moment up to which no slot gets a row any more; `next` is the first behind it, by
 *   the schedule, zone and tick in force. So a clock that is set back by up to AGENDA_BACK_S finds
 *   nothing due until it has come to `next`. One that is set back further is taken at its word: the
 *   section begins anew at that moment. Its coming slots may have rows already; those that ran do
 *   not run again, as the row says, and those that were missed only because the clock had been
 *   ahead are withdrawn by whoever keeps the rows.
 *
 *     agenda_begin | agenda_restore       a section is seen for the first time | known from before
 *     agenda_review                       its text, zone or tick, or the clock, may be another
 *     agenda_wake                         set the alarm for it
 *     agenda_due … agenda_turn            when it has rung: what is there, and is it its turn?
 *     agenda_rows, agenda_take            record it   | agenda_wait: later
 *
 * Pure: moments are arguments, in UTC seconds of the wall clock. */
#ifndef AGENDA_AGENDA_H
#define AGENDA_AGENDA_H

#include "schedule/schedule.h"

#define AGENDA_LATE_S 60
#define AGENDA_BACK_S (3 * 3600)
#define AGENDA_ROWS_MAX 1000
#define AGENDA_NEVER INT64_MAX

/* ---- a section's place in time ---- */

/* By what a section's slots are told; borrowed for each call. */
struct agenda_rule {
	const struct schedule *schedule;
	const struct zone *zone;
	uint32_t tick_s;
};

/* Why nobody looked when a slot was due. */
enum agenda_absence { ABSENCE_DOWN, ABSENCE_SUSPENDED, ABSENCE_CLOCK_SET, ABSENCE_HELD_UP };

struct agenda_place {
	int64_t past, next;          /* durable */
	int64_t wake;                /* when to look at it again; `next` unless it waits its turn */
	int64_t noticed;             /* since when it waits its turn, 0: it does not */
	enum agenda_absence absence; /* why it was missed, while it waits */
};

/* Nothing is ever due of it: where every place begins. */
void agenda_clear(struct agenda_place *place);

/* A section that nobody knew: its first slot is the next one. "Run once" without a moment is due at
 * once. One that starts nothing has no next slot. */
void agenda_begin(struct agenda_place *place, const struct agenda_rule *rule, int64_t now);

/* As it was left. `past` 0: by an agentd that did not write it. `next` may lie in the past: then it
 * is due. Returns what agenda_review does. */
bool agenda_restore(struct agenda_place *place, const struct agenda_rule *rule, int64_t past,
		    int64_t next, int64_t now, int64_t *ret_since);

/* The rule, or the clock, may have become another: what is due stays due, what is to come is told
 * anew. Returns whether the place is another and has to be kept. *ret_since: the moment behind
 * which rows of slots that were missed are to be withdrawn, as the clock was set back to it; else
 * 0. */
bool agenda_review(struct agenda_place *place, const struct agenda_rule *rule, int64_t now,
		   int64_t *ret_since);

/* When somebody has to look at it, AGENDA_NEVER: not by time. */
int64_t agenda_wake(const struct agenda_place *place);

/* ---- what is due ---- */

struct agenda_policy {
	bool catches_up; /* catch_up: once */
	uint32_t within_s, at_once, apart_s;
};

struct agenda_part {
	int64_t first, last, count; /* count 0: nothing */
};

struct agenda_due {
	struct agenda_part missed, coalesced, run; /* in the order of time; run: one slot at most */
	bool is_catch_up;                          /* `run` was missed, too, and waits its turn */
	enum agenda_absence absence;               /* of what was missed */
	int64_t next;                              /* behind all of them */
};

/* What has come due of a section, by `now`. Returns false: nothing. */
bool agenda_due(const struct agenda_place *place, const struct agenda_rule *rule,
		const struct agenda_policy *policy, enum agenda_absence absence, int64_t now,
		struct agenda_due *ret_due);

/* The rows of a part: each slot, or all in one. A visit that returns false ends the walk. */
typedef bool (*agenda_visit)(void *context, const struct agenda_part *row);
void agenda_rows(const struct agenda_part *part, const struct agenda_rule *rule, agenda_visit visit,
		 void *context);

/* What is due has its rows. */
void agenda_take(struct agenda_place *place, const struct agenda_due *due);

/* Is the slot of a session that did not begin before the daemon ended still to run? `is_late`: as a
 * catch-up, in its turn. */
bool agenda_is_owed(const struct agenda_policy *policy, int64_t planned, int64_t now,
		    bool *ret_is_late);

/* ---- turns ---- */

/* Of all sections together; zero at a start. */
struct agenda_turns {
	int64_t begun; /* the group that starts now */
	uint32_t count;
};

/* May another one be caught up now? 0, or the moment to ask again. */
int64_t agenda_turn_wait(const struct agenda_turns *turns, const struct agenda_policy *policy,
			 int64_t now);
/* The same, and counts it where it may. */
int64_t agenda_turn(struct agenda_turns *turns, const struct agenda_policy *policy, int64_t now);

/* It waits until that moment, or until a slot of its own comes due that waits for nobody. */
void agenda_wait(struct agenda_place *place, const struct agenda_due *due, int64_t until,
		 int64_t now);

/* ---- absence ---- */

/* What three clocks showed when somebody looked: wall, monotonic, and the one that also runs while
 * the machine is suspended. */
struct agenda_look {
	int64_t wall_ms, monotonic_ms, boot_ms;
};

/* Why nobody looked in between; `then` of zeros: this is the first look, the daemon was down. */
enum agenda_absence agenda_absence(const struct agenda_look *then, const struct agenda_look *now);

/* "missed: the daemon was not running", … */
const char *agenda_absence_reason(enum agenda_absence absence);

#endif
