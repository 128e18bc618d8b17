#include "board.h"
#include "source.h"
#include "timezone.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define SETTINGS_FILE "agentd.yaml"
#define SETTINGS_MAX (1024 * 1024)
#define ENTRIES_MAX (2 * WORKSPACE_AGENTS_MAX)

/* ---- finding ---- */

static int look_for_settings(int dir, struct error *error)
{
	struct stat st;

	return file_stat(dir, SETTINGS_FILE, &st, error);
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

		if (!result)
			result = look_for_settings(dir, error);
		/* A file that is there and may not be looked at is something else than none. */
		if (exact && result && result != -ERROR_NOT_FOUND)
			return result;
		if (!result) {
			*ret_path = steal_pointer(&path);
			*ret_dir = dir;
			dir = -1;
			return 0;
		}
	} while (!exact && go_up(path));
	return not_found(start, exact, error);
}

/* ---- settings ---- */

/* An absent one is an error. */
static int read_settings(const struct workspace *workspace, struct source *ret_source,
			 struct error *error)
{
	int result = source_read(workspace->dir, SETTINGS_FILE, SETTINGS_MAX, ret_source, error);

	if (!result && !ret_source->data)
		result = error_set(error, ERROR_NOT_FOUND, "there is no agentd.yaml");
	if (result)
		error_at(error, SETTINGS_FILE, 0, 0);
	return result;
}

static int take_settings(struct workspace *workspace, const struct source *source,
			 struct diagnostics *found, struct error *error)
{
	struct span text = { source->data, source->length };
	const char *before = found ? found->file : NULL;
	struct settings *settings = NULL;
	int result;

	memcpy(workspace->settings_id, source->id, sizeof(source->id));
	if (found)
		found->file = SETTINGS_FILE;
	result = settings_parse(text, &settings, found, error);
	if (result) {
		if (error && !error->file[0])
			error_at(error, SETTINGS_FILE, error->line, error->column);
	} else {
		settings_free(workspace->settings);
		zone_free(workspace->zone);
		workspace->settings = settings;
		workspace->zone = timezone_of_settings(settings, text, found);
	}
	if (found)
		found->file = before;
	return result;
}

int workspace_reload(struct workspace *workspace, struct diagnostics *found, struct error *error)
{
	CLEANUP(source_clear) struct source source = { 0 };
	int result = read_settings(workspace, &source, error);

	return result ? result : take_settings(workspace, &source, found, error);
}

int workspace_reload_whole(struct workspace *workspace, bool *ret_is_another,
			   struct diagnostics *found, struct error *error)
{
	CLEANUP(source_clear) struct source source = { 0 };
	int result = read_settings(workspace, &source, error);

	*ret_is_another = strcmp(source.id, workspace->settings_id) != 0;
	if (!*ret_is_another && workspace->settings)
		return 0;
	if (result) {
		workspace->settings_id[0] = '\0';
		return result;
	}
	if (source_is_half_saved(workspace->dir, SETTINGS_FILE, &source, workspace->settings_id,
				 clock_wall_ms()))
		return error_set(error, ERROR_BUSY, "agentd.yaml is being written");
	return take_settings(workspace, &source, found, error);
}

bool workspace_reload_zone(struct workspace *workspace)
{
	struct zone *zone;

	if (zone_load(zone_name(workspace->zone), &zone, NULL))
		return false; /* what was loaded holds */
	if (zone_equal(zone, workspace->zone)) {
		zone_free(zone);
		return false;
	}
	zone_free(workspace->zone);
	workspace->zone = zone;
	return true;
}

static int open_here(const char *start, bool exact, bool whole, struct workspace **ret_workspace,
		     struct diagnostics *found, struct error *error)
{
	CLEANUP(workspace_free) struct workspace *workspace = xcalloc(1, sizeof(*workspace));
	bool is_another;
	int result;

	workspace->dir = -1;
	workspace->board = board_new();
	result = find(start, exact, &workspace->path, &workspace->dir, error);
	if (!result)
		result = whole ? workspace_reload_whole(workspace, &is_another, found, error)
			       : workspace_reload(workspace, found, error);
	if (result)
		return result;
	*ret_workspace = steal_pointer(&workspace);
	return 0;
}

int workspace_open(const char *start, bool exact, struct workspace **ret_workspace,
		   struct diagnostics *found, struct error *error)
{
	return open_here(start, exact, false, ret_workspace, found, error);
}

int workspace_open_whole(const char *start, bool exact, struct workspace **ret_workspace,
			 struct diagnostics *found, struct error *error)
{
	return open_here(start, exact, true, ret_workspace, found, error);
}

void workspace_free(struct workspace *workspace)
{
	if (!workspace)
		return;
	fd_close(&workspace->dir);
	free(workspace->path);
	settings_free(workspace->settings);
	zone_free(workspace->zone);
	board_free(workspace->board);
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
	struct stat whole;

	if (st->st_uid == geteuid())
		return 0;
	if (!fstat(workspace->dir, &whole) && whole.st_uid == st->st_uid)
		return error_set(error, ERROR_DENIED,
				 "agents/%s%s belongs to uid %u, as the workspace does, not to uid "
				 "%u that runs this; run it as that user: sudo -u '#%u'",
				 name, what, (unsigned)st->st_uid, (unsigned)geteuid(),
				 (unsigned)st->st_uid);
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
	timezone_check(workspace, *ret_agent, &files, found);
	if (ret_sources) {
		*ret_sources = sources;
		sources = (struct sources){ 0 };
	}
	return 0;
}
