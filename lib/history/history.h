/* Git repositories as the record of every change, by libgit2.
 *
 * One value per repository, used by one thread at a time. A commit is made on whatever HEAD is at
 * that moment and moves the branch only if it still is; the index is kept in step, entry by entry,
 * so that `git status` stays clean and what a person has staged elsewhere stays staged; no hook,
 * filter or attribute is run; objects, refs and folders are synced. A repository in the middle of a
 * merge or rebase is left alone (ERROR_BUSY), and so is one whose index.lock somebody alive holds;
 * a lock that nobody holds any more (no process has it open and it is older than 15 minutes, or
 * than our start, or the caller knows that nobody's git works here) is removed once.
 *
 * A repository that is damaged is not written to (ERROR_SYSTEM, ERROR_NOT_FOUND); an index that
 * cannot be read is made again from HEAD. A branch that has no commit any more, though its log says
 * that it had, is damage, and no new beginning.
 *
 * Scratch files of editors, `work/`, other repositories, symbolic links and files over
 * HISTORY_FILE_MAX are never committed, nor are paths of 256 bytes and more, nor, in a folder with
 * an agentd.yaml, anything in the folders beneath agents/. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"

#define HISTORY_FILE_MAX (1024 * 1024)
#define HISTORY_FILES_MAX 2000 /* files in one commit of a person's edits */
#define HISTORY_ID_SIZE 41

struct history;

struct history_author {
	const char *name, *email;
	int64_t at; /* UTC seconds */
};

/* Global set-up and tear-down: system and global settings, templates and attributes off; the user's
 * git identity is read, so that it comes before any wall. Once per process. */
int history_library_start(struct error *error);
void history_library_stop(void);

/* Opens the repository whose work tree is exactly `path` (absolute), never a parent's. With
 * `create`, makes one where there is no .git: branch `main`, `.git/info/exclude` naming work/ and
 * scratch files. ERROR_NOT_FOUND: none. ERROR_DENIED: the folder or its .git belongs to another
 * user. */
int history_open(const char *path, bool create, struct history **ret_history, struct error *error);
void history_free(struct history *history);

/* For the next calls: the caller has looked, and no git of anybody's works here. A lock that no
 * process has open is then a dead one's, however young. */
void history_set_abandoned(struct history *history, bool is_abandoned);
/* The lock that was removed since the last question, "": none. */
void history_lock_removed(struct history *history, char ret_name[64]);

/* What a commit of a person's edits found. */
struct history_file {
	char path[256];          /* in the repository */
	struct file_stamp stamp; /* of the bytes that were committed, or stands unchanged in HEAD */
	char blob[HISTORY_ID_SIZE];
	bool gone;
};
struct history_files {
	struct history_file *items;
	size_t count, capacity;
};
void history_files_clear(struct history_files *files);

/* Commits everything in the work tree that differs from HEAD as the person's: one commit, or none
 * (then *ret_commit is empty). The author is the repository's or the user's own git identity
 * (user.name and user.email), else the passwd entry of the file owner at HOST; never
 * `agent_email`'s.
 *
 * Where the person's save of MEMORY.md or BULLETIN.md was based on an older version than the
 * agent's latest commits, and so would drop what the agent appended meanwhile, the two are merged:
 * the file on disk gets the agent's entries back, `*ret_merged` counts them, a second commit by the
 * daemon says so.
 *
 * `ret_files` lists all tracked files with their stamps, for the caller's cache. */
int history_commit_edits(struct history *history, int64_t at, char ret_commit[HISTORY_ID_SIZE],
			 size_t *ret_merged, struct history_files *ret_files, struct error *error);

/* Writes `content` to `path` and commits it, and nothing else, in one commit by `author`: first
 * commits a person's edits that are pending, then replaces the file if it still holds `expected`
 * (data NULL: is absent; see file_replace_if), then commits. ERROR_CONFLICT: it holds something
 * else; read it again and come back. ERROR_BUSY with `system` ETXTBSY: a program has it open for
 * writing; come back when it has not. Doing it twice is the same: content that HEAD has already
 * makes no commit, and *ret_commit is then the id of HEAD. */
int history_write(struct history *history, const char *path, struct span expected,
		  struct span content, const struct history_author *author, const char *message,
		  char ret_commit[HISTORY_ID_SIZE], struct history_files *ret_files,
		  struct error *error);

/* The git blob id of some bytes, and the bytes of a blob that the repository has (appended to
 * `out`, whose maximum is the limit). ERROR_NOT_FOUND: it has none of that id. */
void history_blob_id(struct span bytes, char ret_id[HISTORY_ID_SIZE]);
int history_blob_read(struct history *history, const char *id, struct buffer *out,
		      struct error *error);

/* One commit as `agentctl log` shows it. Valid during the visit. */
struct history_entry {
	const char *commit;
	int64_t at;
	const char *author, *email, *subject, *body; /* body: with trailers */
	const char *const *files;
	size_t file_count;
	const char *patch; /* when asked for, else NULL */
};
typedef int (*history_visit)(void *context, const struct history_entry *entry);

/* Newest first, at most `max`; commits that touch `paths` only when any are given. A visit that
 * returns non-zero ends the walk with that value. */
int history_log(struct history *history, size_t max, bool with_patch, history_visit visit,
		void *context, struct error *error);

/* Writes a git bundle (v2, https://git-scm.com/docs/gitformat-bundle) of all branches and tags to
 * `fd`; `git clone FILE` reads it. ERROR_NOT_FOUND: no commit yet. */
int history_bundle(struct history *history, int fd, struct error *error);

CLEANUP_DEFINE(struct history *, history_free)
CLEANUP_DEFINE_VALUE(struct history_files, history_files_clear)

#endif
