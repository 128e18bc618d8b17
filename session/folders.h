/* The folders that a session was given, and the way from a tool's path to a file in one of them.
 *
 * A path is "knowledge/x", "skills/x", "work/x", or lies in a granted absolute folder. "/x" and a
 * bare "x" mean work/x. Each step is opened by itself with O_NOFOLLOW, because the walls refuse
 * openat2: a symbolic link is never followed, ".." is no step. What may be opened at all is the
 * kernel's decision. */
#ifndef SESSION_FOLDERS_H
#define SESSION_FOLDERS_H

#include "base/buffer.h"
#include "base/error.h"
#include "sandbox/sandbox.h"

struct folder {
	char *name; /* "work", "/var/log/app" */
	int fd;
	bool write;
};

struct folders {
	struct folder items[SANDBOX_RULES_MAX];
	size_t count;
};

/* Adds a word's "NAME:FD"; the descriptor must be one of the policy's rules. */
int folders_add(struct folders *folders, const char *word, const struct sandbox_policy *policy,
		struct error *error);
void folders_clear(struct folders *folders);

/* A path as it was understood. */
struct place {
	const struct folder *folder; /* NULL: the top, where the folders are */
	char *rest;                  /* beneath it, "a/b.md", or "" for the folder itself */
	char *name;                  /* "work/a/b.md", for messages */
};

/* ERROR_INVALID: no path of ours; the message is for the model. */
int place_find(const struct folders *folders, const char *path, struct place *ret_place,
	       struct error *error);
void place_clear(struct place *place);

/* Opens the folder that holds the place, with the missing ones made when `make`; *ret_leaf is the
 * last step (in place->rest). ERROR_INVALID when the place is a folder of ours itself. */
int place_open_parent(const struct place *place, bool make, int *ret_fd, const char **ret_leaf,
		      struct error *error);

/* Opens the place as a folder to be listed. */
int place_open_folder(const struct place *place, int *ret_fd, struct error *error);

CLEANUP_DEFINE_VALUE(struct folders, folders_clear)
CLEANUP_DEFINE_VALUE(struct place, place_clear)

#endif
