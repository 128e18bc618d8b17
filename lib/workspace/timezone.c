#include "timezone.h"

#include <stdio.h>
#include <string.h>

/* The value of a line `timezone: NAME`. Line 0: the text has none. */
static void place_of(struct span text, const char *name, unsigned *ret_line, unsigned *ret_column)
{
	struct span line, key = SPAN("timezone:");

	*ret_line = *ret_column = 0;
	for (unsigned number = 1; span_next_line(&text, &line); number++) {
		const char *value;

		if (!span_starts_with(line, key))
			continue;
		value = memmem(line.data, line.length, name, strlen(name));
		if (!value)
			continue;
		*ret_line = number;
		*ret_column = (unsigned)(value - line.data) + 1;
		return;
	}
}

struct zone *timezone_of_settings(const struct settings *settings, struct span yaml,
				  struct diagnostics *found)
{
	struct zone *zone = NULL;
	struct error error;
	unsigned line, column;

	if (!zone_load(settings->zone, &zone, &error))
		return zone;
	place_of(yaml, settings->zone, &line, &column);
	diagnostics_add(found, SEVERITY_ERROR, "zone", line, column, "%s; UTC holds until then",
			error.message);
	if (zone_load("UTC", &zone, &error))
		BUG("no time zone UTC: %s", error.message);
	return zone;
}

/* HEARTBEAT.md's front matter comes before SOUL.md's. */
static void tell_front_matter(const struct agent *agent, const struct agent_files *files,
			      const char *message, const char *instead, struct diagnostics *found)
{
	_free_ char *soul = xasprintf("agents/%s/SOUL.md", agent->name);
	_free_ char *heartbeat = xasprintf("agents/%s/HEARTBEAT.md", agent->name);
	const char *before = found->file;
	unsigned line, column;

	found->file = heartbeat;
	place_of(files->heartbeat, agent->zone, &line, &column);
	if (!line) {
		found->file = soul;
		place_of(files->soul, agent->zone, &line, &column);
	}
	diagnostics_add(found, SEVERITY_ERROR, "zone", line, column, "%s; %s holds until then",
			message, instead);
	found->file = before;
}

static void check_headings(const struct agent *agent, struct diagnostics *found)
{
	_free_ char *file = xasprintf("agents/%s/HEARTBEAT.md", agent->name);
	const char *before = found->file;

	found->file = file;
	for (size_t i = 0; i < agent->beats.count; i++) {
		const struct heartbeat *beat = &agent->beats.items[i];
		CLEANUP(zone_free) struct zone *zone = NULL;
		struct error error;

		if (*beat->schedule.zone && zone_load(beat->schedule.zone, &zone, &error))
			diagnostics_add(found, SEVERITY_ERROR, "zone", beat->line, 1,
					"%s; %s holds until then", error.message, agent->zone);
	}
	found->file = before;
}

void timezone_check(const struct workspace *workspace, struct agent *agent,
		    const struct agent_files *files, struct diagnostics *found)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	const char *own = zone_name(workspace->zone);
	struct error error;

	if (strcmp(agent->zone, own) && zone_load(agent->zone, &zone, &error)) {
		/* agentd.yaml's own zone was told when that was read. */
		if (found && strcmp(agent->zone, workspace->settings->zone))
			tell_front_matter(agent, files, error.message, own, found);
		snprintf(agent->zone, sizeof(agent->zone), "%s", own);
	}
	if (found)
		check_headings(agent, found);
}
