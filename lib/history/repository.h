/* Private to history: an open repository, and what every part of the module shares. */
#ifndef HISTORY_REPOSITORY_H
#define HISTORY_REPOSITORY_H

#include "history.h"

#include <git2.h>

/* Opened at `path`; opened again when somebody has put another folder or .git there. */
struct history {
	char *path;
	int dir, git; /* the work tree, its .git */
	dev_t dir_device, git_device;
	ino_t dir_inode, git_inode;
	git_repository *repository;
	int lock_fd, lock_depth; /* lock.h */
	bool is_abandoned;       /* no git of anybody's works here */
	char lock_removed[64];   /* the latest, "": none */
	bool knows_boot;         /* reboot.h: there is nothing to be looked for */
};

/* What every public call begins with: the repository is still the one that was opened (else it is
 * opened again), and work that was interrupted is finished. ERROR_BUSY in the middle of a merge or
 * rebase. */
int history_begin(struct history *history, struct error *error);

/* A link in .git would have a commit written into somebody else's folder. ERROR_DENIED names it. */
int history_refuse_links(const struct history *history, struct error *error);

/* The same without touching anything, for readers. */
int history_refresh(struct history *history, struct error *error);

/* Turns a libgit2 failure into ours: locks are ERROR_BUSY, moved references ERROR_CONFLICT, no
 * space or rights what the system call said. */
int git_refuse(struct error *error, int result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The folder's own name, for "begin agent kira". */
const char *history_name(const struct history *history);

CLEANUP_DEFINE(git_repository *, git_repository_free)
CLEANUP_DEFINE(git_reference *, git_reference_free)
CLEANUP_DEFINE(git_commit *, git_commit_free)
CLEANUP_DEFINE(git_tree *, git_tree_free)
CLEANUP_DEFINE(git_blob *, git_blob_free)
CLEANUP_DEFINE(git_index *, git_index_free)
CLEANUP_DEFINE(git_signature *, git_signature_free)
CLEANUP_DEFINE(git_config *, git_config_free)
CLEANUP_DEFINE(git_diff *, git_diff_free)
CLEANUP_DEFINE(git_patch *, git_patch_free)
CLEANUP_DEFINE(git_revwalk *, git_revwalk_free)
CLEANUP_DEFINE(git_packbuilder *, git_packbuilder_free)
CLEANUP_DEFINE(git_reference_iterator *, git_reference_iterator_free)
CLEANUP_DEFINE_VALUE(git_buf, git_buf_dispose)

#endif
