/* What state.db remembers of the schedule, at the start. */
#include "slots.h"

#include "journal.h"
#include "log.h"

#include "base/clock.h"

#define BEHIND_S 10 /* less is what clocks are off by */

struct restore {
	struct daemon *daemon;
	int64_t now;
	bool was_gone; /* the section, while agentd ran */
};

static int restore_agent(void *context, const struct agent_state *state)
{
	struct restore *restore = context;
	struct resident *resident = roster_find(restore->daemon->roster, state->agent);

	if (!resident)
		scheduler_keep_pause(restore->daemon->scheduler, state);
	if (resident && state->paused) {
		resident->paused = true;
		resident->pause_reason = xstrdup(state->reason);
	}
	return 0;
}

static const char *absence_reason(const struct restore *restore)
{
	return restore->was_gone ? "missed: the section was gone"
				 : agenda_absence_reason(ABSENCE_DOWN);
}

/* What the section said until somebody edited it, while nobody was there. Nobody knows when that
 * was, so none of it is caught up. */
static void skip_former(const struct restore *restore, struct resident *resident,
			const struct heartbeat *heartbeat, const struct schedule *former,
			const struct section *section)
{
	struct agenda_rule rule = scheduler_rule(restore->daemon, resident, former);
	struct agenda_place place = { .past = section->past, .next = section->next };
	struct agenda_policy none = { .catches_up = false };
	struct agenda_due due;

	if (agenda_due(&place, &rule, &none, ABSENCE_DOWN, restore->now, &due))
		scheduler_skip(restore->daemon, resident, heartbeat, &rule, &due,
			       absence_reason(restore));
}

/* One that is back in time for its slot runs. */
static void skip_missed(const struct restore *restore, struct resident *resident,
			const struct heartbeat *heartbeat, struct beat *beat,
			const struct agenda_rule *rule)
{
	struct agenda_policy none = { .catches_up = false };
	struct agenda_due due;

	if (!agenda_due(&beat->place, rule, &none, ABSENCE_DOWN, restore->now, &due) ||
	    !due.missed.count)
		return;
	if (due.run.count) {
		due.next = due.run.first;
		due.run.count = 0;
	}
	scheduler_skip(restore->daemon, resident, heartbeat, rule, &due, absence_reason(restore));
	agenda_take(&beat->place, &due);
}

static void restore_place(const struct restore *restore, struct resident *resident,
			  const struct heartbeat *heartbeat, struct beat *beat,
			  const struct schedule *former, const struct section *section)
{
	struct agenda_rule rule = scheduler_rule(restore->daemon, resident, &heartbeat->schedule);
	int64_t since = 0;

	if (heartbeat->schedule.kind == SCHEDULE_NONE)
		return;
	if (schedule_equal(former, &heartbeat->schedule)) {
		beat->stored = !agenda_restore(&beat->place, &rule, section->past, section->next,
					       restore->now, &since) &&
			       !restore->was_gone;
		if (restore->was_gone)
			skip_missed(restore, resident, heartbeat, beat, &rule);
	} else {
		skip_former(restore, resident, heartbeat, former, section);
		agenda_begin(&beat->place, &rule, restore->now);
	}
	if (since)
		journal_slots_withdraw(restore->daemon, resident->name, heartbeat->key, since);
}

void scheduler_restore_section(struct daemon *daemon, const struct section *section, bool was_gone)
{
	struct restore restore = { daemon, clock_wall_s(), was_gone };
	struct resident *resident = roster_find(daemon->roster, section->agent);
	struct beat *beat;
	struct schedule former;
	struct heartbeat *heartbeat = roster_heartbeat(resident, section->key, &beat);

	if (!heartbeat)
		return;
	beat->last_run = section->last_run;
	snprintf(beat->inputs, sizeof(beat->inputs), "%s", section->inputs);
	scheduler_hear_restored(beat, section, was_gone, restore.now);
	if (schedule_parse(span_of(section->schedule), &former, NULL))
		return; /* it begins anew */
	beat->first_seen = section->first_seen;
	/* The last good schedule of a section that is broken now outlives the restart. */
	if (heartbeat->broken && heartbeat->schedule.kind == SCHEDULE_NONE)
		heartbeat->schedule = former;
	restore_place(&restore, resident, heartbeat, beat, &former, section);
}

static int restore_section(void *context, const struct section *section)
{
	const struct restore *restore = context;
	const struct resident *resident = roster_find(restore->daemon->roster, section->agent);
	bool is_gone = !resident ||
		       (resident->agent && !roster_heartbeat(resident, section->key, NULL));

	if (is_gone || !resident->agent)
		scheduler_keep_section(restore->daemon->scheduler, section, is_gone);
	else
		scheduler_restore_section(restore->daemon, section, false);
	return 0;
}

void scheduler_owe(struct daemon *daemon, const struct slot *slot)
{
	struct resident *resident = roster_find(daemon->roster, slot->agent);
	struct slot closed = *slot;
	struct beat *beat = NULL;

	if (resident && roster_heartbeat(resident, slot->section, &beat) && !beat->owed) {
		beat->owed = slot->planned;
		beat->owed_wake = clock_wall_s();
		snprintf(beat->owed_event, sizeof(beat->owed_event), "%s", slot->event);
		scheduler_set_alarm(daemon);
		return;
	}
	closed.state = resident && beat ? SLOT_COALESCED : SLOT_SKIPPED;
	closed.reason = resident && beat ? "into the one that waits" : "the section is gone";
	journal_slot_finish(daemon, &closed, NULL, NULL);
}

/* Its row says that it runs, and its session never began. */
static int restore_owed(void *context, const struct slot *slot)
{
	const struct restore *restore = context;
	const struct resident *resident = roster_find(restore->daemon->roster, slot->agent);

	if (*slot->wish) /* a run by hand: runs.h */
		return 0;
	if (resident && !resident->agent)
		scheduler_keep_slot(restore->daemon->scheduler, slot);
	else
		scheduler_owe(restore->daemon, slot);
	return 0;
}

/* People have to hear that nothing is due for a while, or that much is due again. */
static int tell_behind(const struct restore *restore, struct error *error)
{
	char shown[INSTANT_SIZE], known[INSTANT_SIZE];
	int64_t latest = 0;
	int result = store_latest(restore->daemon->reader, &latest, error);

	if (!result && latest > restore->now + BEHIND_S)
		log_event(restore->daemon->log, LEVEL_WARNING, "clock_behind", NULL, NULL,
			  "the clock shows %s, and state.db has rows of %s: it was ahead then, or "
			  "was set back while agentd did not run; no slot runs a second time",
			  instant_print(restore->now, shown), instant_print(latest, known));
	return result;
}

int scheduler_restore(struct daemon *daemon, struct error *error)
{
	struct restore restore = { daemon, clock_wall_s(), false };
	int result = tell_behind(&restore, error);

	if (!result)
		result = store_agents(daemon->reader, restore_agent, &restore, error);
	if (!result)
		result = store_sections(daemon->reader, restore_section, &restore, error);
	if (!result)
		result = store_slots_waiting(daemon->reader, restore_owed, &restore, error);
	for (size_t i = 0; !result && i < daemon->roster->count; i++)
		scheduler_arm_sections(daemon, daemon->roster->items[i]);
	if (!result) {
		scheduler_look_ahead(daemon);
		scheduler_set_alarm(daemon);
	}
	return result;
}
