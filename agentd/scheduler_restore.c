/* What state.db remembers of the schedule, at the start. */
#include "slots.h"

#include "journal.h"
#include "log.h"

#include "base/clock.h"

struct restore {
	struct daemon *daemon;
	int64_t now;
};

static int restore_agent(void *context, const struct agent_state *state)
{
	struct restore *restore = context;
	struct resident *resident = roster_find(restore->daemon->roster, state->agent);

	if (resident && state->paused) {
		resident->paused = true;
		resident->pause_reason = xstrdup(state->reason);
	}
	return 0;
}

/* Slots between the one that was armed and now: nobody was there. */
static void skip_missed(struct daemon *daemon, struct resident *resident,
			const struct heartbeat *heartbeat, const struct schedule *schedule,
			int64_t armed, int64_t now)
{
	_free_ struct slot *slots = NULL;
	size_t count = 0, capacity = 0;

	for (int64_t at = armed; at <= now;) {
		if (array_grow((void **)&slots, count, &capacity, sizeof(*slots), MISSED_MAX))
			break;
		slots[count] = scheduler_slot(resident, heartbeat, at);
		slots[count].state = SLOT_SKIPPED;
		slots[count++].reason = "the daemon was not running";
		if (scheduler_next(daemon, resident, schedule, at, &at))
			break;
	}
	if (!count)
		return;
	log_event(daemon->log, LEVEL_NOTICE, "slots_missed", resident->name, NULL,
		  "%s: %zu slots were due while the daemon was not running", heartbeat->heading,
		  count);
	journal_slots(daemon, slots, count, NULL, NULL, NULL);
}

static int restore_section(void *context, const struct section *section)
{
	struct restore *restore = context;
	struct resident *resident = roster_find(restore->daemon->roster, section->agent);
	struct beat *beat;
	struct schedule schedule;
	struct heartbeat *heartbeat = resident ? roster_heartbeat(resident, section->key, &beat)
					       : NULL;

	if (!heartbeat)
		return 0;
	beat->first_seen = section->first_seen;
	beat->last_run = section->last_run;
	snprintf(beat->inputs, sizeof(beat->inputs), "%s", section->inputs);
	if (schedule_parse(span_of(section->schedule), &schedule, NULL))
		return 0;
	/* The last good schedule of a section that is broken now outlives the restart. */
	if (heartbeat->broken && heartbeat->schedule.kind == SCHEDULE_NONE)
		heartbeat->schedule = schedule;
	if (section->next <= restore->now)
		skip_missed(restore->daemon, resident, heartbeat, &schedule, section->next,
			    restore->now);
	else if (schedule_equal(&schedule, &heartbeat->schedule)) {
		beat->next = section->next;
		beat->stored = true;
	}
	return 0;
}

int scheduler_restore(struct daemon *daemon, struct error *error)
{
	struct restore restore = { daemon, clock_wall_s() };
	int result = store_agents(daemon->reader, restore_agent, &restore, error);

	if (!result)
		result = store_sections(daemon->reader, restore_section, &restore, error);
	for (size_t i = 0; !result && i < daemon->roster->count; i++)
		scheduler_arm_sections(daemon, daemon->roster->items[i]);
	if (!result)
		scheduler_set_alarm(daemon);
	return result;
}
