/* Sections that something wakes which happens: at most one pending beat each, one a minute. */
#include "slots.h"

#include "base/clock.h"

#define EVENT_GAP_S 60 /* an event wakes a section at most once a minute */

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

	ulid_new(id);
	beat->last_event = clock_monotonic_ms();
	scheduler_fire_event(daemon, resident, heartbeat, beat, id);
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
