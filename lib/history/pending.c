#include "pending.h"

#include "base/failpoint.h"
#include "leftovers.h"
#include "lock.h"
#include "text.h"

#include <stdio.h>

#define NOTE "agentd-pending"
#define ATTEMPTS 8

static const char *const kinds[] = {
	[PENDING_EDITS] = "edits",
	[PENDING_WRITE] = "write",
	[PENDING_MERGE] = "merge",
};

int pending_set(struct history *h, enum pending_kind kind, const git_oid *commit,
		struct error *error)
{
	char line[64], hex[HISTORY_ID_SIZE];
	_fd_ int fd = -1;
	int failed = FAILPOINT("history.note"), result;

	if (failed)
		return error_set_system(error, failed, "writing %s/.git/" NOTE, h->path);
	git_oid_tostr(hex, sizeof(hex), commit);
	snprintf(line, sizeof(line), "%s %s\n", kinds[kind], hex);
	result = file_create(h->git, NOTE, 0644, &fd, error);
	if (!result)
		result = fd_write_all(fd, span_of(line), error);
	/* Syncing a new file makes its name durable too on ext4, XFS and btrfs. */
	return result ? result : fd_sync(fd, error);
}

void pending_drop(struct history *h)
{
	if (!FAILPOINT("history.done"))
		file_unlink(h->git, NOTE, NULL);
}

static bool note_read(struct history *h, enum pending_kind *ret_kind, git_oid *ret_commit)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(64);
	const char *hex;

	if (file_read(h->git, NOTE, &line, NULL, NULL) || line.length != 5 + 1 + 40 + 1)
		return false;
	hex = line.data + 6;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strncmp(line.data, kinds[i], 5) || git_oid_fromstrn(ret_commit, hex, 40))
			continue;
		*ret_kind = (enum pending_kind)i;
		return true;
	}
	return false;
}

/* A file that a commit changed, and what it was before. */
struct delta {
	bool is_new;
	git_oid old;
};

struct deltas {
	struct changes changes;
	struct delta *items; /* one for each change */
};

static void deltas_clear(struct deltas *deltas)
{
	changes_clear(&deltas->changes);
	free(deltas->items);
}
CLEANUP_DEFINE_VALUE(struct deltas, deltas_clear)

static int deltas_of_diff(git_diff *diff, struct deltas *deltas)
{
	size_t count = git_diff_num_deltas(diff);
	struct change *change;

	deltas->items = xcalloc(count + 1, sizeof(*deltas->items));
	for (size_t i = 0; i < count; i++) {
		const git_diff_delta *d = git_diff_get_delta(diff, i);

		if (strlen(d->new_file.path) >= PATH_SIZE ||
		    changes_add(&deltas->changes, d->new_file.path, &change, NULL))
			continue;
		change->gone = d->status == GIT_DELTA_DELETED;
		change->id = d->new_file.id;
		change->mode = d->new_file.mode;
		deltas->items[deltas->changes.count - 1] =
			(struct delta){ d->status == GIT_DELTA_ADDED, d->old_file.id };
	}
	return 0;
}

/* What `commit` changed against its first parent. */
static int deltas_read(struct history *h, git_commit *commit, struct deltas *deltas)
{
	CLEANUP(git_commit_free) git_commit *parent = NULL;
	CLEANUP(git_tree_free) git_tree *before = NULL;
	CLEANUP(git_tree_free) git_tree *after = NULL;
	CLEANUP(git_diff_free) git_diff *diff = NULL;
	int result = git_commit_tree(&after, commit);

	if (!result && git_commit_parentcount(commit))
		result = git_commit_parent(&parent, commit, 0);
	if (!result && parent)
		result = git_commit_tree(&before, parent);
	if (!result)
		result = git_diff_tree_to_tree(&diff, h->repository, before, after, NULL);
	return result ? result : deltas_of_diff(diff, deltas);
}

/* What the work tree has at the change's path; fills the stat data when it is the change's blob. */
static int look(struct history *h, struct change *change, struct buffer *bytes, git_oid *ret_id)
{
	struct stat st;
	int result = file_read(h->dir, change->path, bytes, &st, NULL);

	if (!result)
		result = git_odb_hash(ret_id, bytes->data ? bytes->data : "", bytes->length,
				      GIT_OBJECT_BLOB);
	change->st = (struct stat){ 0 };
	if (!result && git_oid_equal(ret_id, &change->id))
		change->st = st;
	return result;
}

/* Puts a merge on disk. Where the person has saved once more, it is left to the next look at the
 * work tree, which finds that save to be based on the one before the merge. */
static int land(struct history *h, struct change *change, const struct delta *delta,
		struct error *error)
{
	CLEANUP(buffer_clear) struct buffer disk = BUFFER(HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer merged = BUFFER(HISTORY_FILE_MAX);
	struct span saved;
	git_oid id;
	int result;

	if (look(h, change, &disk, &id) || !git_oid_equal(&id, &delta->old))
		return 0;
	result = blob_read(h, &change->id, &merged, error);
	if (result)
		return result;
	saved = disk.length ? buffer_span(&disk) : SPAN("");
	result = file_replace_if(h->dir, change->path, saved, buffer_span(&merged), 0644, error);
	if (result && result != -ERROR_CONFLICT)
		return result;
	buffer_reset(&disk);
	look(h, change, &disk, &id);
	return 0;
}

/* Did the agent's bytes get on disk? Where a person has saved meanwhile: is that nearer to them
 * than to what was there before? */
static bool was_written(struct history *h, struct change *change, const struct delta *delta)
{
	CLEANUP(buffer_clear) struct buffer disk = BUFFER(HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer before = BUFFER(HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer after = BUFFER(HISTORY_FILE_MAX);
	struct distance from_before = { 0 }, from_after = { 0 };
	git_oid id;

	if (change->gone || look(h, change, &disk, &id))
		return false;
	if (git_oid_equal(&id, &change->id))
		return true;
	if ((!delta->is_new && git_oid_equal(&id, &delta->old)) ||
	    blob_read(h, &change->id, &after, NULL) ||
	    (!delta->is_new && blob_read(h, &delta->old, &before, NULL)) ||
	    text_distance(buffer_span(&before), buffer_span(&disk), &from_before) ||
	    text_distance(buffer_span(&after), buffer_span(&disk), &from_after))
		return false;
	return from_after.added + from_after.removed < from_before.added + from_before.removed;
}

/* Before a commit is made: is there something to commit, and is it on disk? */
static int prepare(struct history *h, enum pending_kind kind, const struct snapshot *s,
		   struct deltas *deltas, struct error *error)
{
	int result = 0;

	for (size_t i = 0; !result && i < deltas->changes.count; i++) {
		struct change *change = &deltas->changes.items[i];
		git_oid now;

		if (kind == PENDING_WRITE && !was_written(h, change, &deltas->items[i]))
			return error_set(error, ERROR_CONFLICT, "%s was not written", change->path);
		if (kind != PENDING_MERGE)
			continue;
		if (!snapshot_blob(s, change->path, &now, NULL) ||
		    !git_oid_equal(&now, &deltas->items[i].old))
			return error_set(error, ERROR_CONFLICT, "%s has moved on", change->path);
		result = land(h, change, &deltas->items[i], error);
	}
	return result;
}

static int publish(struct history *h, const struct snapshot *s, git_commit *commit,
		   const struct changes *changes, git_oid *ret_commit, struct error *error)
{
	const git_signature *by = git_commit_author(commit);
	const struct history_author author = { by->name, by->email, by->when.time };
	const git_oid *parent = git_commit_parent_id(commit, 0);
	int result = 0;

	*ret_commit = *git_commit_id(commit);
	if (s->unborn ? parent != NULL : !parent || !git_oid_equal(parent, &s->head))
		result = commit_make(h, s->unborn ? NULL : &s->head, changes->items, changes->count,
				     &author, git_commit_message(commit), ret_commit, error);
	return result ? result
		      : commit_publish(h, s, ret_commit, changes->items, changes->count, NULL,
				       &author, error);
}

static bool reaches(struct history *h, const struct snapshot *s, const git_oid *commit)
{
	return !s->unborn && (git_oid_equal(&s->head, commit) ||
			      git_graph_descendant_of(h->repository, &s->head, commit) == 1);
}

static int complete_once(struct history *h, enum pending_kind kind, git_commit *commit,
			 git_oid *ret_commit, struct deltas *deltas, struct error *error)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	int result = snapshot_take(h, &s, error);

	if (result)
		return result;
	if (reaches(h, &s, git_commit_id(commit))) {
		*ret_commit = s.head;
		return 0;
	}
	result = prepare(h, kind, &s, deltas, error);
	if (result)
		return result == -ERROR_CONFLICT ? 1 : result;
	return publish(h, &s, commit, &deltas->changes, ret_commit, error);
}

int pending_complete(struct history *h, enum pending_kind kind, const git_oid *id,
		     git_oid *ret_commit, struct changes *ret_changes, struct error *error)
{
	CLEANUP(git_commit_free) git_commit *commit = NULL;
	CLEANUP(deltas_clear) struct deltas deltas = { 0 };
	CLEANUP(index_lock_drop) struct index_lock lock = { NULL };
	int result = git_commit_lookup(&commit, h->repository, id), taken = 0;

	if (!result)
		result = deltas_read(h, commit, &deltas);
	if (result == GIT_ENOTFOUND)
		return error_set(error, ERROR_CONFLICT, "the commit that was begun is gone");
	if (result)
		return git_refuse(error, result, "reading the commit that was begun");
	result = -ERROR_CONFLICT;
	for (int i = 0; result == -ERROR_CONFLICT && !taken && i < ATTEMPTS; i++) {
		if (i == RACES_MAX)
			taken = index_lock_take(h, &lock, error);
		if (!taken)
			result = complete_once(h, kind, commit, ret_commit, &deltas, error);
	}
	if (taken)
		return taken;
	if (result == -ERROR_CONFLICT)
		return error_set(error, ERROR_BUSY, "%s: HEAD keeps moving", h->path);
	if (!result && ret_changes) {
		*ret_changes = deltas.changes;
		deltas.changes = (struct changes){ 0 };
	}
	return result == 1 ? -ERROR_CONFLICT : result;
}

/* Does the index still say about a file what it said before HEAD's commit? */
static bool index_lags(const struct snapshot *s, const struct change *change,
		       const struct delta *delta)
{
	const git_index_entry *entry = git_index_get_bypath(s->index, change->path, 0);

	if (!entry)
		return delta->is_new && !change->gone;
	return !delta->is_new && git_oid_equal(&entry->id, &delta->old) &&
	       (change->gone || !git_oid_equal(&entry->id, &change->id) ||
		entry->mode != change->mode);
}

/* The branch was moved and the index was not: after a kill in between. */
static int mend_index(struct history *h, struct error *error)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	CLEANUP(git_commit_free) git_commit *head = NULL;
	CLEANUP(deltas_clear) struct deltas deltas = { 0 };
	size_t lagging = 0;
	int result = snapshot_take(h, &s, error);

	if (result || s.unborn || s.index_lost)
		return result;
	result = git_commit_lookup(&head, h->repository, &s.head);
	if (!result)
		result = deltas_read(h, head, &deltas);
	if (result)
		return git_refuse(error, result, "reading HEAD of %s", h->path);
	for (size_t i = 0; i < deltas.changes.count; i++) {
		CLEANUP(buffer_clear) struct buffer disk = BUFFER(HISTORY_FILE_MAX);
		struct change *change = &deltas.changes.items[i];
		git_oid id;

		if (!index_lags(&s, change, &deltas.items[i]))
			continue;
		look(h, change, &disk, &id);
		deltas.changes.items[lagging++] = *change;
	}
	return lagging ? index_mend(h, &s, deltas.changes.items, lagging, NULL, error) : 0;
}

static int settle_leftovers(struct history *h, const git_oid *id, struct error *error)
{
	CLEANUP(git_commit_free) git_commit *commit = NULL;
	CLEANUP(deltas_clear) struct deltas deltas = { 0 };
	int result = 0;

	if (git_commit_lookup(&commit, h->repository, id) || deltas_read(h, commit, &deltas))
		return 0;
	for (size_t i = 0; !result && i < deltas.changes.count; i++)
		if (!deltas.changes.items[i].gone)
			result = leftovers_settle(h, deltas.changes.items[i].path,
						  deltas.items[i].is_new ? NULL
									 : &deltas.items[i].old,
						  &deltas.changes.items[i].id, error);
	return result;
}

int pending_finish(struct history *h, struct error *error)
{
	enum pending_kind kind;
	git_oid commit, made;
	struct stat st;
	int result = 0;

	if (file_stat(h->git, NOTE, &st, NULL))
		return 0;
	index_draft_remove(h);
	if (note_read(h, &kind, &commit)) {
		if (kind != PENDING_EDITS)
			result = settle_leftovers(h, &commit, error);
		if (!result)
			result = mend_index(h, error);
		if (!result && kind != PENDING_EDITS)
			result = pending_complete(h, kind, &commit, &made, NULL, error);
	}
	if (result && result != -ERROR_CONFLICT)
		return result;
	pending_drop(h);
	return 0;
}
