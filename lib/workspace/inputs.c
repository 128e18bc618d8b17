/* Has anything changed that a beat depends on? Answered by stat, but for the bulletin. */
#include "base/hash.h"
#include "tree.h"
#include "workspace/workspace.h"

#include <stdio.h>

/* What a session writes itself is no input of the next. */
static const char *const not_inputs[] = { "work", NULL };
/* What changes on its behalf while it runs: MEMORY.md, what is pruned from it, and the bulletin. */
static const char *const not_given[] = { "work", "MEMORY.md", "memory", NULL };

struct digest {
	uint64_t state;
};

static void add_bytes(struct digest *digest, const void *bytes, size_t size)
{
	digest->state = hash_span(digest->state, (struct span){ bytes, size });
}

static void add_file(struct digest *digest, int parent, const char *name, const char *path)
{
	struct file_stamp stamp = { 0 };
	struct stat st;

	if (!file_stat(parent, name, &st, NULL))
		file_stamp_of(&st, &stamp);
	add_bytes(digest, path, strlen(path) + 1);
	add_bytes(digest, &stamp.size, sizeof(stamp.size));
	add_bytes(digest, &stamp.mtime_ns, sizeof(stamp.mtime_ns));
	add_bytes(digest, &stamp.ctime_ns, sizeof(stamp.ctime_ns));
	add_bytes(digest, &stamp.inode, sizeof(stamp.inode));
}

static int visit_file(void *context, int parent, const char *name, const char *path)
{
	add_file(context, parent, name, path);
	return 0;
}

/* A grant is a folder or a file anywhere. */
static void add_grant(struct digest *digest, const char *path)
{
	const char *slash = strrchr(path, '/');
	_free_ char *parent = slash ? xstrndup(path, (size_t)(slash - path) + 1) : NULL;
	_fd_ int dir = -1;

	add_bytes(digest, path, strlen(path) + 1);
	if (!directory_open(path, &dir, NULL))
		tree_walk(dir, NULL, visit_file, digest, NULL);
	else if (parent && slash[1] && !directory_open(parent, &dir, NULL))
		add_file(digest, dir, slash + 1, slash + 1);
}

static int digest_inputs(const struct workspace *workspace, const char *agent,
			 const char *const *skip, bool with_bulletin, char out[17],
			 struct error *error)
{
	const struct grant *grant = settings_grant(workspace->settings, agent);
	struct digest digest = { HASH_BEGIN };
	uint64_t board = 0;
	_fd_ int dir = -1;
	int result = workspace_agent_open(workspace, agent, &dir, error);

	if (!result)
		result = tree_walk(dir, skip, visit_file, &digest, error);
	if (result)
		return result;
	for (size_t i = 0; grant && i < grant->read_count; i++)
		add_grant(&digest, grant->read[i]);
	if (with_bulletin)
		board = workspace_bulletin(workspace);
	add_bytes(&digest, &board, sizeof(board));
	add_file(&digest, workspace->dir, "agentd.yaml", "agentd.yaml");
	snprintf(out, 17, "%016llx", (unsigned long long)digest.state);
	return 0;
}

int workspace_inputs(const struct workspace *workspace, const char *agent, char out[17],
		     struct error *error)
{
	return digest_inputs(workspace, agent, not_inputs, true, out, error);
}

int workspace_inputs_given(const struct workspace *workspace, const char *agent, char out[17],
			   struct error *error)
{
	return digest_inputs(workspace, agent, not_given, false, out, error);
}
