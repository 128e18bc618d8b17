#include "constitution.h"

#include "agent/agent.h"
#include "base/file.h"

#define FOLDER "last-good"

static char *path_of(const char *agent)
{
	return xasprintf(FOLDER "/%s-CONSTITUTION.md", agent);
}

char *constitution_recall(const struct daemon *daemon, const char *agent)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(AGENT_FILE_MAX);
	_free_ char *path = path_of(agent);

	if (file_read(daemon->state_dir, path, &text, NULL, NULL))
		return NULL;
	return buffer_steal(&text);
}

void constitution_keep(const struct daemon *daemon, const char *agent, const char *text)
{
	_free_ char *known = constitution_recall(daemon, agent), *path = path_of(agent);
	_free_ char *scratch = xasprintf("%s.new", path);
	_fd_ int fd = -1;

	if ((known && !strcmp(known, text)) ||
	    directory_make(daemon->state_dir, FOLDER, 0700, NULL) ||
	    file_create(daemon->state_dir, scratch, 0600, &fd, NULL) ||
	    fd_write_all(fd, span_of(text), NULL))
		return;
	file_rename(daemon->state_dir, scratch, path, NULL);
}

void constitution_forget(const struct daemon *daemon, const char *agent)
{
	_free_ char *path = path_of(agent);

	file_unlink(daemon->state_dir, path, NULL);
}
