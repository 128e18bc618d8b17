#include "edits.h"

#include "identity.h"
#include "lock.h"
#include "pending.h"
#include "rescue.h"
#include "subject.h"

#include <stdio.h>
#include <time.h>

#define ROUNDS_MAX 64 /* commits of one call, and tries while somebody else moves HEAD */

#define MERGES_MAX 4

#define SAVE_MS 50  /* of a file that was written so lately, more may come */
#define SAVES_MAX 4 /* waits for that in one call; then files are taken as they are */
#define EMPTIED_MAX (SAVES_MAX + FILE_EMPTIED_MS / SAVE_MS)

/* What one call is about. */
struct round {
	struct history *h;
	int64_t at;
	struct snapshot snapshot;
	struct scan scan;
	git_oid commit; /* the last that was made */
	size_t merged;
	unsigned merges; /* commits that brought entries back */
	unsigned races;  /* that somebody else won */
	unsigned saves;  /* waits for one to be complete */
};

/* `git checkout` writes files and index first and moves HEAD last. Files that equal the index and
 * not HEAD may be such a moment, so they get another look. */
static bool is_settled(const struct round *r)
{
	static const struct timespec moment = { 0, 20 * 1000000L };

	for (size_t i = 0; i < r->scan.changes.count; i++) {
		const struct change *change = &r->scan.changes.items[i];
		const git_index_entry *entry = git_index_get_bypath(r->snapshot.index, change->path,
								    0);

		if (change->gone ? entry != NULL
				 : !entry || !git_oid_equal(&entry->id, &change->id))
			continue;
		nanosleep(&moment, NULL);
		return snapshot_holds(r->h, &r->snapshot);
	}
	return true;
}

static int64_t age_ms(const struct change *change)
{
	const struct timespec *written = &change->st.st_ctim;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)(now.tv_sec - written->tv_sec) * 1000 +
	       (now.tv_nsec - written->tv_nsec) / 1000000;
}

/* Who saves in place makes a file empty first, and its text may come in parts. What was seen of it
 * is no edit, and would be the base of the next one. */
static bool is_being_saved(const struct round *r)
{
	for (size_t i = 0; i < r->scan.changes.count; i++) {
		const struct change *change = &r->scan.changes.items[i];
		git_oid in_head;
		bool emptied = !change->st.st_size &&
			       snapshot_blob(&r->snapshot, change->path, &in_head, NULL);
		int64_t ms = age_ms(change);

		if (!change->gone && change->st.st_nlink && ms >= 0 &&
		    (emptied ? ms < FILE_EMPTIED_MS : r->saves < SAVES_MAX && ms < SAVE_MS))
			return true;
	}
	return false;
}

/* Returns whether to look again. The first commit is nobody's base: nothing can be lost by it. */
static bool wait_for_save(struct round *r)
{
	static const struct timespec moment = { 0, SAVE_MS * 1000000L };

	if (r->snapshot.unborn || r->saves == EMPTIED_MAX || !is_being_saved(r))
		return false;
	r->saves++;
	nanosleep(&moment, NULL);
	return true;
}

static void merge_message(const struct rescue *rescues, size_t count, size_t entries,
			  struct buffer *out)
{
	bool one = true;

	for (size_t i = 1; i < count && i < RESCUES_MAX; i++)
		one = one && !strcmp(rescues[i].agent, rescues[0].agent);
	buffer_printf(out, "merge: %zu entr%s of %.40s kept\n\n", entries,
		      entries == 1 ? "y" : "ies", one ? rescues[0].agent : "several agents");
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "%s was saved from a version that lacked %s.\n",
			      rescues[i].merged.path, rescues[i].entries == 1 ? "one" : "them");
}

/* The commit after the person's, on top of it; objects only. */
static int merge_make(struct round *r, const git_oid *persons, const struct rescue *rescues,
		      size_t count, git_oid *ret_id, struct error *error)
{
	const struct history_author daemon = { IDENTITY_DAEMON_NAME, IDENTITY_DAEMON_EMAIL, r->at };
	CLEANUP(buffer_clear) struct buffer message = BUFFER(4096);
	struct change merged[RESCUES_MAX];
	size_t entries = 0;

	for (size_t i = 0; i < count; i++) {
		merged[i] = rescues[i].merged;
		entries += rescues[i].entries;
	}
	merge_message(rescues, count, entries, &message);
	r->merged += entries;
	return commit_make(r->h, persons, merged, count, &daemon, message.data, ret_id, error);
}

/* Editors leave it to the system when a save reaches the disk. After a power cut a file must not be
 * older than what HEAD has of it: that would count as the person's next edit. */
static int files_sync(struct history *h, const struct change *changes, size_t count,
		      struct error *error)
{
	int result = 0;

	for (size_t i = 0; !result && i < count; i++) {
		_fd_ int fd = -1;

		if (!changes[i].gone &&
		    !file_open_beneath(h->dir, changes[i].path, &fd, NULL, NULL))
			result = fd_sync(fd, error);
	}
	return result;
}

/* The person's commit, and the merge behind it where there is one. */
static int commit_round(struct round *r, size_t count, struct error *error)
{
	const struct change *changes = r->scan.changes.items;
	struct identity person;
	struct history_author author = { person.name, person.email, r->at };
	struct rescue rescues[RESCUES_MAX];
	size_t rescue_count, merged_before = r->merged;
	char subject[SUBJECT_MAX + 2];
	git_oid made, merge;
	int result = rescues_find(r->h, &r->snapshot, changes, count, rescues, &rescue_count,
				  error);

	if (result)
		return result;
	identity_of(r->h->repository, &person);
	subject_of_edits(r->h, &r->snapshot, changes, count, subject);
	memcpy(subject + strlen(subject), "\n", 2);
	result = commit_make(r->h, r->snapshot.unborn ? NULL : &r->snapshot.head, changes, count,
			     &author, subject, &made, error);
	if (!result && rescue_count)
		result = merge_make(r, &made, rescues, rescue_count, &merge, error);
	if (!result)
		result = files_sync(r->h, changes, count, error);
	if (!result)
		result = pending_set(r->h, rescue_count ? PENDING_MERGE : PENDING_EDITS,
				     rescue_count ? &merge : &made, error);
	if (!result)
		result = commit_publish(r->h, &r->snapshot, &made, changes, count,
					&r->scan.refreshed, &author, error);
	if (result) {
		r->merged = merged_before;
		return result;
	}
	r->commit = made;
	if (rescue_count)
		result = pending_complete(r->h, PENDING_MERGE, &merge, &r->commit, NULL, error);
	if (rescue_count)
		r->merges++;
	if (!result || result == -ERROR_CONFLICT)
		pending_drop(r->h);
	return result == -ERROR_CONFLICT ? 0 : result;
}

/* Returns 1 when there is nothing left to do and the scan's files stand, 0 to go round again. */
static int go_round(struct round *r, struct error *error)
{
	size_t count;
	int result = snapshot_take(r->h, &r->snapshot, error);

	if (!result)
		result = scan_work_tree(r->h, &r->snapshot, &r->scan, error);
	if (result || wait_for_save(r))
		return result;
	count = r->scan.changes.count;
	if (!count && r->snapshot.index_lost && !r->snapshot.unborn)
		result = index_mend(r->h, &r->snapshot, NULL, 0, &r->scan.refreshed, error);
	else if (count && !is_settled(r))
		result = -ERROR_CONFLICT;
	else if (count)
		result = commit_round(r, count < HISTORY_FILES_MAX ? count : HISTORY_FILES_MAX,
				      error);
	if (result == -ERROR_CONFLICT) {
		r->races++;
		return 0;
	}
	if (result)
		return result;
	if (r->merges == MERGES_MAX)
		return 1; /* somebody saves faster than we look: the next call goes on */
	return !count || (count <= HISTORY_FILES_MAX && !r->merges);
}

int edits_commit(struct history *h, int64_t at, git_oid *ret_commit, size_t *ret_merged,
		 struct history_files *ret_files, struct error *error)
{
	CLEANUP(index_lock_drop) struct index_lock lock = { NULL };
	struct round r = { .h = h, .at = at };
	int result = 0;

	for (int i = 0; !result && i < ROUNDS_MAX; i++) {
		scan_clear(&r.scan);
		snapshot_clear(&r.snapshot);
		if (r.races > RACES_MAX && !lock.h)
			result = index_lock_take(h, &lock, error);
		if (!result)
			result = go_round(&r, error);
	}
	if (result == 1) {
		*ret_commit = r.commit;
		*ret_merged = r.merged;
		*ret_files = r.scan.files;
		r.scan.files = (struct history_files){ 0 };
	}
	scan_clear(&r.scan);
	snapshot_clear(&r.snapshot);
	if (!result)
		return error_set(error, ERROR_BUSY,
				 "%s keeps changing while its edits are committed", h->path);
	return result == 1 ? 0 : result;
}

int history_commit_edits(struct history *h, int64_t at, char ret_commit[HISTORY_ID_SIZE],
			 size_t *ret_merged, struct history_files *ret_files, struct error *error)
{
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	git_oid commit = { { 0 } };
	size_t merged = 0;
	int result = history_begin(h, error);

	if (!result)
		result = edits_commit(h, at, &commit, &merged, &files, error);
	if (result)
		return result;
	ret_commit[0] = '\0';
	if (!git_oid_is_zero(&commit))
		git_oid_tostr(ret_commit, HISTORY_ID_SIZE, &commit);
	if (ret_merged)
		*ret_merged = merged;
	if (ret_files) {
		*ret_files = files;
		files = (struct history_files){ 0 };
	}
	return 0;
}
