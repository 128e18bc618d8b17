#include "historian.h"
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Everything is gathered in a folder beside FILE, then packed by tar(1). */
struct backing {
	struct workspace *workspace;
	struct historian historian;
	int folder;
	struct error *error;
	unsigned bundles, left_out;
};

static int bundle(struct backing *backing, const char *repository, const char *name)
{
	_free_ char *file = xasprintf("%s.bundle", name);
	json_t *answer;
	int result = historian_ask(&backing->historian, "bundle",
				   json_pack("{s:s,s:s}", "repository", repository, "file", file),
				   &answer, backing->error);

	if (result == -(int)ERROR_NOT_FOUND) {
		fprintf(stderr,
			"agentctl: %s has no commit yet and is not in the backup; agentd makes the "
			"first one\n",
			repository);
		backing->left_out++;
		return 0;
	}
	if (result)
		return error_prefix(backing->error, "%s: ", repository);
	json_decref(answer);
	backing->bundles++;
	return 0;
}

static int bundle_agent(void *context, const char *name)
{
	struct backing *backing = context;
	_free_ char *repository = xasprintf("agents/%s", name);
	_free_ char *file = xasprintf("agent-%s", name);

	return bundle(backing, repository, file);
}

static int save_state(const struct backing *backing)
{
	CLEANUP(store_close) struct store *store = NULL;
	_free_ char *to = xasprintf("/proc/self/fd/%d/state.db", backing->folder);
	int result = place_store(backing->workspace, &store, backing->error);

	return result || !store ? result : store_backup(store, to, backing->error);
}

static int pack(const char *folder, const char *file, struct error *error)
{
	const char *argv[] = {
		"tar", "--create", "--file", file, "--directory", folder, ".", NULL
	};
	const char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	struct process_plan plan = {
		.path = "/bin/tar",
		.argv = argv,
		.environment = environment,
		.directory = -1,
		.fds = { { 2, 2 } },
		.fd_count = 1,
	};
	struct process process;
	struct process_end end;
	char text[64];
	int result = process_spawn(&plan, &process, error);

	if (!result)
		result = process_reap(&process, true, &end, error);
	if (result || (!end.signalled && !end.code))
		return result;
	return error_set(error, ERROR_SYSTEM, "tar: %s",
			 process_end_print(&end, text, sizeof(text)));
}

static int remove_entry(void *context, const char *name, unsigned char type)
{
	(void)type;
	return unlinkat(*(int *)context, name, 0);
}

static int gather(struct backing *backing)
{
	int result = historian_start(backing->workspace->dir, backing->workspace->path,
				     backing->folder, backing->workspace->settings->sandbox_off,
				     &backing->historian, backing->error);

	if (!result)
		result = bundle(backing, ".", "workspace");
	if (!result)
		result = workspace_agents(backing->workspace, bundle_agent, backing,
					  backing->error);
	if (!result)
		result = save_state(backing);
	historian_stop(&backing->historian);
	return result;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	const char *file = invocation->operands[0];
	_free_ char *folder = xasprintf("%s.XXXXXX", file), *absolute = NULL;
	struct error error;
	struct backing backing = { .folder = -1, .error = &error };
	char here[4096];
	int result = place_open(invocation, &workspace, NULL, &error);

	backing.workspace = workspace;
	if (!result && !access(file, F_OK))
		result = error_set(&error, ERROR_EXISTS, "%s exists already", file);
	if (!result && !mkdtemp(folder))
		result = error_set_system(&error, errno, "making a folder beside %s", file);
	if (result)
		return fail(&error);
	absolute = *file == '/' ? xstrdup(file)
				: xasprintf("%s/%s", getcwd(here, sizeof(here)), file);
	result = directory_open(folder, &backing.folder, &error);
	if (!result)
		result = gather(&backing);
	if (!result) {
		_free_ char *inside = *folder == '/' ? xstrdup(folder)
						     : xasprintf("%s/%s", here, folder);

		result = pack(inside, absolute, &error);
	}
	if (backing.folder >= 0)
		directory_walk(backing.folder, 100000, remove_entry, &backing.folder, NULL);
	fd_close(&backing.folder);
	rmdir(folder);
	if (result)
		return fail(&error);
	printf("%s holds %u repositories as git bundles (`git clone BUNDLE DIR` reads one) and the\n"
	       "daemon's state. work/ folders are not in it.\n",
	       file, backing.bundles);
	return backing.left_out ? STATUS_FAILED : STATUS_DONE;
}

const struct command command_backup = {
	.name = "backup",
	.operands = "FILE",
	.text = "bundle all repositories and the workspace into one tar file",
	.least = 1,
	.most = 1,
	.run = run,
};
