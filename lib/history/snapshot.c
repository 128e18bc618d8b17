#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>

#define LOG_MAX (16 * 1024 * 1024)

void snapshot_clear(struct snapshot *s)
{
	free(s->branch);
	git_tree_free(s->tree);
	git_index_free(s->index);
	*s = (struct snapshot){ 0 };
}

/* Which reference a commit would move, and where it points. */
static int read_head(git_repository *repository, struct snapshot *s)
{
	CLEANUP(git_reference_free) git_reference *head = NULL;
	int result = git_reference_lookup(&head, repository, "HEAD");

	if (result)
		return result;
	if (git_reference_type(head) == GIT_REFERENCE_DIRECT) {
		s->branch = xstrdup("HEAD");
		s->head = *git_reference_target(head);
		return 0;
	}
	s->branch = xstrdup(git_reference_symbolic_target(head));
	result = git_reference_name_to_id(&s->head, repository, s->branch);
	if (result != GIT_ENOTFOUND)
		return result;
	s->unborn = true;
	s->head = (git_oid){ { 0 } };
	return 0;
}

/* Its log outlives a branch only where the branch was not deleted by git. */
static int refuse_lost(struct history *h, const struct snapshot *s, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer log = BUFFER(LOG_MAX);
	_free_ char *path = xasprintf("logs/%s", s->branch);
	struct span line, rest;
	git_oid was;

	if (file_read(h->git, path, &log, NULL, NULL) || log.length < 2 * HISTORY_ID_SIZE)
		return 0;
	line = rest = buffer_span(&log);
	while (span_next_line(&rest, &line))
		;
	if (line.length < 2 * HISTORY_ID_SIZE ||
	    git_oid_fromstrn(&was, line.data + HISTORY_ID_SIZE, HISTORY_ID_SIZE - 1))
		return 0;
	return error_set(error, ERROR_SYSTEM,
			 "%s of %s is lost; its log says where it was: git -C %s update-ref %s "
			 "%.40s",
			 s->branch, h->path, h->path, s->branch, line.data + HISTORY_ID_SIZE);
}

static int read_tree(git_repository *repository, struct snapshot *s)
{
	CLEANUP(git_commit_free) git_commit *commit = NULL;
	int result = git_commit_lookup(&commit, repository, &s->head);

	return result ? result : git_commit_tree(&s->tree, commit);
}

/* "unsupported mandatory extension: 'link'". Behind a write that was torn there is no name. */
static bool is_unknown_feature(const char *message)
{
	const char *name = strstr(message, "extension: '");

	if (!strstr(message, "unsupported"))
		return false;
	return !name || strspn(name + strlen("extension: '"),
			       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == 4;
}

/* Is the index so broken that nothing is left to respect in it? One with features that libgit2 does
 * not know (a split or sparse one) is whole. */
static bool is_rubbish(const struct history *h)
{
	const git_error *last = git_error_last();
	CLEANUP(buffer_clear) struct buffer head = BUFFER(64 * 1024 * 1024);

	if (last && last->message && is_unknown_feature(last->message))
		return false;
	return !file_read(h->git, "index", &head, NULL, NULL);
}

static int read_index(struct history *h, struct snapshot *s, struct error *error)
{
	_free_ char *path = xasprintf("%s/.git/index", h->path);
	struct stat st;
	int result;

	if (!fstatat(h->git, "index", &st, AT_SYMLINK_NOFOLLOW))
		file_stamp_of(&st, &s->index_stamp);
	else
		s->index_lost = true;
	result = git_index_open(&s->index, path);
	if (result && !s->index_lost && !is_rubbish(h))
		return git_refuse(error, result, "reading %s", path);
	if (result) {
		s->index_lost = true;
		result = git_index_new(&s->index);
	}
	if (!result && s->index_lost && s->tree)
		result = git_index_read_tree(s->index, s->tree);
	if (result)
		return git_refuse(error, result, "making %s again", path);
	if (git_index_has_conflicts(s->index))
		return error_set(error, ERROR_BUSY,
				 "%s has conflicts that nobody has resolved: git status names them",
				 h->path);
	return 0;
}

int snapshot_take(struct history *h, struct snapshot *ret_snapshot, struct error *error)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	int result = read_head(h->repository, &s);

	if (!result && !s.unborn)
		result = read_tree(h->repository, &s);
	if (result)
		return git_refuse(error, result, "reading HEAD of %s", h->path);
	result = s.unborn ? refuse_lost(h, &s, error) : 0;
	if (!result)
		result = read_index(h, &s, error);
	if (result)
		return result;
	*ret_snapshot = s;
	s = (struct snapshot){ 0 };
	return 0;
}

bool snapshot_holds(struct history *h, const struct snapshot *s)
{
	CLEANUP(snapshot_clear) struct snapshot now = { 0 };
	struct file_stamp stamp = { 0 };
	struct stat st;

	if (read_head(h->repository, &now) || strcmp(now.branch, s->branch) ||
	    now.unborn != s->unborn || !git_oid_equal(&now.head, &s->head))
		return false;
	if (!fstatat(h->git, "index", &st, AT_SYMLINK_NOFOLLOW))
		file_stamp_of(&st, &stamp);
	return file_stamp_equal(&stamp, &s->index_stamp);
}

bool snapshot_blob(const struct snapshot *s, const char *path, git_oid *ret_id, uint32_t *ret_mode)
{
	git_tree_entry *entry = NULL;
	bool found;

	if (!s->tree || git_tree_entry_bypath(&entry, s->tree, path))
		return false;
	found = git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
	*ret_id = *git_tree_entry_id(entry);
	if (ret_mode)
		*ret_mode = git_tree_entry_filemode(entry);
	git_tree_entry_free(entry);
	return found;
}

int changes_add(struct changes *changes, const char *path, struct change **ret_change,
		struct error *error)
{
	struct change *change;

	if (array_grow((void **)&changes->items, changes->count, &changes->capacity,
		       sizeof(*changes->items), ENTRIES_MAX))
		return error_set(error, ERROR_TOO_LARGE,
				 "more than %d files differ: name in .gitignore what is no text",
				 ENTRIES_MAX);
	change = &changes->items[changes->count++];
	*change = (struct change){ 0 };
	memcpy(change->path, path, strlen(path) + 1);
	*ret_change = change;
	return 0;
}

void changes_clear(struct changes *changes)
{
	free(changes->items);
	*changes = (struct changes){ 0 };
}

void file_of_change(const struct change *change, struct history_file *ret_file)
{
	*ret_file = (struct history_file){ .gone = change->gone };
	memcpy(ret_file->path, change->path, sizeof(ret_file->path));
	file_stamp_of(&change->st, &ret_file->stamp);
	git_oid_tostr(ret_file->blob, sizeof(ret_file->blob), &change->id);
}
