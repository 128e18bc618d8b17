#include "workspace/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define SETTINGS_FILE "agentd.yaml"
#define SETTINGS_MAX (1024 * 1024)
#define ENTRIES_MAX (2 * WORKSPACE_AGENTS_MAX)

/* ---- finding ---- */

static bool has_settings(int dir)
{
	struct stat st;

	return !file_stat(dir, SETTINGS_FILE, &st, NULL);
}

/* Cuts the last part off an absolute path. Returns false at the root. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !path[1])
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

static int not_found(const char *start, bool exact, struct error *error)
{
	return error_set(
		error, ERROR_NOT_FOUND,
		exact ? "%s is no workspace: it has no agentd.yaml; make one with: agentctl "
			"init %s"
		      : "no agentd.yaml in %s or above: go to a workspace, name one with -w, or "
			"make one with: agentctl init DIR",
		start, start);
}

static int find(const char *start, bool exact, char **ret_path, int *ret_dir, struct error *error)
{
	_free_ char *path = realpath(start, NULL);

	if (!path)
		return error_set_system(error, errno, "looking for the workspace %s", start);
	do {
		_fd_ int dir = -1;
		int result = directory_open(path, &dir, error);

		if (result && exact)
			return result;
		if (!result && has_settings(dir)) {
			*ret_path = steal_pointer(&path);
			*ret_dir = dir;
			dir = -1;
			return 0;
		}
	} while (!exact && go_up(path));
	return not_found(start, exact, error);
}

/* ---- settings ---- */

/* An unknown zone is told, and UTC stands in for it. */
static struct zone *load_zone(const struct settings *settings, struct diagnostics *found)
{
	struct zone *zone = NULL;
	struct error error;

	if (!zone_load(settings->zone, &zone, &error))
		return zone;
	diagnostics_add(found, SEVERITY_ERROR, "zone", 0, 0,
			"timezone \"%s\": %s; UTC holds until then", settings->zone, error.message);
	if (zone_load("UTC", &zone, &error))
		BUG("no time zone UTC: %s", error.message);
	return zone;
}

int workspace_reload(struct workspace *workspace, struct diagnostics *found, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(SETTINGS_MAX);
	const char *before = found ? found->file : NULL;
	struct settings *settings = NULL;
	int result = file_read(workspace->dir, SETTINGS_FILE, &text, NULL, error);

	if (result) {
		error_at(error, SETTINGS_FILE, 0, 0);
		return result;
	}
	if (found)
		found->file = SETTINGS_FILE;
	result = settings_parse(buffer_span(&text), &settings, found, error);
	if (result) {
		if (error && !error->file[0])
			error_at(error, SETTINGS_FILE, error->line, error->column);
	} else {
		settings_free(workspace->settings);
		zone_free(workspace->zone);
		workspace->settings = settings;
		workspace->zone = load_zone(settings, found);
	}
	if (found)
		found->file = before;
	return result;
}

int workspace_open(const char *start, bool exact, struct workspace **ret_workspace,
		   struct diagnostics *found, struct error *error)
{
	CLEANUP(workspace_free) struct workspace *workspace = xcalloc(1, sizeof(*workspace));
	int result;

	workspace->dir = -1;
	result = find(start, exact, &workspace->path, &workspace->dir, error);
	if (!result)
		result = workspace_reload(workspace, found, error);
	if (result)
		return result;
	*ret_workspace = steal_pointer(&workspace);
	return 0;
}

void workspace_free(struct workspace *workspace)
{
	if (!workspace)
		return;
	fd_close(&workspace->dir);
	free(workspace->path);
	settings_free(workspace->settings);
	zone_free(workspace->zone);
	free(workspace);
}

/* ---- agents ---- */

struct listing {
	int agents;
	int (*visit)(void *context, const char *name);
	void *context;
	size_t left;
};

/* A link in place of a folder is visited, so that reading it says why it is no agent; so is a
 * folder whose name is none of an agent. */
static int visit_folder(void *context, const char *name, unsigned char type)
{
	struct listing *listing = context;
	_free_ char *soul = xasprintf("%s/SOUL.md", name);
	struct stat st;

	if (name[0] == '.' || strlen(name) > AGENT_NAME_MAX || !strcmp(name, "shared") ||
	    file_name_is_scratch(name))
		return 0;
	if (type == DT_UNKNOWN && !file_stat(listing->agents, name, &st, NULL))
		type = IFTODT(st.st_mode);
	if (type != DT_LNK && (type != DT_DIR || file_stat(listing->agents, soul, &st, NULL)))
		return 0;
	if (!listing->left)
		return -(int)ERROR_TOO_LARGE;
	listing->left--;
	return listing->visit(listing->context, name);
}

int workspace_agents(const struct workspace *workspace,
		     int (*visit)(void *context, const char *name), void *context,
		     struct error *error)
{
	_fd_ int agents = -1;
	struct listing listing = { -1, visit, context, WORKSPACE_AGENTS_MAX };
	struct error ignored;
	int result = directory_open_beneath(workspace->dir, "agents", &agents, &ignored);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	if (result) {
		if (error)
			*error = ignored;
		return result;
	}
	listing.agents = agents;
	return directory_walk(agents, ENTRIES_MAX, visit_folder, &listing, error);
}

static int check_owner(const struct workspace *workspace, const char *name, const char *what,
		       const struct stat *st, struct error *error)
{
	if (st->st_uid == geteuid())
		return 0;
	return error_set(
		error, ERROR_DENIED,
		"agents/%s%s belongs to uid %u, not to uid %u that runs this; to mend it: sudo "
		"chown -R %u '%s/agents/%s'",
		name, what, (unsigned)st->st_uid, (unsigned)geteuid(), (unsigned)geteuid(),
		workspace->path, name);
}

int workspace_agent_open(const struct workspace *workspace, const char *name, int *ret_dir,
			 struct error *error)
{
	_free_ char *path = xasprintf("agents/%s", name);
	_fd_ int dir = -1;
	struct stat st;
	int result = directory_open_beneath(workspace->dir, path, &dir, error);

	if (!result && fstat(dir, &st))
		result = error_set_system(error, errno, "looking at %s", path);
	if (!result)
		result = check_owner(workspace, name, "", &st, error);
	if (!result && !file_stat(dir, ".git", &st, NULL))
		result = check_owner(workspace, name, "/.git", &st, error);
	if (result) {
		error_at(error, path, 0, 0);
		return result;
	}
	*ret_dir = dir;
	dir = -1;
	return 0;
}

/* ---- one agent ---- */

static struct span source_span(const struct source *source)
{
	return (struct span){ source->data, source->length };
}

/* A zone that nobody knows is told, and the workspace's stands in for it. */
static void check_zone(const struct workspace *workspace, struct agent *agent,
		       struct diagnostics *found)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	_free_ char *file = xasprintf("agents/%s/HEARTBEAT.md", agent->name);
	const char *before = found ? found->file : NULL, *own = zone_name(workspace->zone);
	struct error error;

	if (!strcmp(agent->zone, own) || !zone_load(agent->zone, &zone, &error))
		return;
	if (found)
		found->file = file;
	/* agentd.yaml's own zone was told when that was read. */
	if (strcmp(agent->zone, workspace->settings->zone))
		diagnostics_add(found, SEVERITY_ERROR, "zone", 0, 0,
				"timezone \"%s\": %s; %s holds until then", agent->zone,
				error.message, own);
	if (found)
		found->file = before;
	snprintf(agent->zone, sizeof(agent->zone), "%s", own);
}

/* The same for a zone that a heading names. */
static void check_heading_zones(const struct agent *agent, struct diagnostics *found)
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

int workspace_load(const struct workspace *workspace, const char *name,
		   const struct agent *previous, struct agent **ret_agent,
		   struct sources *ret_sources, struct diagnostics *found, struct error *error)
{
	CLEANUP(sources_clear) struct sources sources = { 0 };
	struct agent_files files;
	_fd_ int dir = -1;
	int result = workspace_agent_open(workspace, name, &dir, error);

	if (!result)
		result = workspace_read_all(dir, name, &sources, error);
	if (!result && !sources.files[FILE_SOUL].data)
		result = error_set(error, ERROR_NOT_FOUND,
				   "agents/%s has no SOUL.md, so it is no agent", name);
	if (result)
		return result;
	files = (struct agent_files){
		.soul = source_span(&sources.files[FILE_SOUL]),
		.constitution = source_span(&sources.files[FILE_CONSTITUTION]),
		.heartbeat = source_span(&sources.files[FILE_HEARTBEAT]),
		.memory = source_span(&sources.files[FILE_MEMORY]),
		.rehearsal = source_span(&sources.files[FILE_REHEARSAL]),
	};
	result = agent_parse(name, &files, workspace->settings, previous, ret_agent, found, error);
	if (result)
		return result;
	check_zone(workspace, *ret_agent, found);
	if (found)
		check_heading_zones(*ret_agent, found);
	if (ret_sources) {
		*ret_sources = sources;
		sources = (struct sources){ 0 };
	}
	return 0;
}
