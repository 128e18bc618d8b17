#include "place.h"
#include "tree.h"

#include "base/installation.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

static int list_one(void *context, const char *name, unsigned char type)
{
	struct buffer *list = context;

	if (type == DT_DIR || type == DT_LNK)
		buffer_printf(list, "%s%s", list->length ? ", " : "", name);
	return 0;
}

static int unknown_template(const char *name, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer list = BUFFER(512);
	_free_ char *path = installation_path("share/agentd/agents");
	_fd_ int dir = -1;

	if (!directory_open(path, &dir, NULL))
		directory_walk(dir, 1000, list_one, &list, NULL);
	return error_set(error, ERROR_NOT_FOUND, "there is no template \"%s\"; there are: %s", name,
			 list.data ? list.data : "none");
}

static int make(const struct workspace *workspace, const char *name, const char *template,
		struct error *error)
{
	_free_ char *to = xasprintf("agents/%s", name);
	_free_ char *inside = xasprintf("share/agentd/agents/%s", template);
	_free_ char *from = installation_path(inside);
	struct stat st;

	if (!agent_name_valid(span_of(name)))
		return error_set(error, ERROR_INVALID,
				 "\"%s\" cannot be an agent's name; use 1 to 63 of a-z, 0-9 and -, "
				 "beginning with a letter or digit (`shared` is taken)",
				 name);
	if (!file_stat(workspace->dir, to, &st, NULL))
		return error_set(error, ERROR_EXISTS, "%s exists already", to);
	if (!agent_name_valid(span_of(template)) || access(from, F_OK))
		return unknown_template(template, error);
	return tree_copy(from, workspace->dir, to, error);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	const char *template = invocation_option(invocation, "template");
	const char *name = invocation->operands[0];
	struct error error;
	int result = place_open(invocation, &workspace, NULL, &error);

	if (!result)
		result = make(workspace, name, template ? template : "support", &error);
	if (result)
		return fail(&error);
	printf("agents/%s is there: edit SOUL.md (who it is), CONSTITUTION.md (what it never does) and\n"
	       "HEARTBEAT.md (what it does unasked and when). A running agentd has it in force already.\n",
	       name);
	return STATUS_DONE;
}

const struct command command_new = {
	.name = "new",
	.operands = "NAME",
	.text = "make an agent from a template",
	.more = "Templates: support (the default), analyst, researcher, archivist, orchestrator, verifier,\n"
		"code-reviewer, log-watcher.",
	.least = 1,
	.most = 1,
	.options = { { "template", 't', "TEMPLATE", "which one" } },
	.words = { "support analyst researcher archivist orchestrator verifier code-reviewer log-watcher" },
	.run = run,
};
