#include "branch.h"
#include "identity.h"
#include "lock.h"
#include "snapshot.h"

#include "base/failpoint.h"

/* The tree of `parent` with the changes, by way of an index in memory: that knows what to do where
 * a folder takes the place of a file, and writes only the trees that differ. */
static int tree_make(git_repository *repository, git_commit *parent, const struct change *changes,
		     size_t count, git_oid *ret_id)
{
	CLEANUP(git_index_free) git_index *index = NULL;
	CLEANUP(git_tree_free) git_tree *tree = NULL;
	int result = git_index_new(&index);

	if (!result && parent)
		result = git_commit_tree(&tree, parent);
	if (!result && tree)
		result = git_index_read_tree(index, tree);
	for (size_t i = 0; !result && i < count; i++)
		if (changes[i].gone)
			git_index_remove(index, changes[i].path, 0);
	for (size_t i = 0; !result && i < count; i++) {
		git_index_entry entry = { .mode = changes[i].mode,
					  .id = changes[i].id,
					  .path = changes[i].path };

		if (!changes[i].gone)
			result = git_index_add(index, &entry);
	}
	return result ? result : git_index_write_tree_to(ret_id, index, repository);
}

int commit_make(struct history *h, const git_oid *parent, const struct change *changes,
		size_t count, const struct history_author *author, const char *message,
		git_oid *ret_id, struct error *error)
{
	CLEANUP(git_commit_free) git_commit *above = NULL;
	CLEANUP(git_tree_free) git_tree *tree = NULL;
	CLEANUP(git_signature_free) git_signature *signature = NULL;
	const git_commit *parents[1];
	git_oid tree_id;
	int result = identity_sign(author, &signature, error);

	if (result)
		return result;
	if (parent)
		result = git_commit_lookup(&above, h->repository, parent);
	if (!result)
		result = tree_make(h->repository, above, changes, count, &tree_id);
	if (!result)
		result = git_tree_lookup(&tree, h->repository, &tree_id);
	parents[0] = above;
	if (!result)
		result = git_commit_create(ret_id, h->repository, NULL, signature, signature, NULL,
					   message, tree, parent ? 1 : 0, parents);
	if (result)
		return git_refuse(error, result, "making a commit in %s", h->path);
	return objects_sync(h, ret_id, tree, changes, count, error);
}

int commit_publish(struct history *h, const struct snapshot *s, const git_oid *commit,
		   const struct change *changes, size_t count, const struct changes *refreshed,
		   const struct history_author *author, struct error *error)
{
	CLEANUP(index_lock_drop) struct index_lock lock = { NULL };
	int result = index_lock_take(h, &lock, error), failed;

	if (result)
		return result;
	if (!snapshot_holds(h, s))
		return error_set(error, ERROR_CONFLICT, "%s: HEAD or index changed meanwhile",
				 h->path);
	failed = FAILPOINT("history.ref");
	if (failed)
		return error_set_system(error, failed, "moving %s of %s", s->branch, h->path);
	result = branch_move(h, s, commit, author, error);
	return result ? result : index_write(h, s, changes, count, refreshed, error);
}
