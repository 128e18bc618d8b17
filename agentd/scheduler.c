#include "slots.h"

#include "gates.h"
#include "journal.h"
#include "log.h"
#include "parked.h"
#include "supervisor.h"
#include "zones.h"

#include "base/alarm.h"
#include "base/clock.h"

#include <unistd.h>

#define EVENT_GAP_S 60 /* an event wakes a section at most once a minute */

struct scheduler {
	struct daemon *daemon;
	int alarm;
	uv_poll_t *poll;
	uv_timer_t *events; /* for event sections that wait out their minute */
};

static uint32_t tick_of(const struct daemon *daemon, const struct resident *resident)
{
	uint32_t own = resident->agent->beats.tick_s;

	return own ? own : daemon->workspace->settings->tick_s;
}

/* The zone that a heading names comes before the agent's. */
static const struct zone *zone_of(const struct daemon *daemon, const struct resident *resident,
				  const struct schedule *schedule)
{
	const struct zone *own;

	if (*schedule->zone && !zones_get(daemon->zones, schedule->zone, &own, NULL))
		return own;
	return roster_zone(resident, daemon);
}

int scheduler_next(const struct daemon *daemon, const struct resident *resident,
		   const struct schedule *schedule, int64_t from, int64_t *ret_at)
{
	return schedule_next(schedule, zone_of(daemon, resident, schedule),
			     tick_of(daemon, resident), from, ret_at);
}

void scheduler_set_alarm(struct daemon *daemon)
{
	const struct roster *roster = daemon->roster;
	int64_t first = INT64_MAX;
	struct error error;

	for (size_t i = 0; i < roster->count; i++) {
		const struct resident *resident = roster->items[i];
		size_t count = resident->agent ? resident->agent->beats.count : 0;

		for (size_t j = 0; j < count; j++)
			if (resident->beats[j].next < first)
				first = resident->beats[j].next;
	}
	if (daemon->stopping)
		first = INT64_MAX;
	if (alarm_set(daemon->scheduler->alarm, first, &error))
		log_event(daemon->log, LEVEL_ERROR, "alarm", NULL, NULL, "%s", error.message);
}

/* ---- rows ---- */

static void describe_section(const struct resident *resident, const struct heartbeat *heartbeat,
			     const struct beat *beat, char text[SCHEDULE_PRINT_SIZE],
			     struct section *ret_section)
{
	*ret_section = (struct section){
		.agent = resident->name,
		.key = heartbeat->key,
		.schedule = schedule_print(&heartbeat->schedule, text),
		.first_seen = beat->first_seen,
		.next = beat->next,
		.last_run = beat->last_run,
		.inputs = beat->inputs,
	};
}

static void store_section(struct daemon *daemon, const struct resident *resident,
			  const struct heartbeat *heartbeat, struct beat *beat)
{
	char text[SCHEDULE_PRINT_SIZE];
	struct section section;

	describe_section(resident, heartbeat, beat, text, &section);
	journal_section(daemon, &section);
	beat->stored = true;
}

struct slot scheduler_slot(const struct resident *resident, const struct heartbeat *heartbeat,
			   int64_t planned)
{
	return (struct slot){
		.agent = resident->name,
		.section = heartbeat->key,
		.heading = heartbeat->heading,
		.planned = planned,
		.event = "",
		.session = "",
		.outcome = "",
		.recorded = clock_wall_s(),
	};
}

/* ---- firing ---- */

/* A slot whose row is written; the session may be wished for. */
struct firing {
	struct daemon *daemon;
	char agent[AGENT_NAME_MAX + 1];
	char *key, *event;
	int64_t planned;
};

static void firing_free(struct firing *firing)
{
	free(firing->key);
	free(firing->event);
	free(firing);
}

static void close_slot(struct daemon *daemon, const struct firing *firing, enum slot_state state,
		       const char *reason)
{
	struct slot slot = {
		.agent = firing->agent,
		.section = firing->key,
		.heading = "",
		.planned = firing->planned,
		.event = firing->event,
		.state = state,
		.reason = reason,
		.session = "",
		.outcome = "",
		.recorded = clock_wall_s(),
	};

	journal_slot_finish(daemon, &slot, NULL, NULL);
}

static void fire_recorded(void *context, const struct error *error)
{
	struct firing *firing = context;
	struct daemon *daemon = firing->daemon;
	struct resident *resident = roster_find(daemon->roster, firing->agent);
	struct beat *beat = NULL;
	const struct heartbeat *heartbeat = resident
						    ? roster_heartbeat(resident, firing->key, &beat)
						    : NULL;
	char text[SCHEDULE_PRINT_SIZE], id[27];
	struct error why;

	if (beat)
		beat->firing = false;
	if (beat && *firing->event)
		beat->pending = false;
	if (error) {
		log_event(daemon->log, LEVEL_WARNING, "slot_refused", firing->agent, NULL,
			  "%s: not run: %s", firing->key, error->message);
	} else if (!heartbeat || daemon->stopping) {
		close_slot(daemon, firing, SLOT_SKIPPED,
			   daemon->stopping ? "the daemon is stopping" : "the section is gone");
	} else {
		struct session_wish wish = {
			.cause = CAUSE_HEARTBEAT,
			.key = heartbeat->key,
			.heading = heartbeat->heading,
			.planned = firing->planned,
			.event = firing->event,
			.schedule = schedule_print(&heartbeat->schedule, text),
		};

		if (supervisor_start(daemon, resident, &wish, id, &why))
			close_slot(daemon, firing, SLOT_SKIPPED, why.message);
	}
	firing_free(firing);
}

static struct firing *firing_new(struct daemon *daemon, const struct resident *resident,
				 const struct heartbeat *heartbeat, int64_t planned,
				 const char *event)
{
	struct firing *firing = xcalloc(1, sizeof(*firing));

	firing->daemon = daemon;
	snprintf(firing->agent, sizeof(firing->agent), "%s", resident->name);
	firing->key = xstrdup(heartbeat->key);
	firing->event = xstrdup(event);
	firing->planned = planned;
	return firing;
}

/* Writes the rows of a due section: all but the last slot are coalesced into it, the last begins as
 * `running` or, where a gate is shut, ends here. */
static void fire(struct daemon *daemon, struct resident *resident,
		 const struct heartbeat *heartbeat, struct beat *beat, struct slot *slots,
		 size_t count, const char *event)
{
	struct slot *last = &slots[count - 1];
	struct gate_verdict verdict = gates_pass(daemon, resident, heartbeat, beat, last->planned);
	char text[SCHEDULE_PRINT_SIZE], into[INSTANT_SIZE];
	struct section section;

	for (size_t i = 0; i + 1 < count; i++) {
		slots[i].state = SLOT_COALESCED;
		slots[i].reason = instant_print(last->planned, into);
	}
	last->event = event;
	last->state = verdict.state;
	last->reason = verdict.reason;
	describe_section(resident, heartbeat, beat, text, &section);
	beat->stored = true;
	if (verdict.state == SLOT_RUNNING) {
		beat->firing = true;
		parked_replace(daemon, resident, heartbeat->key);
		journal_slots(daemon, slots, count, &section, fire_recorded,
			      firing_new(daemon, resident, heartbeat, last->planned, event));
		return;
	}
	if (*event)
		beat->pending = false;
	log_event(daemon->log, LEVEL_INFO, "slot_skipped", resident->name, NULL, "%s: %s: %s",
		  heartbeat->heading, verdict.state == SLOT_COALESCED ? "coalesced" : "skipped",
		  verdict.reason);
	journal_slots(daemon, slots, count, &section, NULL, NULL);
}

/* All slots of a section up to `now`, and the next one behind them. */
static void fire_due(struct daemon *daemon, struct resident *resident,
		     const struct heartbeat *heartbeat, struct beat *beat, int64_t now)
{
	_free_ struct slot *slots = NULL;
	size_t count = 0, capacity = 0;
	int64_t at = beat->next;

	while (at <= now) {
		if (array_grow((void **)&slots, count, &capacity, sizeof(*slots), MISSED_MAX))
			break;
		slots[count++] = scheduler_slot(resident, heartbeat, at);
		if (scheduler_next(daemon, resident, &heartbeat->schedule, at, &at))
			at = INT64_MAX;
	}
	if (at <= now && scheduler_next(daemon, resident, &heartbeat->schedule, now, &at))
		at = INT64_MAX;
	beat->next = at;
	fire(daemon, resident, heartbeat, beat, slots, count, "");
}

static void scheduler_look(struct daemon *daemon)
{
	int64_t now = clock_wall_s();

	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];
		size_t count = resident->agent ? resident->agent->beats.count : 0;

		for (size_t j = 0; j < count; j++)
			if (resident->beats[j].next <= now)
				fire_due(daemon, resident, &resident->agent->beats.items[j],
					 &resident->beats[j], now);
	}
	scheduler_set_alarm(daemon);
}

static void alarm_ready(uv_poll_t *poll, int status, int events)
{
	struct scheduler *scheduler = poll->data;
	struct daemon *daemon = scheduler->daemon;

	(void)status;
	(void)events;
	if (alarm_clear(scheduler->alarm))
		log_event(daemon->log, LEVEL_NOTICE, "clock_set", NULL, NULL,
			  "the wall clock was set; the schedule is looked at again");
	scheduler_look(daemon);
}

/* ---- arming ---- */

/* "Run once" without a moment runs when it is first seen, and never again. */
static bool is_run_once(const struct schedule *schedule)
{
	return schedule->kind == SCHEDULE_ONCE && schedule->once_local == SCHEDULE_ONCE_UNSET;
}

static void arm_section(struct daemon *daemon, struct resident *resident,
			const struct heartbeat *heartbeat, struct beat *beat, int64_t now)
{
	if (heartbeat->schedule.kind == SCHEDULE_NONE)
		return;
	if (!beat->first_seen) {
		beat->first_seen = now;
		if (is_run_once(&heartbeat->schedule))
			beat->next = now;
	}
	if (beat->next == INT64_MAX &&
	    scheduler_next(daemon, resident, &heartbeat->schedule, now, &beat->next))
		beat->next = INT64_MAX;
	if (!beat->stored)
		store_section(daemon, resident, heartbeat, beat);
}

void scheduler_arm_sections(struct daemon *daemon, struct resident *resident)
{
	int64_t now = clock_wall_s();

	for (size_t i = 0; resident->agent && i < resident->agent->beats.count; i++)
		arm_section(daemon, resident, &resident->agent->beats.items[i], &resident->beats[i],
			    now);
}

void scheduler_arm(struct daemon *daemon, struct resident *resident)
{
	if (!daemon->ready)
		return; /* scheduler_restore arms all at once */
	scheduler_arm_sections(daemon, resident);
	scheduler_set_alarm(daemon);
}

void scheduler_section_moved(struct daemon *daemon, struct resident *resident, const char *old_key,
			     size_t place, const struct beat *state)
{
	const struct heartbeats *beats = &resident->agent->beats;
	struct beat *beat;

	if (place >= beats->count)
		return;
	beat = &resident->beats[place];
	if (beat->first_seen || beats->items[place].schedule.kind == SCHEDULE_NONE)
		return; /* it is one that we know under its own key */
	beat->first_seen = state->first_seen;
	beat->last_run = state->last_run;
	journal_section_rename(daemon, resident->name, old_key, beats->items[place].key);
}

/* ---- events ---- */

static bool listens(const struct heartbeat *heartbeat, enum schedule_event event, const char *path)
{
	const struct schedule *schedule = &heartbeat->schedule;

	if (schedule->kind != SCHEDULE_EVENT || schedule->event != event)
		return false;
	return event != SCHEDULE_EVENT_FILE ||
	       span_starts_with(span_of(path), span_of(schedule->path));
}

static void fire_event(struct daemon *daemon, struct resident *resident,
		       const struct heartbeat *heartbeat, struct beat *beat)
{
	char id[ULID_SIZE];
	struct slot slot = scheduler_slot(resident, heartbeat, clock_wall_s());

	ulid_new(id);
	beat->last_event = clock_monotonic_ms();
	fire(daemon, resident, heartbeat, beat, &slot, 1, id);
}

/* Event sections that had to wait out their minute. */
static void events_due(uv_timer_t *timer)
{
	struct scheduler *scheduler = timer->data;
	struct daemon *daemon = scheduler->daemon;
	int64_t now = clock_monotonic_ms(), wait = 0;

	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		for (size_t j = 0; resident->agent && j < resident->agent->beats.count; j++) {
			struct beat *beat = &resident->beats[j];
			int64_t left = beat->last_event
					       ? beat->last_event + EVENT_GAP_S * 1000 - now
					       : 0;

			if (!beat->pending)
				continue;
			if (left <= 0)
				fire_event(daemon, resident, &resident->agent->beats.items[j],
					   beat);
			else if (!wait || left < wait)
				wait = left;
		}
	}
	if (wait)
		uv_timer_start(timer, events_due, (uint64_t)wait, 0);
}

void scheduler_event(struct daemon *daemon, enum schedule_event event, const char *author,
		     const struct resident *only, const char *path)
{
	bool any = false;

	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		if ((only && resident != only) || (author && !strcmp(author, resident->name)))
			continue;
		for (size_t j = 0; resident->agent && j < resident->agent->beats.count; j++)
			if (!resident->beats[j].pending &&
			    listens(&resident->agent->beats.items[j], event, path))
				resident->beats[j].pending = any = true;
	}
	if (any)
		events_due(daemon->scheduler->events);
}

void scheduler_beat_ended(struct resident *resident, const char *key, int64_t at,
			  const char *inputs)
{
	struct beat *beat;

	if (!roster_heartbeat(resident, key, &beat))
		return;
	beat->last_run = at;
	snprintf(beat->inputs, sizeof(beat->inputs), "%s", inputs);
}

/* ---- the value ---- */

int scheduler_new(struct daemon *daemon, struct scheduler **ret_scheduler, struct error *error)
{
	struct scheduler *scheduler = xcalloc(1, sizeof(*scheduler));
	int result = alarm_open(&scheduler->alarm, error);

	if (result) {
		free(scheduler);
		return result;
	}
	scheduler->daemon = daemon;
	scheduler->poll = xcalloc(1, sizeof(uv_poll_t));
	scheduler->poll->data = scheduler;
	uv_poll_init(&daemon->loop, scheduler->poll, scheduler->alarm);
	uv_poll_start(scheduler->poll, UV_READABLE, alarm_ready);
	scheduler->events = xcalloc(1, sizeof(uv_timer_t));
	scheduler->events->data = scheduler;
	uv_timer_init(&daemon->loop, scheduler->events);
	*ret_scheduler = scheduler;
	return 0;
}

static void handle_destroy(uv_handle_t *handle)
{
	free(handle);
}

void scheduler_free(struct scheduler *scheduler)
{
	if (!scheduler)
		return;
	uv_poll_stop(scheduler->poll);
	uv_close((uv_handle_t *)scheduler->poll, handle_destroy);
	uv_close((uv_handle_t *)scheduler->events, handle_destroy);
	fd_close(&scheduler->alarm);
	free(scheduler);
}
