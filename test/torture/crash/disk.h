/* What a crash may leave on a disk.
 *
 * From a record of operations a disk knows, for each of them, which sync made it durable. A state
 * is a number of operations that had happened, and for each that was not durable then its fate.
 *
 * A sync of a file makes its data and its size durable, one of a folder its entries. On ext4, XFS,
 * btrfs and F2FS a sync of a file makes also the names durable that it has got, and the folders on
 * the way there; POSIX does not promise that (`posix`). A rename happens as a whole or not at all.
 * Nothing else is kept in order. */
#ifndef CRASH_DISK_H
#define CRASH_DISK_H

#include "operation.h"

#include <stdbool.h>

struct disk;

/* Of an operation that was not durable. LOST: it did not happen. ZERO: of a write only the size got
 * there. TORN…: of a write the first or last `blocks` blocks of 512 or 4096 bytes got there. */
enum fate { FATE_KEPT, FATE_LOST, FATE_ZERO, FATE_TORN_512, FATE_TORN_4096, FATE_TORN_END };

struct state {
	size_t happened;      /* operations, from the first */
	unsigned char *fates; /* one for each of them; those of durable ones are not looked at */
	unsigned blocks;      /* of the torn write */
};

/* `root` is the folder that was recorded. The operations stay the caller's. `deaf` (may be NULL):
 * syncs of files whose path has this in it did not happen, as if the program left them out. */
struct disk *disk_new(const struct operation *operations, size_t count, const char *root,
		      bool posix, const char *deaf);
void disk_free(struct disk *disk);

/* Is it durable once `happened` operations have happened? Marks and messages always are. */
bool disk_is_durable(const struct disk *disk, size_t operation, size_t happened);
/* Does it change files or folders? Of names, not of data? The bytes that it writes. */
bool disk_changes(const struct disk *disk, size_t operation);
bool disk_is_name(const struct disk *disk, size_t operation);

/* Builds the tree of a state. Returns a hash of all that is in it; with `path` also writes it there
 * (an empty folder that exists). */
uint64_t disk_make(struct disk *disk, const struct state *state, const char *path);

#endif
