#include "branch.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "identity.h"
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int git_sync(struct history *h, const char *path, struct error *error)
{
	_fd_ int fd = openat(h->git, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return 0; /* an object may be in a pack already */
	if (fd < 0)
		return error_set_system(error, errno, "opening %s/.git/%s", h->path, path);
	return fd_sync(fd, error);
}

static int object_sync(struct history *h, const git_oid *id, struct error *error)
{
	char hex[HISTORY_ID_SIZE], path[64];

	git_oid_tostr(hex, sizeof(hex), id);
	snprintf(path, sizeof(path), "objects/%.2s/%s", hex, hex + 2);
	return git_sync(h, path, error);
}

/* The trees on the way to `path`. Files come sorted, so that a folder is met once in a row. */
static int trees_sync(struct history *h, git_tree *tree, const char *path, const char *before,
		      struct error *error)
{
	int result = 0;

	for (const char *slash = strchr(path, '/'); !result && slash;
	     slash = strchr(slash + 1, '/')) {
		_free_ char *folder = xstrndup(path, (size_t)(slash - path));
		git_tree_entry *entry = NULL;

		if (!strncmp(path, before, (size_t)(slash - path) + 1) ||
		    git_tree_entry_bypath(&entry, tree, folder))
			continue;
		result = object_sync(h, git_tree_entry_id(entry), error);
		git_tree_entry_free(entry);
	}
	return result;
}

int objects_sync(struct history *h, const git_oid *commit, git_tree *tree,
		 const struct change *changes, size_t count, struct error *error)
{
	int failed = FAILPOINT("history.sync"), result = 0;

	if (failed)
		return error_set_system(error, failed, "syncing objects of %s", h->path);
	for (size_t i = 0; !result && i < count; i++) {
		if (!changes[i].gone)
			result = object_sync(h, &changes[i].id, error);
		if (!result)
			result = trees_sync(h, tree, changes[i].path, i ? changes[i - 1].path : "",
					    error);
	}
	if (!result)
		result = object_sync(h, git_tree_id(tree), error);
	return result ? result : object_sync(h, commit, error);
}

/* A reference that is being written: its folder, its name in there, its lock file. */
struct reference {
	int folder;
	const char *name;
	char *lock; /* NULL: not held */
};

static void reference_clear(struct reference *r)
{
	if (r->lock)
		unlinkat(r->folder, r->lock, 0);
	fd_close(&r->folder);
	free(r->lock);
}
CLEANUP_DEFINE_VALUE(struct reference, reference_clear)

static int reference_open_folder(struct history *h, const char *branch, struct reference *r,
				 struct error *error)
{
	const char *slash = strrchr(branch, '/');
	_free_ char *folder = slash ? xstrndup(branch, (size_t)(slash - branch)) : xstrdup(".");
	int result = slash ? directory_make(h->git, folder, 0755, error) : 0;

	r->name = slash ? slash + 1 : branch;
	return result ? result : directory_open_beneath(h->git, folder, &r->folder, error);
}

/* The new value, synced, and its inode in index.lock: should we die, it is known whose it was. */
static int draft_write(struct history *h, const git_oid *id, struct error *error)
{
	char line[HISTORY_ID_SIZE + 1];
	_fd_ int fd = -1;
	struct stat st;
	int result = file_create(h->git, REFERENCE_DRAFT, 0644, &fd, error);

	git_oid_tostr(line, HISTORY_ID_SIZE, id);
	memcpy(line + HISTORY_ID_SIZE - 1, "\n", 2);
	if (!result)
		result = fd_write_all(fd, span_of(line), error);
	if (!result)
		result = fd_sync(fd, error);
	if (!result && (fstat(fd, &st) || index_lock_name(h, st.st_ino)))
		result = error_set_system(error, errno, "locking %s", h->path);
	return result;
}

/* gitrepository-layout(5), refs: who creates NAME.lock may replace NAME. */
static int reference_lock(struct history *h, const char *branch, struct reference *r,
			  struct error *error)
{
	_free_ char *lock = xasprintf("%s.lock", r->name);
	struct backoff backoff = BACKOFF;
	int failed;

	do {
		failed = FAILPOINT("history.reflock");
		if (!failed &&
		    renameat2(h->git, REFERENCE_DRAFT, r->folder, lock, RENAME_NOREPLACE))
			failed = errno;
	} while (failed == EEXIST &&
		 (lock_remove_stale(h, r->folder, lock) || backoff_wait(&backoff)));
	if (failed == EEXIST)
		return error_set(error, ERROR_BUSY,
				 "%s/.git/%s.lock is held by another git; it is tried again (if no "
				 "git is running, remove that file)",
				 h->path, branch);
	if (failed)
		return error_set_system(error, failed, "locking %s of %s", branch, h->path);
	r->lock = steal_pointer(&lock);
	return 0;
}

static bool is_where_it_was(struct history *h, const struct snapshot *s)
{
	git_oid now;
	int result = git_reference_name_to_id(&now, h->repository, s->branch);

	return s->unborn ? result == GIT_ENOTFOUND : !result && git_oid_equal(&now, &s->head);
}

static int reference_replace(struct history *h, struct reference *r, struct error *error)
{
	int failed = FAILPOINT("history.refname");

	if (!failed && renameat(r->folder, r->lock, r->folder, r->name))
		failed = errno;
	if (failed)
		return error_set_system(error, failed, "moving %s of %s", r->name, h->path);
	free(r->lock);
	r->lock = NULL;
	return fd_sync(r->folder, error);
}

/* Only where git would keep one (core.logAllRefUpdates), and never a reason to fail: the branch has
 * moved. */
static void reflog_append(struct history *h, const char *name, const char *line)
{
	CLEANUP(git_config_free) git_config *config = NULL;
	_free_ char *path = xasprintf("logs/%s", name);
	char *slash = strrchr(path, '/');
	struct stat st;
	_fd_ int fd = -1;
	int wanted = 1;

	if (!git_repository_config_snapshot(&config, h->repository))
		git_config_get_bool(&wanted, config, "core.logallrefupdates");
	if (!wanted && fstatat(h->git, path, &st, AT_SYMLINK_NOFOLLOW))
		return;
	*slash = '\0';
	directory_make(h->git, path, 0755, NULL);
	*slash = '/';
	if (!file_append_open(h->git, path, 0644, &fd, NULL))
		fd_write_all(fd, span_of(line), NULL);
}

static int reflog_line(struct history *h, const struct snapshot *s, const git_oid *commit,
		       const struct history_author *author, char **ret_line, struct error *error)
{
	CLEANUP(git_signature_free) git_signature *who = NULL;
	CLEANUP(git_commit_free) git_commit *made = NULL;
	char old[HISTORY_ID_SIZE], new[HISTORY_ID_SIZE];
	int result = identity_sign(author, &who, error);

	if (result)
		return result;
	result = git_commit_lookup(&made, h->repository, commit);
	if (result)
		return git_refuse(error, result, "reading a new commit");
	*ret_line = xasprintf("%s %s %s <%s> %lld +0000\tcommit%s: %s\n",
			      git_oid_tostr(old, sizeof(old), &s->head),
			      git_oid_tostr(new, sizeof(new), commit), who->name, who->email,
			      (long long)clock_wall_s(), s->unborn ? " (initial)" : "",
			      git_commit_summary(made));
	return 0;
}

int branch_move(struct history *h, const struct snapshot *s, const git_oid *commit,
		const struct history_author *author, struct error *error)
{
	CLEANUP(reference_clear) struct reference r = { .folder = -1 };
	_free_ char *line = NULL;
	int result = reflog_line(h, s, commit, author, &line, error);

	if (!result)
		result = reference_open_folder(h, s->branch, &r, error);
	if (!result)
		result = draft_write(h, commit, error);
	if (!result)
		result = reference_lock(h, s->branch, &r, error);
	if (result)
		return result;
	if (!is_where_it_was(h, s))
		return error_set(error, ERROR_CONFLICT, "%s of %s has moved", s->branch, h->path);
	result = reference_replace(h, &r, error);
	if (result)
		return result;
	reflog_append(h, s->branch, line);
	if (strcmp(s->branch, "HEAD"))
		reflog_append(h, "HEAD", line);
	return 0;
}
