/* What wakes a section that no clock does: "On Every Session Start", "On bulletin". */
#include "draft.h"

static const struct {
	enum meaning noun;
	enum schedule_event event;
} nouns[] = {
	{ MEANS_BULLETIN, SCHEDULE_EVENT_BULLETIN },
	{ MEANS_TASK, SCHEDULE_EVENT_TASK },
	{ MEANS_MESSAGE, SCHEDULE_EVENT_MESSAGE },
	{ MEANS_FILE, SCHEDULE_EVENT_FILE },
};

/* "on", "at every", "before long": returns where the noun is; *ret_said whether one was there. */
static unsigned skip_preposition(const struct reader *r, unsigned at, bool *ret_said)
{
	unsigned begin = at;

	if (is(r, at, MEANS_UNTIL) && is(r, at + 1, MEANS_NOTHING) && is(r, at + 2, MEANS_SESSION))
		at += 2;
	else if (is(r, at, MEANS_ON) || is(r, at, MEANS_AT) || is(r, at, MEANS_UNTIL) ||
		 is(r, at, MEANS_FROM) || is(r, at, MEANS_REMARK))
		at++;
	*ret_said = at > begin;
	while (is(r, at, MEANS_EVERY) || is(r, at, MEANS_FILLER) || is(r, at, MEANS_OF)) {
		*ret_said |= is(r, at, MEANS_EVERY);
		at++;
	}
	return at;
}

/* "session start", "start of every session", "end of every heartbeat" */
static unsigned session_read(struct reader *r, unsigned at, bool said, bool after)
{
	bool end = is(r, at, MEANS_END), tick;
	unsigned noun = at + 1;

	if (is(r, at, MEANS_SESSION)) {
		end = is(r, at + 1, MEANS_END) || after;
		if (!end && !is(r, at + 1, MEANS_START) && !said && !token_at(r, at)->value)
			return 0;
		r->draft.event = end ? SCHEDULE_EVENT_SESSION_END : SCHEDULE_EVENT_SESSION_START;
		return is(r, at + 1, MEANS_END) || is(r, at + 1, MEANS_START) ? 2 : 1;
	}
	if (!end && !is(r, at, MEANS_START))
		return 0;
	while (is(r, noun, MEANS_OF) || is(r, noun, MEANS_EVERY) || is(r, noun, MEANS_FILLER) ||
	       is(r, noun, MEANS_PER))
		noun++;
	tick = is(r, noun, MEANS_TICK);
	if (noun == at + 1 || (!tick && !is(r, noun, MEANS_SESSION)))
		return 0;
	r->draft.tick = tick;
	if (!tick)
		r->draft.event = end ? SCHEDULE_EVENT_SESSION_END : SCHEDULE_EVENT_SESSION_START;
	return noun + 1 - at;
}

static unsigned startup_read(struct reader *r, unsigned at, bool said)
{
	if (!is(r, at, MEANS_STARTUP))
		return 0;
	r->draft.event = SCHEDULE_EVENT_STARTUP;
	r->draft.whole_only |= !said;
	return 1;
}

/* "bulletin", "task done", "file change": only behind a preposition. */
static unsigned noun_read(struct reader *r, unsigned at)
{
	unsigned end = at + 1;

	for (size_t i = 0; i < ARRAY_LENGTH(nouns); i++) {
		if (!is(r, at, nouns[i].noun))
			continue;
		while (is(r, end, MEANS_CHANGE))
			end++;
		if (nouns[i].event == SCHEDULE_EVENT_FILE && end == at + 1)
			return 0;
		r->draft.event = nouns[i].event;
		r->draft.whole_only = true;
		return end - at;
	}
	return 0;
}

unsigned event_read(struct reader *r, unsigned at, enum weight *ret_weight)
{
	bool said;
	unsigned noun = skip_preposition(r, at, &said), n;

	*ret_weight = said ? WEIGHT_STRONG : WEIGHT_WEAK;
	if ((n = session_read(r, noun, said, is(r, at, MEANS_FROM))) ||
	    (n = startup_read(r, noun, said)) || (said && (n = noun_read(r, noun)))) {
		if (is(r, noun, MEANS_SESSION) && token_at(r, noun)->value)
			*ret_weight = WEIGHT_STRONG;
		return noun + n - at;
	}
	return 0;
}
