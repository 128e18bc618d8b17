/* What is known of agents and sections that are not there, or cannot be read, until they are again:
 * of an agent whose files are broken since the start, what state.db remembers of its sections and
 * slots; of one whose folder, or whose SOUL.md, is gone, also whether it is paused. A folder is
 * moved away and back, git checks another branch out, an editor deletes what it then writes: off
 * means off all the same, and what was done is done. */
#include "slots.h"

#include "journal.h"
#include "log.h"

#define KEPT_MAX 10000

/* An agent that is gone. */
struct gone {
	char name[AGENT_NAME_MAX + 1];
	bool paused;
	char *pause_reason;
	struct health health;
	struct last_result last;
};

/* That, or a section's row, or a slot's that is to run. */
struct kept {
	struct gone *gone;      /* NULL: it is none */
	struct section section; /* their strings are copies */
	struct slot slot;
	bool is_gone; /* it, or its agent, was gone; not broken */
	struct kept *next;
};

static void release(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void gone_free(struct gone *gone)
{
	if (!gone)
		return;
	free(gone->pause_reason);
	free(gone->last.reason);
	free(gone);
}

static void kept_free(struct kept *kept)
{
	gone_free(kept->gone);
	release(kept->section.agent);
	release(kept->section.key);
	release(kept->section.schedule);
	release(kept->section.inputs);
	release(kept->section.heard);
	release(kept->slot.agent);
	release(kept->slot.section);
	release(kept->slot.event);
	free(kept);
}

static struct kept *take_out(struct scheduler *scheduler, struct kept **place)
{
	struct kept *kept = *place;

	*place = kept->next;
	if (scheduler->kept_last == &kept->next)
		scheduler->kept_last = place;
	scheduler->kept_count--;
	return kept;
}

void scheduler_kept_free(struct scheduler *scheduler)
{
	while (scheduler->kept)
		kept_free(take_out(scheduler, &scheduler->kept));
}

/* Where there is too much the oldest goes that is no agent, whose pause matters more. Its rows stay
 * as they are, until retention finds them. */
static struct kept **dispensable(struct scheduler *scheduler)
{
	struct kept **place = &scheduler->kept;

	while (*place && (*place)->gone)
		place = &(*place)->next;
	return *place ? place : &scheduler->kept;
}

static struct kept *kept_new(struct scheduler *scheduler)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));

	if (scheduler->kept_count == KEPT_MAX)
		kept_free(take_out(scheduler, dispensable(scheduler)));
	*scheduler->kept_last = kept;
	scheduler->kept_last = &kept->next;
	scheduler->kept_count++;
	return kept;
}

/* ---- keeping ---- */

void scheduler_keep_section(struct scheduler *scheduler, const struct section *section,
			    bool is_gone)
{
	struct kept *kept = kept_new(scheduler);

	kept->is_gone = is_gone;
	kept->section = *section;
	kept->section.agent = xstrdup(section->agent);
	kept->section.key = xstrdup(section->key);
	kept->section.schedule = xstrdup(section->schedule);
	kept->section.inputs = xstrdup(section->inputs);
	kept->section.heard = xstrdup(section->heard);
}

void scheduler_keep_gone(struct daemon *daemon, const struct resident *resident,
			 const struct heartbeat *heartbeat, const struct beat *beat)
{
	char text[SCHEDULE_PRINT_SIZE];
	struct section section = scheduler_section(resident, heartbeat, beat, text);

	if (beat->first_seen || beat->last_run)
		scheduler_keep_section(daemon->scheduler, &section, true);
}

void scheduler_keep_slot(struct scheduler *scheduler, const struct slot *slot)
{
	struct kept *kept = kept_new(scheduler);

	kept->slot = (struct slot){
		.agent = xstrdup(slot->agent),
		.section = xstrdup(slot->section),
		.heading = "",
		.planned = slot->planned,
		.event = xstrdup(slot->event),
		.reason = "",
		.session = "",
		.outcome = "",
		.recorded = slot->recorded,
		.wish = "",
	};
}

static struct gone *keep_agent(struct scheduler *scheduler, const char *name, bool paused,
			       const char *reason)
{
	struct gone *gone = xcalloc(1, sizeof(*gone));

	kept_new(scheduler)->gone = gone;
	snprintf(gone->name, sizeof(gone->name), "%s", name);
	gone->paused = paused;
	gone->pause_reason = paused ? xstrdup(reason) : NULL;
	return gone;
}

void scheduler_keep_pause(struct scheduler *scheduler, const struct agent_state *state)
{
	if (state->paused)
		keep_agent(scheduler, state->agent, true, state->reason);
}

void scheduler_agent_gone(struct daemon *daemon, struct resident *resident)
{
	struct scheduler *scheduler = daemon->scheduler;
	struct gone *gone = keep_agent(scheduler, resident->name, resident->paused,
				       resident->pause_reason);
	size_t count = resident->agent ? resident->agent->beats.count : 0;

	gone->health = resident->health;
	gone->last = resident->last;
	gone->last.reason = steal_pointer(&resident->last.reason);
	for (size_t i = 0; i < count; i++)
		scheduler_keep_gone(daemon, resident, &resident->agent->beats.items[i],
				    &resident->beats[i]);
}

/* ---- giving back ---- */

/* Its row is written again, as it may have left by `retention`. */
static void give_back(struct daemon *daemon, struct resident *resident, struct gone *gone)
{
	resident->health = gone->health;
	resident->last = gone->last;
	gone->last.reason = NULL;
	if (!gone->paused)
		return;
	resident->paused = true;
	resident->pause_reason = steal_pointer(&gone->pause_reason);
	journal_agent(daemon, resident->name, true, resident->pause_reason, NULL, NULL);
	log_event(daemon->log, LEVEL_NOTICE, "paused", resident->name, NULL,
		  "it is back, and paused as it was (%s): agentctl resume %s",
		  resident->pause_reason, resident->name);
}

void scheduler_agent_back(struct daemon *daemon, struct resident *resident)
{
	struct kept **place = &daemon->scheduler->kept;

	while (*place) {
		struct kept *kept;

		if (!(*place)->gone || strcmp((*place)->gone->name, resident->name) != 0) {
			place = &(*place)->next;
			continue;
		}
		kept = take_out(daemon->scheduler, place);
		give_back(daemon, resident, kept->gone);
		kept_free(kept);
	}
}

/* A section that its file has not is kept on. */
static bool is_of(const struct kept *kept, const struct resident *resident)
{
	if (kept->slot.agent)
		return !strcmp(kept->slot.agent, resident->name);
	return kept->section.agent && !strcmp(kept->section.agent, resident->name) &&
	       roster_heartbeat(resident, kept->section.key, NULL);
}

/* One that has begun meanwhile is known by what has been since. */
static void restore(struct daemon *daemon, const struct resident *resident, const struct kept *kept)
{
	struct beat *beat;

	if (kept->slot.agent)
		scheduler_owe(daemon, &kept->slot);
	else if (roster_heartbeat(resident, kept->section.key, &beat) && !beat->first_seen)
		scheduler_restore_section(daemon, &kept->section, kept->is_gone);
}

bool scheduler_mended(struct daemon *daemon, const struct resident *resident)
{
	struct kept **place = &daemon->scheduler->kept;
	bool was_broken = false;

	while (*place) {
		struct kept *kept;

		if (!is_of(*place, resident)) {
			place = &(*place)->next;
			continue;
		}
		kept = take_out(daemon->scheduler, place);
		restore(daemon, resident, kept);
		was_broken |= !kept->is_gone;
		kept_free(kept);
	}
	return was_broken;
}
