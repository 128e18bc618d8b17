#include "agenda.h"

int64_t agenda_turn(struct agenda_turns *turns, const struct agenda_policy *policy, int64_t now)
{
	int64_t over = turns->begun + policy->apart_s;

	/* Also where the clock was set back. */
	if (now >= over || now < turns->begun)
		*turns = (struct agenda_turns){ .begun = now };
	if (policy->apart_s && turns->count >= policy->at_once)
		return over;
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
