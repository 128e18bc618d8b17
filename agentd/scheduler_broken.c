/* What state.db remembers of agents whose files are broken at the start: it waits until these are
 * mended, as their sessions do. */
#include "slots.h"

#define KEPT_MAX 10000

/* A section's row, or a slot's that is to run. */
struct kept {
	bool is_slot;
	struct section section; /* their strings are copies */
	struct slot slot;
	struct kept *next; /* in the order of reading */
};

static void release(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void kept_free(struct kept *kept)
{
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

void scheduler_kept_free(struct kept *kept)
{
	while (kept) {
		struct kept *next = kept->next;

		kept_free(kept);
		kept = next;
	}
}

static struct kept *kept_new(struct scheduler *scheduler)
{
	struct kept **end = &scheduler->kept;
	size_t count = 0;

	for (; *end && count < KEPT_MAX; count++)
		end = &(*end)->next;
	if (count == KEPT_MAX)
		return NULL; /* its rows stay as they are: the section begins anew */
	*end = xcalloc(1, sizeof(**end));
	return *end;
}

void scheduler_keep_section(struct scheduler *scheduler, const struct section *section)
{
	struct kept *kept = kept_new(scheduler);

	if (!kept)
		return;
	kept->section = *section;
	kept->section.agent = xstrdup(section->agent);
	kept->section.key = xstrdup(section->key);
	kept->section.schedule = xstrdup(section->schedule);
	kept->section.inputs = xstrdup(section->inputs);
	kept->section.heard = xstrdup(section->heard);
}

void scheduler_keep_slot(struct scheduler *scheduler, const struct slot *slot)
{
	struct kept *kept = kept_new(scheduler);

	if (!kept)
		return;
	kept->is_slot = true;
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

bool scheduler_mended(struct daemon *daemon, const struct resident *resident)
{
	struct kept **place = &daemon->scheduler->kept;
	bool was_broken = false;

	while (*place) {
		struct kept *kept = *place;
		const char *agent = kept->is_slot ? kept->slot.agent : kept->section.agent;

		if (strcmp(agent, resident->name) != 0) {
			place = &kept->next;
			continue;
		}
		*place = kept->next;
		if (kept->is_slot)
			scheduler_owe(daemon, &kept->slot);
		else
			scheduler_restore_section(daemon, &kept->section);
		kept_free(kept);
		was_broken = true;
	}
	return was_broken;
}
