/* Sections that something wakes which happens: at most one pending beat each, one a minute.
 *
 * What is pending stands in the section's row until the transaction that makes its slot, and what
 * the section has heard of stands beside it: where the bulletin or the files are others than that,
 * something happened while nobody looked, or was not written any more before a death. */
#include "slots.h"

#include "journal.h"

#include "base/clock.h"
#include "base/hash.h"

#define EVENT_GAP_S 60 /* an event wakes a section at most once a minute */
#define WHAT_SIZE 8    /* beat->heard begins with what it is of: another schedule hears anew */

/* With another digest of the bulletin hashes of before say nothing: a number for each. The first
 * had none. */
#define BULLETIN_DIGEST 2

static void print_what(const struct schedule *schedule, unsigned char digest,
		       char out[WHAT_SIZE + 1])
{
	char text[SCHEDULE_PRINT_SIZE];
	uint64_t what = hash_span(HASH_BEGIN, span_of(schedule_print(schedule, text)));

	if (digest)
		what = hash_byte(what, digest);
	snprintf(out, WHAT_SIZE + 1, "%0*llx", WHAT_SIZE, (unsigned long long)(what & UINT32_MAX));
}

/* Where that cannot be told nothing follows, and so it is for what does not stand in files. */
static void hear(const struct daemon *daemon, const struct resident *resident,
		 const struct heartbeat *heartbeat, char out[HEARD_SIZE])
{
	const struct schedule *schedule = &heartbeat->schedule;
	bool is_bulletin = schedule->event == SCHEDULE_EVENT_BULLETIN;
	char what[WHAT_SIZE + 1], hash[17] = "";

	print_what(schedule, is_bulletin ? BULLETIN_DIGEST : 0, what);
	if (is_bulletin)
		workspace_heard_bulletin(daemon->workspace, resident->name, hash);
	else if (schedule->event == SCHEDULE_EVENT_FILE)
		workspace_heard_files(daemon->workspace, resident->name, schedule->path, hash);
	snprintf(out, HEARD_SIZE, "%s%s", what, hash);
}

/* Of the same bulletin, by the first digest. */
static bool is_by_first_digest(const struct heartbeat *heartbeat, const struct beat *beat)
{
	char what[WHAT_SIZE + 1];

	print_what(&heartbeat->schedule, 0, what);
	return heartbeat->schedule.event == SCHEDULE_EVENT_BULLETIN &&
	       !memcmp(what, beat->heard, WHAT_SIZE);
}

bool scheduler_hear_anew(const struct daemon *daemon, const struct resident *resident,
			 const struct heartbeat *heartbeat, struct beat *beat)
{
	char heard[HEARD_SIZE];

	if (heartbeat->schedule.kind != SCHEDULE_EVENT) {
		beat->pending = 0;
		beat->heard[0] = '\0';
		return false;
	}
	hear(daemon, resident, heartbeat, heard);
	if (!memcmp(heard, beat->heard, WHAT_SIZE))
		return false;
	if (!is_by_first_digest(heartbeat, beat))
		beat->pending = 0;
	memcpy(beat->heard, heard, sizeof(heard));
	beat->heard_anew = clock_monotonic_ms();
	return true;
}

void scheduler_hear_restored(struct beat *beat, const struct section *section, bool was_gone,
			     int64_t now)
{
	int64_t since = now - section->woken, at = clock_monotonic_ms() - since * 1000;

	beat->pending = was_gone ? 0 : section->pending;
	beat->woken = section->woken;
	snprintf(beat->heard, sizeof(beat->heard), "%s", was_gone ? "" : section->heard);
	if (section->woken && since >= 0 && since < EVENT_GAP_S)
		beat->last_event = at > 0 ? at : 1; /* the machine is younger than that */
}

/* ---- waking ---- */

static void fire_event(struct daemon *daemon, struct resident *resident,
		       const struct heartbeat *heartbeat, struct beat *beat)
{
	char id[ULID_SIZE];

	ulid_new(id);
	beat->last_event = clock_monotonic_ms();
	beat->woken = clock_wall_s();
	beat->pending = 0;
	hear(daemon, resident, heartbeat, beat->heard);
	scheduler_fire_event(daemon, resident, heartbeat, beat, id);
}

/* Event sections that had to wait out their minute. */
static void events_due(uv_timer_t *timer)
{
	struct scheduler *scheduler = timer->data;
	struct daemon *daemon = scheduler->daemon;
	int64_t now = clock_monotonic_ms(), wait = 0;

	for (size_t i = 0; i < daemon->roster->count && !daemon->stopping; i++) {
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

void scheduler_event_again(struct daemon *daemon, struct beat *beat, int64_t since)
{
	if (!beat->pending)
		beat->pending = since;
	events_due(daemon->scheduler->events);
}

/* ---- hearing ---- */

/* The session of a slot whose row is on its way reads what there is when it begins: that includes
 * this. */
static void note(struct daemon *daemon, struct resident *resident,
		 const struct heartbeat *heartbeat, struct beat *beat, const char heard[HEARD_SIZE])
{
	if (!beat->firing)
		beat->pending = clock_wall_s();
	memcpy(beat->heard, heard, HEARD_SIZE);
	scheduler_store_section(daemon, resident, heartbeat, beat);
}

/* Is it as when it was heard of last? Not known is another. */
static bool is_known(const struct beat *beat, const char *heard)
{
	return strlen(heard) > WHAT_SIZE && !strcmp(heard, beat->heard);
}

/* One that is pending already is in its row, and hears all when it is woken. */
static bool listens(const struct heartbeat *heartbeat, const struct beat *beat,
		    enum schedule_event event)
{
	return heartbeat->schedule.kind == SCHEDULE_EVENT && heartbeat->schedule.event == event &&
	       !beat->pending;
}

void scheduler_event(struct daemon *daemon, enum schedule_event event, const char *author)
{
	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];
		struct heartbeats *beats = resident->agent ? &resident->agent->beats : NULL;

		if (author && !strcmp(author, resident->name))
			continue;
		for (size_t j = 0; beats && j < beats->count; j++) {
			struct beat *beat = &resident->beats[j];
			char heard[HEARD_SIZE];

			if (!listens(&beats->items[j], beat, event))
				continue;
			hear(daemon, resident, &beats->items[j], heard);
			/* a post that a session makes again after a death was heard of by then */
			if (!author || !is_known(beat, heard))
				note(daemon, resident, &beats->items[j], beat, heard);
		}
	}
	events_due(daemon->scheduler->events);
}

static bool is_any_below(char *const *paths, size_t count, const char *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (span_starts_with(span_of(paths[i]), span_of(prefix)))
			return true;
	return false;
}

void scheduler_files_changed(struct daemon *daemon, struct resident *resident, char *const *paths,
			     size_t count, int64_t last)
{
	struct heartbeats *beats = resident->agent ? &resident->agent->beats : NULL;

	for (size_t i = 0; beats && i < beats->count; i++) {
		struct beat *beat = &resident->beats[i];
		char heard[HEARD_SIZE];

		if (!listens(&beats->items[i], beat, SCHEDULE_EVENT_FILE) ||
		    last < beat->heard_anew ||
		    !is_any_below(paths, count, beats->items[i].schedule.path))
			continue;
		hear(daemon, resident, &beats->items[i], heard);
		note(daemon, resident, &beats->items[i], beat, heard);
	}
	events_due(daemon->scheduler->events);
}

static void hear_resident(struct daemon *daemon, struct resident *resident)
{
	struct heartbeats *beats = resident->agent ? &resident->agent->beats : NULL;

	for (size_t i = 0; beats && i < beats->count; i++) {
		const struct heartbeat *heartbeat = &beats->items[i];
		struct beat *beat = &resident->beats[i];
		char heard[HEARD_SIZE];

		if (!listens(heartbeat, beat, SCHEDULE_EVENT_BULLETIN) &&
		    !listens(heartbeat, beat, SCHEDULE_EVENT_FILE))
			continue;
		hear(daemon, resident, heartbeat, heard);
		if (strlen(heard) > WHAT_SIZE && strlen(beat->heard) > WHAT_SIZE &&
		    strcmp(heard, beat->heard) != 0)
			note(daemon, resident, heartbeat, beat, heard);
	}
}

void scheduler_hear(struct daemon *daemon, struct resident *resident)
{
	hear_resident(daemon, resident);
	events_due(daemon->scheduler->events);
}

void scheduler_hear_all(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->roster->count; i++)
		hear_resident(daemon, daemon->roster->items[i]);
	events_due(daemon->scheduler->events);
}
