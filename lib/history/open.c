#include "branch.h"
#include "lock.h"
#include "making.h"
#include "pending.h"
#include "reboot.h"
#include "repository.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int check_owner(const struct history *h, const struct stat *st, const char *what,
		       struct error *error)
{
	if (st->st_uid == geteuid())
		return 0;
	return error_set(error, ERROR_DENIED,
			 "%s%s belongs to another user (uid %u, we are %u): chown -R %u '%s'",
			 h->path, what, (unsigned)st->st_uid, (unsigned)geteuid(),
			 (unsigned)geteuid(), h->path);
}

static int check_git_folder(const struct history *h, const struct stat *st, struct error *error)
{
	if (S_ISLNK(st->st_mode))
		return error_set(
			error, ERROR_DENIED,
			"%s/.git is a symbolic link: history is kept only in a folder of the "
			"agent's own",
			h->path);
	if (!S_ISDIR(st->st_mode))
		return error_set(
			error, ERROR_DENIED,
			"%s/.git points to a repository elsewhere (a work tree or submodule): "
			"history is kept only in a folder of the agent's own",
			h->path);
	return check_owner(h, st, "/.git", error);
}

static int open_folder(struct history *h, struct error *error)
{
	struct stat st;
	int result = directory_open(h->path, &h->dir, error);

	if (result)
		return result;
	if (fstat(h->dir, &st))
		return error_set_system(error, errno, "looking at %s", h->path);
	h->dir_device = st.st_dev;
	h->dir_inode = st.st_ino;
	return check_owner(h, &st, "", error);
}

/* Settings of the repository itself may name another work tree; such a one is not this folder's. */
static int check_place(const struct history *h, struct error *error)
{
	const char *tree = git_repository_workdir(h->repository);
	struct stat st;

	if (!tree || stat(tree, &st) || st.st_ino != h->dir_inode || st.st_dev != h->dir_device)
		return error_set(
			error, ERROR_DENIED,
			"%s/.git is not the repository of this folder: look at core.worktree "
			"and core.bare in %s/.git/config",
			h->path, h->path);
	if (strcmp(git_repository_path(h->repository), git_repository_commondir(h->repository)))
		return error_set(error, ERROR_DENIED, "%s/.git shares another repository", h->path);
	return 0;
}

static int open_repository(struct history *h, struct error *error)
{
	_free_ char *place = xasprintf("%s/.git", h->path);
	int result = git_repository_open_ext(
		&h->repository, place,
		GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT, NULL);

	if (result == -1 && git_error_last() && git_error_last()->klass == GIT_ERROR_REPOSITORY)
		return error_set(error, ERROR_UNSUPPORTED, "%s: %s", place,
				 git_error_last()->message);
	if (result)
		return git_refuse(error, result, "opening %s", place);
	return check_place(h, error);
}

static int open_git(struct history *h, bool create, struct error *error)
{
	struct stat st;
	bool there = !fstatat(h->dir, ".git", &st, AT_SYMLINK_NOFOLLOW), whole;
	int result = there ? check_git_folder(h, &st, error) : 0;

	if (!result && there)
		result = directory_open_beneath(h->dir, ".git", &h->git, error);
	if (!result && there)
		result = history_refuse_links(h, error);
	if (result)
		return result;
	whole = there && making_is_done(h);
	if (!whole && !create)
		return error_set(error, ERROR_NOT_FOUND, "%s has no git repository", h->path);
	if (!whole)
		result = making_do(h, error);
	if (!result && !there)
		result = directory_open_beneath(h->dir, ".git", &h->git, error);
	if (!result && !whole)
		result = making_sync(h, error);
	if (!result && fstat(h->git, &st))
		result = error_set_system(error, errno, "looking at %s/.git", h->path);
	h->git_device = st.st_dev;
	h->git_inode = st.st_ino;
	return result ? result : open_repository(h, error);
}

static void close_all(struct history *h)
{
	git_repository_free(h->repository);
	h->repository = NULL;
	h->knows_boot = false;
	fd_close(&h->git);
	fd_close(&h->dir);
}

static int open_all(struct history *h, bool create, struct error *error)
{
	int result = open_folder(h, error);

	if (!result)
		result = open_git(h, create, error);
	if (result)
		close_all(h);
	return result;
}

int history_open(const char *path, bool create, struct history **ret_history, struct error *error)
{
	CLEANUP(history_free) struct history *h = xcalloc(1, sizeof(*h));
	int result;

	h->dir = h->git = h->lock_fd = -1;
	if (path[0] != '/')
		return error_set(error, ERROR_INVALID, "%s is not an absolute path", path);
	h->path = xstrdup(path);
	for (size_t n = strlen(path); n > 1 && h->path[n - 1] == '/'; n--)
		h->path[n - 1] = '\0';
	result = open_all(h, create, error);
	if (result)
		return result;
	*ret_history = steal_pointer(&h);
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	close_all(h);
	free(h->path);
	free(h);
}

const char *history_name(const struct history *h)
{
	const char *slash = strrchr(h->path, '/');

	return slash ? slash + 1 : h->path;
}

static bool is_same(const struct history *h)
{
	struct stat dir, git;

	return h->repository && !stat(h->path, &dir) && dir.st_ino == h->dir_inode &&
	       dir.st_dev == h->dir_device && dir.st_uid == geteuid() &&
	       !fstatat(h->dir, ".git", &git, AT_SYMLINK_NOFOLLOW) && git.st_ino == h->git_inode &&
	       git.st_dev == h->git_device && git.st_uid == geteuid();
}

int history_refresh(struct history *h, struct error *error)
{
	if (is_same(h))
		return 0;
	close_all(h);
	return open_all(h, false, error);
}

/* What git calls each unfinished work, and the two ways out of it. */
static const char *const unfinished[] = {
	[GIT_REPOSITORY_STATE_MERGE] = "merge",
	[GIT_REPOSITORY_STATE_REVERT] = "revert",
	[GIT_REPOSITORY_STATE_REVERT_SEQUENCE] = "revert",
	[GIT_REPOSITORY_STATE_CHERRYPICK] = "cherry-pick",
	[GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE] = "cherry-pick",
	[GIT_REPOSITORY_STATE_BISECT] = "bisect",
	[GIT_REPOSITORY_STATE_REBASE] = "rebase",
	[GIT_REPOSITORY_STATE_REBASE_INTERACTIVE] = "rebase",
	[GIT_REPOSITORY_STATE_REBASE_MERGE] = "rebase",
	[GIT_REPOSITORY_STATE_APPLY_MAILBOX] = "am",
	[GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE] = "rebase",
};

static int check_state(struct history *h, struct error *error)
{
	int state = git_repository_state(h->repository);
	const char *what = state > 0 && state < (int)ARRAY_LENGTH(unfinished) ? unfinished[state]
									      : NULL;

	if (state == GIT_REPOSITORY_STATE_NONE)
		return 0;
	if (!what)
		return error_set(error, ERROR_BUSY, "%s is in the middle of a git command",
				 h->path);
	if (state == GIT_REPOSITORY_STATE_BISECT)
		return error_set(error, ERROR_BUSY,
				 "%s is in the middle of a bisect: end it with git bisect reset",
				 h->path);
	return error_set(error, ERROR_BUSY,
			 "%s is in the middle of a %s: end it with git %s --continue or --abort",
			 h->path, what, what);
}

int history_begin(struct history *h, struct error *error)
{
	int result = history_refresh(h, error);
	bool rebooted;

	if (!result)
		result = history_refuse_links(h, error);
	if (!result)
		result = check_state(h, error);
	if (result)
		return result;
	index_lock_remove_stale(h); /* nobody else's git gets past it either */
	rebooted = !h->knows_boot && reboot_happened(h);
	if (rebooted)
		result = reboot_clear(h, error);
	if (!result)
		result = pending_finish(h, error);
	if (!result && rebooted)
		result = reboot_settle(h, error);
	else if (!result)
		h->knows_boot = true;
	return result;
}
