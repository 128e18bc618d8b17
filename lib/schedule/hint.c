/* Zones that were written, and what `check` tells about a schedule that was understood. */
#include "settle.h"

#include <stdio.h>
#include <string.h>

/* "asia/taipei" as the tz database writes it. */
static void copy_zone(struct span name, char out[40])
{
	bool lower = true, first = true;

	for (size_t i = 0; i < name.length; i++)
		lower &= name.data[i] < 'A' || name.data[i] > 'Z';
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];

		out[i] = lower && first && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
		first = c == '/' || c == '_' || c == '-';
	}
	out[name.length] = '\0';
}

void settle_zone(struct settling *x)
{
	struct draft *d = x->d;
	const char *name = d->zone_word >= 0 ? zone_words[d->zone_word].zone : NULL;

	if (x->s->kind == SCHEDULE_EVENT || !d->zone.length)
		return;
	if (d->zone_text[0])
		name = d->zone_text;
	if (name)
		snprintf(x->s->zone, sizeof(x->s->zone), "%s", name);
	else if (d->zone_word < 0 && d->zone.length < sizeof(x->s->zone))
		copy_zone(d->zone, x->s->zone);
}

static void hint_zone(const struct draft *d, unsigned line, struct diagnostics *found)
{
	const struct zone_word *word = d->zone_word >= 0 ? &zone_words[d->zone_word] : NULL;
	int length = (int)d->zone.length;

	if (!word || d->zone_text[0] || (word->zone && !strcmp(word->zone, "UTC")))
		return;
	if (word->ambiguous)
		diagnostics_add(found, SEVERITY_WARNING, "schedule-zone-ambiguous", line, 1,
				"\"%.*s\" may be more than one time zone, read as %s: write %s",
				length, d->zone.data, word->zone ? word->zone : "the file's own",
				word->ambiguous);
	else
		diagnostics_add(found, SEVERITY_INFO, "schedule-zone", line, 1,
				"\"%.*s\" is read as %s, with that place's daylight saving time",
				length, d->zone.data, word->zone);
}

void draft_hint(const struct schedule *s, unsigned line, struct diagnostics *found)
{
	char text[SCHEDULE_PRINT_SIZE];

	schedule_print(s, text);
	if (s->assumed)
		diagnostics_add(found, SEVERITY_INFO, "schedule-assumed", line, 1,
				"the time is not written, read as \"%s\"", text);
	if (s->cron_or)
		diagnostics_add(
			found, SEVERITY_WARNING, "schedule-cron-days", line, 1,
			"cron runs when the day of the month or the weekday fits, not only when both "
			"do: for the first Monday write \"Monthly (first Monday, 09:00)\"");
}

void settle_hint(const struct settling *x, unsigned line, struct diagnostics *found)
{
	char text[SCHEDULE_PRINT_SIZE];

	schedule_print(x->s, text);
	draft_hint(x->s, line, found);
	hint_zone(x->d, line, found);
	if (x->d->duration)
		diagnostics_add(
			found, SEVERITY_INFO, "schedule-duration", line, 1,
			"a length of time beside a schedule is for the agent, read as \"%s\"",
			text);
	if (x->d->loose)
		diagnostics_add(found, SEVERITY_INFO, "schedule-vague", line, 1,
				"a range is kept as its lower bound, read as \"%s\"", text);
	if (x->d->conflict)
		diagnostics_add(
			found, SEVERITY_WARNING, "schedule-conflict", line, 1,
			"the heading says two different things, read as \"%s\": write one of them",
			text);
}
