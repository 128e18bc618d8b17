#include "gates.h"

#include "parked.h"
#include "supervisor.h"

struct question {
	struct daemon *daemon;
	const struct resident *resident;
	const struct heartbeat *heartbeat;
	const struct beat *beat;
	int64_t planned;
};

static bool is_broken(const struct question *q)
{
	return q->resident->broken != NULL;
}

static bool is_paused(const struct question *q)
{
	return q->resident->paused;
}

static bool is_empty(const struct question *q)
{
	return q->heartbeat->empty;
}

static bool is_outside_hours(const struct question *q)
{
	const struct heartbeats *beats = &q->resident->agent->beats;
	struct civil local;

	/* Calendar times are what a person wrote; hours gate what recurs all day. */
	if (!beats->has_active_hours || (q->heartbeat->schedule.kind != SCHEDULE_INTERVAL &&
					 q->heartbeat->schedule.kind != SCHEDULE_TICK))
		return false;
	zone_to_local(roster_zone(q->resident, q->daemon), q->planned, &local);
	return !schedule_window_contains(beats->active_begin, beats->active_end,
					 (unsigned)(local.hour * 60 + local.minute));
}

static bool is_waiting_already(const struct question *q)
{
	return q->beat->firing || q->beat->owed ||
	       supervisor_has(q->daemon, q->resident, q->heartbeat->key, true);
}

static bool is_parked(const struct question *q)
{
	return parked_has(q->daemon, q->resident, q->heartbeat->key);
}

static bool asks_for_change(const struct question *q)
{
	uint8_t kind = q->heartbeat->schedule.kind;

	switch (q->resident->agent->beats.when) {
	case WHEN_ALWAYS: return false;
	case WHEN_CHANGED: return true;
	default: return kind == SCHEDULE_INTERVAL || kind == SCHEDULE_TICK;
	}
}

static bool is_unchanged(const struct question *q)
{
	char inputs[17];

	return asks_for_change(q) && q->beat->inputs[0] &&
	       !workspace_inputs(q->daemon->workspace, q->resident->name, inputs, NULL) &&
	       !strcmp(inputs, q->beat->inputs);
}

static const struct {
	bool (*is_shut)(const struct question *q);
	enum slot_state state;
	const char *reason;
} gates[] = {
	{ is_broken, SLOT_SKIPPED, "broken" },
	{ is_paused, SLOT_SKIPPED, "paused" },
	{ is_empty, SLOT_SKIPPED, "nothing to do" },
	{ is_outside_hours, SLOT_SKIPPED, "outside active hours" },
	{ is_waiting_already, SLOT_COALESCED, "into the one that waits" },
	{ is_parked, SLOT_COALESCED, "into the one that is parked" },
	{ is_unchanged, SLOT_SKIPPED, "unchanged" },
};

struct gate_verdict gates_pass(struct daemon *daemon, const struct resident *resident,
			       const struct heartbeat *heartbeat, const struct beat *beat,
			       int64_t planned)
{
	struct question question = { daemon, resident, heartbeat, beat, planned };

	for (size_t i = 0; i < ARRAY_LENGTH(gates); i++)
		if (gates[i].is_shut(&question))
			return (struct gate_verdict){ gates[i].state, gates[i].reason };
	return (struct gate_verdict){ SLOT_RUNNING, NULL };
}
