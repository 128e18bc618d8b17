#include "agenda.h"

static int64_t next_after(const struct agenda_rule *rule, int64_t from)
{
	int64_t at;

	return schedule_next(rule->schedule, rule->zone, rule->tick_s, from, &at) ? AGENDA_NEVER
										  : at;
}

/* No schedule yields its moment a second time. */
static bool is_run_once(const struct agenda_rule *rule)
{
	return rule->schedule->kind == SCHEDULE_ONCE &&
	       rule->schedule->once_local == SCHEDULE_ONCE_UNSET;
}

static void settle(struct agenda_place *place, int64_t past, int64_t next)
{
	*place = (struct agenda_place){ .past = past, .next = next, .wake = next };
}

void agenda_clear(struct agenda_place *place)
{
	settle(place, 0, AGENDA_NEVER);
}

void agenda_begin(struct agenda_place *place, const struct agenda_rule *rule, int64_t now)
{
	if (is_run_once(rule))
		settle(place, now - 1, now);
	else
		settle(place, now, next_after(rule, now));
}

bool agenda_restore(struct agenda_place *place, const struct agenda_rule *rule, int64_t past,
		    int64_t next, int64_t now, int64_t *ret_since)
{
	if (!past)
		past = next <= now ? next - 1 : now;
	settle(place, past, next);
	return agenda_review(place, rule, now, ret_since);
}

bool agenda_review(struct agenda_place *place, const struct agenda_rule *rule, int64_t now,
		   int64_t *ret_since)
{
	bool is_back = place->past > now + AGENDA_BACK_S;

	*ret_since = is_back ? now : 0;
	if (is_back) {
		settle(place, now, next_after(rule, now));
		return true;
	}
	if (place->noticed > now || (place->noticed && place->next > now))
		settle(place, place->past, place->next); /* nothing is late by this clock */
	if (place->next <= now || is_run_once(rule) || next_after(rule, place->past) == place->next)
		return false;
	if (place->past < now)
		place->past = now;
	settle(place, place->past, next_after(rule, place->past));
	return true;
}

int64_t agenda_wake(const struct agenda_place *place)
{
	return place->wake;
}
