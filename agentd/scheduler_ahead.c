/* Slots that have their rows although the clock has not come to them yet, as it was set back: they
 * do not run again, so nobody is told that they come. */
#include "slots.h"

#include "base/clock.h"

#define AHEAD_MAX 10000 /* rows; beyond them a person may be told of one that does not come */

struct row {
	char *agent, *section;
	int64_t first, last;
};

struct ahead {
	struct daemon *daemon;
	int64_t now;
	struct row *rows;
	size_t count, capacity;
};

static void forget_rows(struct ahead *ahead)
{
	for (size_t i = 0; i < ahead->count; i++) {
		free(ahead->rows[i].agent);
		free(ahead->rows[i].section);
	}
	ahead->count = 0;
}

void scheduler_ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	forget_rows(ahead);
	free(ahead->rows);
	free(ahead);
}

static int add_row(void *context, const struct slot *slot)
{
	struct ahead *ahead = context;

	if (*slot->event)
		return 0;
	if (array_grow((void **)&ahead->rows, ahead->count, &ahead->capacity, sizeof(*ahead->rows),
		       AHEAD_MAX))
		return 1;
	ahead->rows[ahead->count++] = (struct row){
		xstrdup(slot->agent),
		xstrdup(slot->section),
		slot->planned,
		slot->last,
	};
	return 0;
}

static int work_look(struct store *store, void *context, struct error *error)
{
	struct ahead *ahead = context;
	int result;

	forget_rows(ahead); /* of an earlier try */
	result = store_slots(store, NULL, ahead->now + 1, INT64_MAX, AHEAD_MAX, add_row, ahead,
			     error);
	return result < 0 ? result : 0;
}

static void looked(void *context, int result, const struct error *error)
{
	struct ahead *ahead = context;
	struct daemon *daemon = ahead->daemon;

	(void)error; /* what is told may be wrong then; what runs is not */
	if (result || daemon->stopping || !ahead->count) {
		if (!daemon->stopping && !result)
			scheduler_ahead_free(steal_pointer(&daemon->scheduler->ahead));
		scheduler_ahead_free(ahead);
		return;
	}
	scheduler_ahead_free(daemon->scheduler->ahead);
	daemon->scheduler->ahead = ahead;
}

void scheduler_look_ahead(struct daemon *daemon)
{
	struct ahead *ahead = xcalloc(1, sizeof(*ahead));

	ahead->daemon = daemon;
	ahead->now = clock_wall_s();
	if (store_submit(daemon->writer, work_look, looked, ahead))
		scheduler_ahead_free(ahead);
}

static const struct row *row_of(const struct ahead *ahead, const char *agent, const char *section,
				int64_t at)
{
	for (size_t i = 0; i < ahead->count; i++) {
		const struct row *row = &ahead->rows[i];

		if (row->first <= at && at <= row->last && !strcmp(row->agent, agent) &&
		    !strcmp(row->section, section))
			return row;
	}
	return NULL;
}

int64_t scheduler_next(const struct daemon *daemon, const struct resident *resident, size_t place)
{
	const struct heartbeat *heartbeat = &resident->agent->beats.items[place];
	const struct ahead *ahead = daemon->scheduler->ahead;
	int64_t at = resident->beats[place].place.next;
	struct agenda_rule rule;
	const struct row *row;

	if (!ahead || at == AGENDA_NEVER)
		return at;
	rule = scheduler_rule(daemon, resident, &heartbeat->schedule);
	while ((row = row_of(ahead, resident->name, heartbeat->key, at)) != NULL)
		if (schedule_next(rule.schedule, rule.zone, rule.tick_s, row->last, &at))
			return AGENDA_NEVER;
	return at;
}
