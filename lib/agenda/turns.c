#include "agenda.h"

/* Also where the clock was set back. */
static bool is_over(const struct agenda_turns *turns, const struct agenda_policy *policy,
		    int64_t now)
{
	return now >= turns->begun + policy->apart_s || now < turns->begun;
}

int64_t agenda_turn_wait(const struct agenda_turns *turns, const struct agenda_policy *policy,
			 int64_t now)
{
	if (!policy->apart_s || turns->count < policy->at_once || is_over(turns, policy, now))
		return 0;
	return turns->begun + policy->apart_s;
}

int64_t agenda_turn(struct agenda_turns *turns, const struct agenda_policy *policy, int64_t now)
{
	int64_t wait = agenda_turn_wait(turns, policy, now);

	if (wait)
		return wait;
	if (is_over(turns, policy, now))
		*turns = (struct agenda_turns){ .begun = now };
	turns->count++;
	return 0;
}

void agenda_wait(struct agenda_place *place, const struct agenda_due *due, int64_t until,
		 int64_t now)
{
	if (!place->noticed) {
		place->noticed = now;
		place->absence = due->absence;
	}
	place->wake = due->next < until ? due->next : until;
}
