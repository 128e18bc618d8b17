#include "slots.h"

#include "handle.h"
#include "journal.h"
#include "log.h"
#include "parked.h"
#include "supervisor.h"
#include "zones.h"

#include "base/alarm.h"
#include "base/clock.h"
#include "base/failpoint.h"

#include <unistd.h>

#define ZONES_EVERY_MS (3600 * INT64_C(1000)) /* between two looks whether tzdata was replaced */
#define STEP_MS 10000 /* further than that a clock does not drift between two looks */

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

struct agenda_rule scheduler_rule(const struct daemon *daemon, const struct resident *resident,
				  const struct schedule *schedule)
{
	return (struct agenda_rule){ schedule, zone_of(daemon, resident, schedule),
				     tick_of(daemon, resident) };
}

struct agenda_policy scheduler_policy(const struct daemon *daemon, const struct resident *resident)
{
	const struct settings *settings = daemon->workspace->settings;
	enum catch_up own = resident->agent->beats.catch_up;

	return (struct agenda_policy){
		.catches_up = (own ? own : settings->catch_up) != CATCH_UP_NONE,
		.within_s = settings->catch_up_within_s,
		.at_once = settings->catch_up_at_once,
		.apart_s = settings->catch_up_apart_s,
	};
}

static int64_t wake_of(const struct beat *beat)
{
	int64_t wake = agenda_wake(&beat->place);

	return beat->owed && beat->owed_wake < wake ? beat->owed_wake : wake;
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
			if (wake_of(&resident->beats[j]) < first)
				first = wake_of(&resident->beats[j]);
	}
	if (daemon->stopping)
		first = INT64_MAX;
	if (alarm_set(daemon->scheduler->alarm, first, &error))
		log_event(daemon->log, LEVEL_ERROR, "alarm", NULL, NULL, "%s", error.message);
}

/* ---- arming ---- */

struct section scheduler_section(const struct resident *resident, const struct heartbeat *heartbeat,
				 const struct beat *beat, char text[SCHEDULE_PRINT_SIZE])
{
	return (struct section){
		.agent = resident->name,
		.key = heartbeat->key,
		.schedule = schedule_print(&heartbeat->schedule, text),
		.first_seen = beat->first_seen,
		.next = beat->place.next,
		.last_run = beat->last_run,
		.inputs = beat->inputs,
		.past = beat->place.past,
		.pending = beat->pending,
		.woken = beat->woken,
		.heard = beat->heard,
	};
}

void scheduler_store_section(struct daemon *daemon, const struct resident *resident,
			     const struct heartbeat *heartbeat, struct beat *beat)
{
	char text[SCHEDULE_PRINT_SIZE];
	struct section section = scheduler_section(resident, heartbeat, beat, text);

	journal_section(daemon, &section);
	beat->stored = true;
}

static void arm_section(struct daemon *daemon, struct resident *resident,
			const struct heartbeat *heartbeat, struct beat *beat, int64_t now)
{
	struct agenda_rule rule = scheduler_rule(daemon, resident, &heartbeat->schedule);
	int64_t since = 0;

	if (scheduler_hear_anew(daemon, resident, heartbeat, beat))
		beat->stored = false;
	if (heartbeat->schedule.kind == SCHEDULE_NONE) {
		agenda_clear(&beat->place);
		return;
	}
	if (!beat->first_seen) {
		beat->first_seen = now;
		agenda_begin(&beat->place, &rule, now);
	} else if (agenda_review(&beat->place, &rule, now, &since)) {
		beat->stored = false;
	}
	if (since)
		journal_slots_withdraw(daemon, resident->name, heartbeat->key, since);
	if (!beat->stored)
		scheduler_store_section(daemon, resident, heartbeat, beat);
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
	bool was_broken;

	if (!daemon->ready)
		return; /* scheduler_restore arms all at once */
	scheduler_agent_back(daemon, resident);
	was_broken = resident->agent && scheduler_mended(daemon, resident);
	scheduler_arm_sections(daemon, resident);
	scheduler_set_alarm(daemon);
	if (was_broken)
		scheduler_hear(daemon, resident);
}

/* Is what stands in that place new? Else we know it under its own key, or it has no slots. */
static bool is_free(const struct resident *resident, size_t place)
{
	const struct heartbeats *beats = &resident->agent->beats;

	return place < beats->count && !resident->beats[place].first_seen &&
	       beats->items[place].schedule.kind != SCHEDULE_NONE;
}

void scheduler_section_left(struct daemon *daemon, struct resident *resident,
			    const struct heartbeat *section, size_t place, const struct beat *state)
{
	const char *from = section->key, *to;
	struct beat *beat;

	if (!is_free(resident, place)) {
		scheduler_keep_gone(daemon, resident, section, state);
		return;
	}
	to = resident->agent->beats.items[place].key;
	beat = &resident->beats[place];
	*beat = *state;
	beat->stored = false;
	*beat->inputs = '\0'; /* what it says is another input */
	journal_section_rename(daemon, resident->name, from, to);
	supervisor_section_moved(daemon, resident, from, to);
	parked_section_moved(daemon, resident, from, to);
	scheduler_firings_moved(daemon, resident, from, to);
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

void scheduler_look_at_zones(struct daemon *daemon)
{
	bool is_another = workspace_reload_zone(daemon->workspace);

	daemon->scheduler->zones_looked_at = clock_boot_ms();
	is_another = zones_reload(daemon->zones) || is_another;
	if (!is_another)
		return;
	log_event(daemon->log, LEVEL_NOTICE, "zones", NULL, NULL,
		  "the time zone database was replaced; coming beats are told by the new one");
	roster_reload_all(daemon);
}

/* ---- looking ---- */

/* The wall clock went another way than the machine did. */
static bool was_stepped(const struct agenda_look *then, const struct agenda_look *now)
{
	int64_t step = now->wall_ms - then->wall_ms - (now->boot_ms - then->boot_ms);

	return then->wall_ms && (step > STEP_MS || step < -STEP_MS);
}

static void look_at_resident(struct daemon *daemon, struct resident *resident,
			     enum agenda_absence absence, int64_t now)
{
	size_t count = resident->agent ? resident->agent->beats.count : 0;

	for (size_t i = 0; i < count; i++) {
		const struct heartbeat *heartbeat = &resident->agent->beats.items[i];
		struct beat *beat = &resident->beats[i];

		if (beat->owed && beat->owed_wake <= now)
			scheduler_fire_owed(daemon, resident, heartbeat, beat, now);
		if (agenda_wake(&beat->place) <= now)
			scheduler_fire_due(daemon, resident, heartbeat, beat, absence, now);
	}
}

static void scheduler_look(struct daemon *daemon)
{
	struct scheduler *scheduler = daemon->scheduler;
	struct agenda_look look = { clock_wall_ms(), clock_monotonic_ms(), clock_boot_ms() };
	enum agenda_absence absence = agenda_absence(&scheduler->last_look, &look);
	bool is_stepped = was_stepped(&scheduler->last_look, &look);

	scheduler->last_look = look;
	if (is_stepped)
		log_event(daemon->log, LEVEL_NOTICE, "clock_set", NULL, NULL,
			  "the wall clock was set; the schedule is looked at again");
	if (look.boot_ms - scheduler->zones_looked_at > ZONES_EVERY_MS ||
	    FAILPOINT("scheduler.hour")) /* a test does not wait for one */
		scheduler_look_at_zones(daemon);
	for (size_t i = 0; i < daemon->roster->count; i++) {
		if (is_stepped)
			scheduler_arm_sections(daemon, daemon->roster->items[i]);
		look_at_resident(daemon, daemon->roster->items[i], absence, look.wall_ms / 1000);
	}
	if (is_stepped)
		scheduler_look_ahead(daemon);
	scheduler_set_alarm(daemon);
}

static void alarm_ready(uv_poll_t *poll, int status, int events)
{
	struct scheduler *scheduler = poll->data;

	(void)status;
	(void)events;
	alarm_clear(scheduler->alarm); /* by how much the clock was set the look finds out */
	if (!scheduler->daemon->stopping)
		scheduler_look(scheduler->daemon);
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
	scheduler->kept_last = &scheduler->kept;
	scheduler->zones_looked_at = clock_boot_ms();
	scheduler->poll = handle_poll(&daemon->loop, scheduler->alarm, scheduler);
	uv_poll_start(scheduler->poll, UV_READABLE, alarm_ready);
	scheduler->events = handle_timer(&daemon->loop, scheduler);
	*ret_scheduler = scheduler;
	return 0;
}

void scheduler_free(struct scheduler *scheduler)
{
	if (!scheduler)
		return;
	uv_poll_stop(scheduler->poll);
	uv_close((uv_handle_t *)scheduler->poll, handle_free);
	uv_close((uv_handle_t *)scheduler->events, handle_free);
	fd_close(&scheduler->alarm);
	scheduler_firings_let_go(scheduler);
	scheduler_ahead_free(scheduler->ahead);
	scheduler_kept_free(scheduler);
	free(scheduler);
}
