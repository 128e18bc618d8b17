#include "place.h"

#include "model/model.h"

#include <stdio.h>
#include <unistd.h>

/* Findings are told file by file: a list of them has a maximum, a workspace has more agents. */
struct checking {
	struct workspace *workspace;
	struct diagnostics found;
	json_t *list; /* NULL: they are printed */
	const char *only;
	size_t agents;
	bool errors;
};

static json_t *as_json(const struct diagnostic *one)
{
	return json_pack("{s:s,s:i,s:i,s:s,s:s,s:s}", "file", one->file, "line", (int)one->line,
			 "column", (int)one->column, "severity", severity_name(one->severity),
			 "code", one->code, "message", one->message);
}

static void print_finding(const struct diagnostic *one)
{
	if (one->line)
		printf("%s:%u:%u: %s: %s\n", one->file, one->line, one->column,
		       severity_name(one->severity), one->message);
	else
		printf("%s: %s: %s\n", one->file, severity_name(one->severity), one->message);
}

/* Several passes have found them. */
static int by_place(const void *a, const void *b)
{
	const struct diagnostic *one = a, *other = b;
	int files = strcmp(one->file, other->file);

	if (files)
		return files;
	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	if (one->column != other->column)
		return one->column < other->column ? -1 : 1;
	return (int)other->severity - (int)one->severity;
}

static void tell(struct checking *checking)
{
	checking->errors |= diagnostics_has_errors(&checking->found);
	if (checking->found.count)
		qsort(checking->found.items, checking->found.count, sizeof(struct diagnostic),
		      by_place);
	for (size_t i = 0; i < checking->found.count; i++) {
		if (checking->list)
			json_array_append_new(checking->list, as_json(&checking->found.items[i]));
		else
			print_finding(&checking->found.items[i]);
	}
	diagnostics_clear(&checking->found);
}

/* A file that cannot be read at all is one finding. */
static void take_error(struct checking *checking, const char *name, const struct error *error)
{
	_free_ char *file = error->file[0] ? xstrdup(error->file) : xasprintf("agents/%s", name);

	checking->found.file = file;
	diagnostics_add(&checking->found, SEVERITY_ERROR, "unreadable", error->line, error->column,
			"%s", error->message);
	checking->found.file = NULL;
}

static void check_rehearsal(struct checking *checking, const char *name,
			    const struct sources *sources)
{
	_free_ char *file = xasprintf("agents/%s/REHEARSAL.md", name);

	if (!sources->files[FILE_REHEARSAL].data)
		return;
	checking->found.file = file;
	model_rehearsal_check(span_of(sources->files[FILE_REHEARSAL].data), &checking->found);
	checking->found.file = NULL;
}

/* As with seconds where minutes were meant: each beat may be a call of a model. */
static void check_interval(struct checking *checking, const struct agent *agent,
			   const struct heartbeat *beat)
{
	const struct settings *settings = checking->workspace->settings;
	uint32_t tick = agent->beats.tick_s ? agent->beats.tick_s : settings->tick_s;
	uint32_t apart = schedule_shortest_interval(&beat->schedule, tick);

	if (apart < settings->shortest_interval_s)
		diagnostics_add(&checking->found, SEVERITY_WARNING, "schedule-too-often",
				beat->line, 1,
				"\"%s\" comes %us apart, more often than shortest_interval, %us",
				beat->heading, apart, settings->shortest_interval_s);
}

/* What was understood, so that a person sees it before the first beat. */
static void tell_schedules(struct checking *checking, const struct agent *agent)
{
	_free_ char *file = xasprintf("agents/%s/HEARTBEAT.md", agent->name);
	char text[SCHEDULE_PRINT_SIZE];

	checking->found.file = file;
	for (size_t i = 0; i < agent->beats.count; i++) {
		const struct heartbeat *beat = &agent->beats.items[i];

		if (beat->schedule.kind == SCHEDULE_NONE || beat->broken)
			continue;
		diagnostics_add(&checking->found, SEVERITY_INFO, "schedule", beat->line, 1,
				"\"%s\" is %s%s", beat->heading,
				schedule_print(&beat->schedule, text),
				beat->empty ? ", with nothing to do" : "");
		check_interval(checking, agent, beat);
	}
	checking->found.file = NULL;
}

static int check_agent(void *context, const char *name)
{
	struct checking *checking = context;
	CLEANUP(agent_free) struct agent *agent = NULL;
	CLEANUP(sources_clear) struct sources sources = { 0 };
	struct error error;

	if (checking->only && strcmp(checking->only, name))
		return 0;
	checking->agents++;
	if (workspace_load(checking->workspace, name, NULL, &agent, &sources, &checking->found,
			   &error)) {
		take_error(checking, name, &error);
	} else {
		check_rehearsal(checking, name, &sources);
		tell_schedules(checking, agent);
	}
	tell(checking);
	return 0;
}

/* The layout of an article that people copy from keeps the bulletin among the agents. */
static void check_layout(struct checking *checking)
{
	struct stat st;

	if (file_stat(checking->workspace->dir, "agents/shared/BULLETIN.md", &st, NULL))
		return;
	checking->found.file = "agents/shared/BULLETIN.md";
	diagnostics_add(
		&checking->found, SEVERITY_ERROR, "layout", 0, 0,
		"agents read shared/BULLETIN.md; move it there: mv agents/shared/BULLETIN.md "
		"shared/");
	checking->found.file = NULL;
}

/* A grant is a folder that is there: a session is not started without it. */
static void check_grants(struct checking *checking)
{
	const struct settings *settings = checking->workspace->settings;

	checking->found.file = "agentd.yaml";
	for (size_t i = 0; i < settings->grant_count; i++)
		for (size_t j = 0; j < settings->grants[i].read_count; j++) {
			const char *path = settings->grants[i].read[j];
			struct stat st;

			if (stat(path, &st) || !S_ISDIR(st.st_mode))
				diagnostics_add(&checking->found, SEVERITY_ERROR, "grant", 0, 0,
						"%s may read %s, which is no folder on this "
						"machine; name a folder",
						settings->grants[i].agent, path);
		}
	checking->found.file = NULL;
}

/* An agent that is to be woken, but is not there, would be missed when it is needed. */
static void check_monitors(struct checking *checking)
{
	const struct settings *settings = checking->workspace->settings;

	checking->found.file = "agentd.yaml";
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];
		_free_ char *soul = xasprintf("agents/%s/SOUL.md", monitor->wake);
		struct stat st;

		if (*monitor->wake && file_stat(checking->workspace->dir, soul, &st, NULL))
			diagnostics_add(&checking->found, SEVERITY_ERROR, "monitor-wake", 0, 0,
					"monitor \"%s\" wakes %s, and there is no such agent",
					monitor->name, monitor->wake);
	}
	checking->found.file = NULL;
}

static int run(const struct invocation *invocation)
{
	struct checking checking = { .only = invocation->count ? invocation->operands[0] : NULL };
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	struct error error;
	int result = place_open(invocation, &workspace, &checking.found, &error);
	bool told;

	checking.workspace = workspace;
	checking.list = invocation->json ? json_array() : NULL;
	/* An agentd.yaml that cannot be read as a whole is one finding. */
	told = result && error.file[0];
	if (told)
		take_error(&checking, "", &error);
	tell(&checking);
	if (!result)
		result = workspace_agents(workspace, check_agent, &checking, &error);
	if (!result && checking.only && !checking.agents)
		result = error_set(&error, ERROR_NOT_FOUND, "there is no agent \"%s\" here",
				   checking.only);
	if (!result) {
		check_layout(&checking);
		check_grants(&checking);
		check_monitors(&checking);
		tell(&checking);
	}
	if (result && !told) {
		json_decref(checking.list);
		return fail(&error);
	}
	if (checking.list)
		print_json(checking.list);
	return checking.errors ? STATUS_FAILED : STATUS_DONE;
}

const struct command command_check = {
	.name = "check",
	.operands = "[NAME]",
	.text = "validate all files and tell what was understood",
	.more = "Prints file:line:column: severity: message. Exit status 1 when there are errors.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.run = run,
};
