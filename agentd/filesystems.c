#include "filesystems.h"

#include "log.h"

#include "base/filesystem.h"

static int judge(struct daemon *daemon, const char *where, const struct filesystem *fs,
		 struct error *error)
{
	struct filesystem_finding found[FILESYSTEM_FINDINGS];
	size_t count = filesystem_judge(fs, found);

	for (size_t i = 0; i < count; i++) {
		if (found[i].is_refusal)
			return error_set(error, ERROR_UNSUPPORTED, "%s is on %s, which %s; %s",
					 where, fs->name, found[i].what, found[i].mend);
		if (daemon->store)
			log_event(daemon->log, LEVEL_WARNING, "filesystem", NULL, NULL,
				  "%s is on %s, which %s; %s", where, fs->name, found[i].what,
				  found[i].mend);
	}
	return 0;
}

int filesystems_look(struct daemon *daemon, struct error *error)
{
	_fd_ int agents = -1;
	struct filesystem fs;
	int result;

	filesystem_look(daemon->state_dir, "filesystem", &fs);
	result = judge(daemon, STATE_FOLDER, &fs, error);
	if (result || directory_open_beneath(daemon->workspace->dir, "agents", &agents, NULL) ||
	    !filesystem_differs(daemon->state_dir, agents))
		return result;
	filesystem_look_at_kind(agents, &fs);
	return judge(daemon, "agents", &fs, error);
}
