/* What a section that waits for something could have heard of: another one where it happened. */
#include "base/hash.h"
#include "tree.h"
#include "workspace/workspace.h"

#include <stdio.h>

/* What the daemon writes there on the agent's behalf, and what a session writes itself. */
static const char *const not_heard[] = { "work", "MEMORY.md", "memory", NULL };

static void print(uint64_t hash, char out[17])
{
	snprintf(out, 17, "%016llx", (unsigned long long)hash);
}

struct listening {
	struct span prefix;
	uint64_t hash;
};

static void add(struct listening *listening, const void *bytes, size_t size)
{
	listening->hash = hash_span(listening->hash, (struct span){ bytes, size });
}

static int visit(void *context, int parent, const char *name, const char *path)
{
	struct listening *listening = context;
	struct file_stamp stamp = { 0 };
	struct stat st;

	if (!span_starts_with(span_of(path), listening->prefix))
		return 0;
	if (!file_stat(parent, name, &st, NULL))
		file_stamp_of(&st, &stamp);
	add(listening, path, strlen(path) + 1);
	add(listening, &stamp.size, sizeof(stamp.size));
	add(listening, &stamp.mtime_ns, sizeof(stamp.mtime_ns));
	return 0;
}

void workspace_heard_files(const struct workspace *workspace, const char *agent, const char *prefix,
			   char out[17])
{
	struct listening listening = { span_of(prefix), HASH_BEGIN };
	_fd_ int dir = -1;

	out[0] = '\0';
	if (!workspace_agent_open(workspace, agent, &dir, NULL) &&
	    !tree_walk(dir, not_heard, visit, &listening, NULL))
		print(listening.hash, out);
}
