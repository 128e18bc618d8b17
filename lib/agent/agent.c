#include "agent/agent.h"

#include "front_matter.h"
#include "heartbeats.h"
#include "passage.h"
#include "routes.h"

#include <stdio.h>

#define IDENTITY_HINT_TOKENS 1000
#define IDENTITY_WARN_TOKENS 4000

bool agent_name_valid(struct span name)
{
	if (!name.length || name.length > AGENT_NAME_MAX || name.data[0] == '-' ||
	    span_equal(name, SPAN("shared")) || span_equal(name, SPAN("system")))
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.data[i], 37))
			return false;
	return true;
}

/* ---- diagnostics by file ---- */

/* Lets diagnostics name a file of the agent; the caller's own file comes back at the end. */
struct naming {
	const char *agent;
	struct diagnostics *found;
	const char *before;
	char *file;
};

static void name_file(struct naming *naming, const char *file)
{
	if (!naming->found)
		return;
	free(naming->file);
	naming->file = xasprintf("agents/%s/%s", naming->agent, file);
	naming->found->file = naming->file;
}

static void naming_end(struct naming *naming)
{
	if (naming->found)
		naming->found->file = naming->before;
	free(naming->file);
}

/* ---- SOUL.md ---- */

static void set_text(char **into, char **from)
{
	free(*into);
	*into = steal_pointer(from);
}

static void take_soul(struct agent *agent, struct front_matter *matter)
{
	set_text(&agent->role, &matter->role);
	set_text(&agent->expertise, &matter->expertise);
	set_text(&agent->route, &matter->route);
	agent->tools = steal_pointer(&matter->tools);
	agent->tool_count = matter->tool_count;
	matter->tool_count = 0;
	agent->bulletin_always = matter->bulletin_always;
	agent->experiment = matter->experiment;
	if (matter->zone)
		snprintf(agent->zone, sizeof(agent->zone), "%s", matter->zone);
	limits_lower(&agent->limits, &matter->limits);
}

/* Returns the bytes of the identity's text. */
static size_t read_soul(struct span raw, const struct settings *settings,
			struct front_matter *ret_matter, struct diagnostics *found)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	unsigned line;
	struct span yaml;

	if (markdown_clean(raw, AGENT_FILE_MAX, &text, found)) {
		front_matter_parse(SPAN(""), 1, FRONT_MATTER_SOUL, ret_matter, NULL);
		diagnostics_add(found, SEVERITY_ERROR, "soul-size", 0, 0,
				"the file is larger than %d bytes: shorten it", AGENT_FILE_MAX);
		return 0;
	}
	yaml = markdown_front_matter(&text, &line);
	front_matter_parse(yaml, line, FRONT_MATTER_SOUL, ret_matter, found);
	front_matter_check(&text, ret_matter, found);
	routes_check(settings, ret_matter->route, ret_matter->route_line, ret_matter->route_column,
		     found);
	if (!span_trim(markdown_body(&text)).length)
		diagnostics_add(found, SEVERITY_WARNING, "soul-empty", 0, 0,
				"the file says nothing: write who the agent is");
	return markdown_body(&text).length;
}

/* ---- CONSTITUTION.md ---- */

/* Words of a software specification, which shares the file's name (spec-kit). */
static bool looks_like_specification(struct span raw)
{
	static const char *const words[] = { "[PROJECT_NAME]", "Library-First",
					     "Test-First",     "CLI Interface",
					     "spec-kit",       "Integration Testing",
					     "**Ratified**",   "Semantic Versioning",
					     "Code Review" };
	unsigned seen = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		seen += raw.length &&
			memmem(raw.data, raw.length, words[i], strlen(words[i])) != NULL;
	return seen >= 2;
}

static void check_constitution(struct span raw, struct diagnostics *found)
{
	struct constitution constitution;

	if (!raw.data) {
		diagnostics_add(
			found, SEVERITY_WARNING, "constitution-missing", 0, 0,
			"there is no such file: the last good one holds, else a built-in one; "
			"write what the agent must never do");
		return;
	}
	if (constitution_is_blank(raw)) {
		diagnostics_add(found, SEVERITY_WARNING, "constitution-empty", 0, 0,
				"the file says nothing: the last good one holds, else a built-in "
				"one");
		return;
	}
	if (!found)
		return;
	constitution_parse(raw, &constitution, found);
	if (!constitution.rule_count)
		diagnostics_add(
			found, SEVERITY_INFO, "constitution-rules", 0, 0,
			"no numbered rules found: rules in a numbered list are ranked, 1 beats 4");
	if (looks_like_specification(raw))
		diagnostics_add(
			found, SEVERITY_INFO, "constitution-specification", 0, 0,
			"this reads like the charter of a software project, not like an agent's "
			"rules");
	constitution_clear(&constitution);
}

static void check_identity(size_t bytes, struct diagnostics *found)
{
	int64_t tokens = ((int64_t)bytes + 3) / 4;

	if (tokens > IDENTITY_WARN_TOKENS)
		diagnostics_add(
			found, SEVERITY_WARNING, "identity-size", 0, 0,
			"SOUL.md and CONSTITUTION.md are about %lld tokens in every request: keep "
			"them below %d and move reference to knowledge/",
			(long long)tokens, IDENTITY_WARN_TOKENS);
	else if (tokens > IDENTITY_HINT_TOKENS)
		diagnostics_add(
			found, SEVERITY_INFO, "identity-size", 0, 0,
			"SOUL.md and CONSTITUTION.md are about %lld tokens in every request",
			(long long)tokens);
}

/* ---- HEARTBEAT.md ---- */

static void take_beats(struct agent *agent, const struct agent_files *files,
		       const struct settings *settings, const struct agent *previous,
		       const struct front_matter *soul, struct diagnostics *found)
{
	CLEANUP(front_matter_clear) struct front_matter matter = { 0 };
	struct heartbeats *beats = &agent->beats;
	int hour = soul->daily_hour >= 0 ? soul->daily_hour : settings->daily_hour;

	if (!files->heartbeat.data)
		diagnostics_add(found, SEVERITY_INFO, "heartbeat-missing", 0, 0,
				"there is no such file: the agent wakes only when it is spoken to");
	heartbeats_read(files->heartbeat, previous ? &previous->beats : NULL, settings, hour, beats,
			&matter, files->heartbeat.data ? found : NULL);
	limits_lower(&agent->limits, &matter.limits);
	agent->experiment = agent->experiment || matter.experiment;
	if (matter.route)
		set_text(&agent->route, &matter.route);
	if (beats->zone[0])
		snprintf(agent->zone, sizeof(agent->zone), "%s", beats->zone);
	if (!beats->tick_s)
		beats->tick_s = soul->every_s;
	if (beats->when == WHEN_DEFAULT)
		beats->when = soul->when;
	if (beats->catch_up == CATCH_UP_DEFAULT)
		beats->catch_up = soul->catch_up;
	if (!beats->has_active_hours && soul->has_active_hours) {
		beats->has_active_hours = true;
		beats->active_begin = soul->active_begin;
		beats->active_end = soul->active_end;
	}
}

/* ---- the other files ---- */

static void check_text(struct span raw, const char *code, struct diagnostics *found)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };

	if (found && raw.data && markdown_clean(raw, AGENT_FILE_MAX, &text, found))
		diagnostics_add(found, SEVERITY_ERROR, code, 0, 0,
				"the file is larger than %d bytes: shorten it", AGENT_FILE_MAX);
}

/* ---- the agent ---- */

static void start_limits(struct agent *agent, const struct settings *settings)
{
	const struct grant *grant = settings_grant(settings, agent->name);

	agent->limits = settings->limits;
	if (grant)
		limits_lower(&agent->limits, &grant->limits);
}

int agent_parse(const char *name, const struct agent_files *files, const struct settings *settings,
		const struct agent *previous, struct agent **ret_agent, struct diagnostics *found,
		struct error *error)
{
	struct naming naming = { name, found, found ? found->file : NULL, NULL };
	CLEANUP(front_matter_clear) struct front_matter soul = { .daily_hour = -1 };
	struct agent *agent;
	size_t identity;

	if (!agent_name_valid(span_of(name)))
		return error_set(
			error, ERROR_INVALID,
			"\"%s\" is no name of an agent: use a-z, 0-9 and -, at most %d, not "
			"\"shared\"",
			name, AGENT_NAME_MAX);
	agent = xcalloc(1, sizeof(*agent));
	snprintf(agent->name, sizeof(agent->name), "%s", name);
	snprintf(agent->zone, sizeof(agent->zone), "%s", settings->zone);
	start_limits(agent, settings);
	name_file(&naming, "SOUL.md");
	identity = read_soul(files->soul, settings, &soul, found) + files->constitution.length;
	check_identity(identity, found);
	name_file(&naming, "CONSTITUTION.md");
	check_constitution(files->constitution, found);
	name_file(&naming, "MEMORY.md");
	check_text(files->memory, "memory-size", found);
	name_file(&naming, "REHEARSAL.md");
	check_text(files->rehearsal, "rehearsal-size", found);
	name_file(&naming, "HEARTBEAT.md");
	take_soul(agent, &soul);
	take_beats(agent, files, settings, previous, &soul, found);
	naming_end(&naming);
	*ret_agent = agent;
	return 0;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	free(agent->role);
	free(agent->expertise);
	free(agent->route);
	for (size_t i = 0; i < agent->tool_count; i++)
		free(agent->tools[i]);
	free(agent->tools);
	heartbeats_clear(&agent->beats);
	free(agent);
}
