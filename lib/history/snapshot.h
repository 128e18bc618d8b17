/* Private to history: where a repository stands at one moment, what in the work tree differs from
 * it, and the step from there to the next commit.
 *
 * Everything that can be prepared is prepared without a lock: snapshot, scan, objects. Then the
 * lock is taken, the snapshot compared with what is there now, the reference moved, the index
 * written. Where somebody else was faster the whole is done again on what he left. */
#ifndef HISTORY_SNAPSHOT_H
#define HISTORY_SNAPSHOT_H

#include "repository.h"

#define PATH_SIZE 256
#define ENTRIES_MAX 50000 /* files in one repository */

struct snapshot {
	bool unborn;
	git_oid head;                  /* all zero when unborn */
	char *branch;                  /* the reference that a commit moves; "HEAD" when detached */
	git_tree *tree;                /* of HEAD; NULL when unborn */
	git_index *index;              /* in memory, never written */
	struct file_stamp index_stamp; /* all zero: there is none */
	bool index_lost;               /* none, or unreadable: it is made again from HEAD */
};

int snapshot_take(struct history *h, struct snapshot *ret_snapshot, struct error *error);
bool snapshot_holds(struct history *h, const struct snapshot *snapshot);
void snapshot_clear(struct snapshot *snapshot);

/* The blob that HEAD has at `path`. */
bool snapshot_blob(const struct snapshot *snapshot, const char *path, git_oid *ret_id,
		   uint32_t *ret_mode);

struct change {
	char path[PATH_SIZE];
	bool gone;
	git_oid id; /* a blob that is in the object store already */
	uint32_t mode;
	struct stat st; /* of the file that holds the blob's bytes; st_nlink 0: no file does */
};

struct changes {
	struct change *items;
	size_t count, capacity;
};
int changes_add(struct changes *changes, const char *path, struct change **ret_change,
		struct error *error);
void changes_clear(struct changes *changes);

/* What a look at the work tree found. */
struct scan {
	struct changes changes;   /* differ from HEAD; by path */
	struct changes refreshed; /* do not differ, but the index did not know it without reading */
	struct history_files files;
};

/* Compares the work tree with HEAD, by the index's stat data where that is safe. Files that are
 * nobody's text (history.h) are passed over. Blobs of changed files are written. */
int scan_work_tree(struct history *h, const struct snapshot *snapshot, struct scan *ret_scan,
		   struct error *error);
void scan_clear(struct scan *scan);

/* May `path` ever be committed? */
bool path_is_committable(const char *path);

void file_of_change(const struct change *change, struct history_file *ret_file);

/* Makes (objects only) the commit that has `count` changes on top of `parent` (NULL: the first). */
int commit_make(struct history *h, const git_oid *parent, const struct change *changes,
		size_t count, const struct history_author *author, const char *message,
		git_oid *ret_id, struct error *error);

/* Moves the branch from the snapshot to `commit` and brings the index entries of `changes` and
 * `refreshed` (may be NULL) in step. ERROR_CONFLICT: HEAD or index are not the snapshot's any more.
 */
int commit_publish(struct history *h, const struct snapshot *snapshot, const git_oid *commit,
		   const struct change *changes, size_t count, const struct changes *refreshed,
		   const struct history_author *author, struct error *error);

/* Writes the index of `snapshot` with the entries brought in step; the lock is held. */
int index_write(struct history *h, const struct snapshot *snapshot, const struct change *changes,
		size_t count, const struct changes *refreshed, struct error *error);

/* With a lock of its own and no commit: mends what an interrupted commit left behind. */
int index_mend(struct history *h, const struct snapshot *snapshot, const struct change *changes,
	       size_t count, const struct changes *refreshed, struct error *error);

/* Removes what an interrupted index_write left. */
void index_draft_remove(struct history *h);

CLEANUP_DEFINE_VALUE(struct snapshot, snapshot_clear)
CLEANUP_DEFINE_VALUE(struct changes, changes_clear)
CLEANUP_DEFINE_VALUE(struct scan, scan_clear)

#endif
