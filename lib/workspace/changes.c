/* What changed since a beat's last run, by name, for its prompt. Told by times of files, so that
 * nothing has to be remembered; what was deleted is not told. */
#include "tree.h"
#include "workspace/workspace.h"

#include "base/buffer.h"
#include "base/printable.h"

#define NAMES_MAX 8
#define TEXT_MAX 2048

static const char *const not_told[] = { "work", "memory", NULL };

struct changes {
	int64_t since;
	struct buffer names;
	size_t count;
};

static bool is_newer(const struct changes *changes, int parent, const char *name)
{
	struct file_stamp stamp;
	struct stat st;

	if (file_stat(parent, name, &st, NULL))
		return false;
	file_stamp_of(&st, &stamp);
	return stamp.mtime_ns / 1000000000 > changes->since ||
	       stamp.ctime_ns / 1000000000 > changes->since;
}

static int visit_file(void *context, int parent, const char *name, const char *path)
{
	struct changes *changes = context;

	if (!is_newer(changes, parent, name) || changes->count++ >= NAMES_MAX)
		return 0;
	if (changes->names.length)
		buffer_append_text(&changes->names, ", ");
	printable_append(&changes->names, span_of(path), "");
	return 0;
}

char *workspace_changes(const struct workspace *workspace, const char *agent, int64_t since)
{
	struct changes changes = { .since = since, .names = BUFFER(TEXT_MAX) };
	_fd_ int dir = -1;

	if (!workspace_agent_open(workspace, agent, &dir, NULL))
		tree_walk(dir, not_told, visit_file, &changes, NULL);
	visit_file(&changes, workspace->dir, WORKSPACE_BULLETIN, "the bulletin");
	visit_file(&changes, workspace->dir, "agentd.yaml", "agentd.yaml");
	if (changes.count > NAMES_MAX)
		buffer_printf(&changes.names, " and %zu more", changes.count - NAMES_MAX);
	if (!changes.count) {
		buffer_clear(&changes.names);
		return NULL;
	}
	return buffer_steal(&changes.names);
}
