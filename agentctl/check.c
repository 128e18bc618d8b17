#include "place.h"

#include "model/model.h"

#include <stdio.h>
#include <unistd.h>

struct checking {
	struct workspace *workspace;
	struct diagnostics found;
	const char *only;
	size_t agents;
};

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

/* What was understood, so that a person sees it before the first beat. */
static void tell_schedules(struct checking *checking, const struct agent *agent)
{
	_free_ char *file = xasprintf("agents/%s/HEARTBEAT.md", agent->name);
	char text[SCHEDULE_PRINT_SIZE];

	checking->found.file = file;
	for (size_t i = 0; i < agent->beats.count; i++) {
		const struct heartbeat *beat = &agent->beats.items[i];

		if (beat->schedule.kind != SCHEDULE_NONE && !beat->broken)
			diagnostics_add(&checking->found, SEVERITY_INFO, "schedule", beat->line, 1,
					"\"%s\" is %s%s", beat->heading,
					schedule_print(&beat->schedule, text),
					beat->empty ? ", with nothing to do" : "");
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
		return 0;
	}
	check_rehearsal(checking, name, &sources);
	tell_schedules(checking, agent);
	return 0;
}

static json_t *as_json(const struct diagnostics *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->count; i++) {
		const struct diagnostic *one = &found->items[i];

		json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:s,s:s,s:s}", "file", one->file,
						      "line", (int)one->line, "column",
						      (int)one->column, "severity",
						      severity_name(one->severity), "code", one->code,
						      "message", one->message));
	}
	return list;
}

static void print_findings(const struct diagnostics *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct diagnostic *one = &found->items[i];

		if (one->line)
			printf("%s:%u:%u: %s: %s\n", one->file, one->line, one->column,
			       severity_name(one->severity), one->message);
		else
			printf("%s: %s: %s\n", one->file, severity_name(one->severity),
			       one->message);
	}
}

/* The layout of an article that people copy from keeps the bulletin among the agents. */
static void check_layout(struct checking *checking)
{
	struct stat st;

	if (file_stat(checking->workspace->dir, "agents/shared/BULLETIN.md", &st, NULL))
		return;
	checking->found.file = "agents/shared/BULLETIN.md";
	diagnostics_add(&checking->found, SEVERITY_ERROR, "layout", 0, 0,
			"agents read shared/BULLETIN.md; move it there: mv agents/shared/BULLETIN.md "
			"shared/");
	checking->found.file = NULL;
}

static int run(const struct invocation *invocation)
{
	struct checking checking = { .only = invocation->count ? invocation->operands[0] : NULL };
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	struct error error;
	int result = place_open(invocation, &workspace, &checking.found, &error), status;

	checking.workspace = workspace;
	if (!result)
		result = workspace_agents(workspace, check_agent, &checking, &error);
	if (!result && checking.only && !checking.agents)
		result = error_set(&error, ERROR_NOT_FOUND, "there is no agent \"%s\" here",
				   checking.only);
	if (result) {
		diagnostics_clear(&checking.found);
		return fail(&error);
	}
	check_layout(&checking);
	status = diagnostics_has_errors(&checking.found) ? STATUS_FAILED : STATUS_DONE;
	if (invocation->json)
		print_json(as_json(&checking.found));
	else
		print_findings(&checking.found);
	diagnostics_clear(&checking.found);
	return status;
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
