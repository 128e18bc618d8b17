#include "agenda.h"

/* Slots behind `from` up to `to`. */
static struct agenda_part part_between(const struct agenda_rule *rule, int64_t from, int64_t to)
{
	struct agenda_part part = { 0 };

	if (schedule_next(rule->schedule, rule->zone, rule->tick_s, from, &part.first) ||
	    part.first > to)
		return (struct agenda_part){ 0 };
	part.count = schedule_count(rule->schedule, rule->zone, rule->tick_s, from, to);
	part.last = part.first;
	if (part.count > 1)
		schedule_latest(rule->schedule, rule->zone, rule->tick_s, from, to, &part.last);
	return part;
}

/* `slot` comes before all that the part has: it was promised, even where the rule has changed. */
static void add_before(struct agenda_part *part, int64_t slot)
{
	part->first = slot;
	if (!part->count)
		part->last = slot;
	part->count++;
}

static struct agenda_part one_slot(int64_t at)
{
	return (struct agenda_part){ at, at, 1 };
}

/* Before which a slot is too old to be caught up. */
static int64_t oldest(const struct agenda_policy *policy, int64_t noticed)
{
	return policy->catches_up ? noticed - policy->within_s : noticed + 1;
}

/* All but the last: what is too old, and what goes into the last. */
static void split(struct agenda_due *due, const struct agenda_rule *rule, int64_t first,
		  int64_t limit)
{
	int64_t last = due->run.first;

	if (first < limit) {
		due->missed = part_between(rule, first, (limit < last ? limit : last) - 1);
		add_before(&due->missed, first);
	}
	if (limit < last) {
		due->coalesced = part_between(rule, first < limit ? limit - 1 : first, last - 1);
		if (first >= limit && first < last)
			add_before(&due->coalesced, first);
	}
}

bool agenda_due(const struct agenda_place *place, const struct agenda_rule *rule,
		const struct agenda_policy *policy, enum agenda_absence absence, int64_t now,
		struct agenda_due *ret_due)
{
	int64_t noticed = place->noticed ? place->noticed : now, last = place->next;
	struct agenda_due due = { .absence = place->noticed ? place->absence : absence };
	int64_t limit = oldest(policy, noticed);

	if (place->next > now)
		return false;
	schedule_latest(rule->schedule, rule->zone, rule->tick_s, place->next, now, &last);
	if (schedule_next(rule->schedule, rule->zone, rule->tick_s, now, &due.next))
		due.next = AGENDA_NEVER;
	due.run = one_slot(last);
	due.is_catch_up = now - last > AGENDA_LATE_S;
	if (last != place->next)
		split(&due, rule, place->next, limit);
	if (due.is_catch_up && last < limit) {
		if (due.missed.count) {
			due.missed.last = last;
			due.missed.count++;
		} else {
			due.missed = due.run;
		}
		due.run = (struct agenda_part){ 0 };
		due.is_catch_up = false;
	}
	*ret_due = due;
	return true;
}

void agenda_rows(const struct agenda_part *part, const struct agenda_rule *rule, agenda_visit visit,
		 void *context)
{
	struct agenda_part row;

	if (part->count > AGENDA_ROWS_MAX) {
		visit(context, part);
		return;
	}
	row = one_slot(part->first);
	for (int64_t i = 0; i < part->count && visit(context, &row); i++) {
		if (schedule_next(rule->schedule, rule->zone, rule->tick_s, row.first, &row.first))
			return;
		row.last = row.first;
	}
}

void agenda_take(struct agenda_place *place, const struct agenda_due *due)
{
	int64_t past = due->run.count      ? due->run.last
		       : due->missed.count ? due->missed.last
					   : place->past;

	*place = (struct agenda_place){ .past = past, .next = due->next, .wake = due->next };
}

bool agenda_is_owed(const struct agenda_policy *policy, int64_t planned, int64_t now,
		    bool *ret_is_late)
{
	*ret_is_late = now - planned > AGENDA_LATE_S;
	return !*ret_is_late || planned >= oldest(policy, now);
}
