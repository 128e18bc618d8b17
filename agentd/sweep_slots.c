#include "sweep_slots.h"

#include "log.h"
#include "scheduler.h"
#include "session.h"

#include "base/hash.h"

#define SLOTS_MAX 1000 /* that one sweep looks at */
#define PART_END 0xff  /* which no UTF-8 has */

struct sweep_slots {
	int64_t before;
	struct slot items[SLOTS_MAX]; /* their strings are copies */
	size_t count;
	uint64_t suspects[SLOTS_MAX]; /* hashes of those that nobody knew of at the latest sweep */
	size_t suspect_count;
};

static void forget(struct sweep_slots *slots)
{
	while (slots->count) {
		struct slot *slot = &slots->items[--slots->count];

		free((char *)(uintptr_t)slot->agent);
		free((char *)(uintptr_t)slot->section);
		free((char *)(uintptr_t)slot->event);
	}
}

struct sweep_slots *sweep_slots_new(void)
{
	return xcalloc(1, sizeof(struct sweep_slots));
}

void sweep_slots_free(struct sweep_slots *slots)
{
	if (slots)
		forget(slots);
	free(slots);
}

/* A run by hand waits with its session. */
static int note(void *context, const struct slot *slot)
{
	struct sweep_slots *slots = context;

	if (slot->recorded >= slots->before || *slot->wish)
		return 0;
	slots->items[slots->count++] = (struct slot){
		.agent = xstrdup(slot->agent),
		.section = xstrdup(slot->section),
		.event = xstrdup(slot->event),
		.planned = slot->planned,
		.wish = "",
	};
	return slots->count == SLOTS_MAX;
}

int sweep_slots_read(struct store *store, struct sweep_slots *slots, int64_t before,
		     struct error *error)
{
	int result;

	forget(slots);
	slots->before = before;
	result = store_slots_waiting(store, note, slots, error);
	return result < 0 ? result : 0;
}

static bool is_of(const struct session *session, const struct slot *slot)
{
	if (strcmp(session->agent, slot->agent) != 0 || !session->event ||
	    strcmp(session->event, slot->event) != 0)
		return false;
	return *slot->event || (session->planned == slot->planned && session->key &&
				!strcmp(session->key, slot->section));
}

/* An agent that is broken begins nothing until it is mended. */
static bool has_owner(const struct daemon *daemon, const struct slot *slot)
{
	const struct resident *resident = roster_find(daemon->roster, slot->agent);
	struct beat *beat;

	for (struct session *one = supervisor_first(daemon); one; one = one->next)
		if (is_of(one, slot))
			return true;
	if (!resident || !resident->agent)
		return resident != NULL;
	return roster_heartbeat(resident, slot->section, &beat) && (beat->firing || beat->owed);
}

static uint64_t hash_of(const struct slot *slot)
{
	uint64_t hash = hash_part(HASH_BEGIN, slot->agent, PART_END);

	hash = hash_part(hash_part(hash, slot->section, PART_END), slot->event, PART_END);
	return hash_span(hash,
			 (struct span){ (const char *)&slot->planned, sizeof(slot->planned) });
}

static bool was_suspect(const struct sweep_slots *slots, uint64_t hash)
{
	for (size_t i = 0; i < slots->suspect_count; i++)
		if (slots->suspects[i] == hash)
			return true;
	return false;
}

size_t sweep_slots_look(struct daemon *daemon, struct sweep_slots *slots)
{
	uint64_t suspects[SLOTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < slots->count; i++) {
		const struct slot *slot = &slots->items[i];
		uint64_t hash = hash_of(slot);

		if (has_owner(daemon, slot))
			continue;
		if (!was_suspect(slots, hash)) {
			suspects[count++] = hash;
			continue;
		}
		log_event(daemon->log, LEVEL_WARNING, "sweep", slot->agent, NULL,
			  "%s: a slot is to run, and nobody knows of it: it is due again",
			  slot->section);
		scheduler_owe(daemon, slot);
	}
	memcpy(slots->suspects, suspects, count * sizeof(suspects[0]));
	slots->suspect_count = count;
	return count;
}
