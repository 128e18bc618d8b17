/* The file system that a workspace is on: whether what agentd promises can hold there.
 *
 * agentd replaces files by exchanging names, so that no save of a person is lost; it is alone by a
 * lock; it maps the index of state.db's log into memory; it listens on a socket. What of it a file
 * system cannot do is found out by trying it, in .agentd; what cannot be tried (whether another
 * machine may write there, too) is told by the kind.
 *
 *     struct filesystem fs;
 *     struct filesystem_finding found[FILESYSTEM_FINDINGS];
 *     filesystem_look(state_dir, "probe", &fs);
 *     n = filesystem_judge(&fs, found);
 *
 * A refusal comes first: agentd does not serve where a promise would be broken. The others are to
 * be known. */
#ifndef BASE_FILESYSTEM_H
#define BASE_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>

enum filesystem_kind {
	FILESYSTEM_DISK, /* also any that is not known */
	FILESYSTEM_NETWORK,
	FILESYSTEM_FUSE, /* a program's: may be either */
	FILESYSTEM_OVERLAY,
	FILESYSTEM_MEMORY,
};

struct filesystem {
	const char *name; /* "nfs", … or "its file system" */
	enum filesystem_kind kind;
	bool exchanges; /* two names, in one step */
	bool locks, maps, has_sockets;
	bool folds_case;
};

struct filesystem_finding {
	bool is_refusal;
	const char *what; /* follows on the name: "cannot exchange …" */
	const char *mend;
};

#define FILESYSTEM_FINDINGS 6

/* Looks at the file system of `dir`, by its kind and by making two files there whose names begin
 * with `prefix`, which are removed again (those of an earlier look that was cut short, too). What
 * could not be tried, as nothing can be written at the moment, is taken to be there. */
void filesystem_look(int dir, const char *prefix, struct filesystem *ret_fs);

/* By the kind alone. */
void filesystem_look_at_kind(int dir, struct filesystem *ret_fs);

/* Are the two folders on different ones? */
bool filesystem_differs(int dir, int other);

/* Pure: how many findings there are, refusals first. */
size_t filesystem_judge(const struct filesystem *fs,
			struct filesystem_finding ret_found[FILESYSTEM_FINDINGS]);

#endif
