/* The one layer through which files are read, written, synced and renamed.
 *
 * Every path is relative to a directory descriptor and is resolved with openat2(RESOLVE_BENEATH |
 * RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS): a symbolic link, "..", an absolute path or a device
 * never leads out of the folder that was opened. Only regular files are opened, with O_NONBLOCK, so
 * that a FIFO cannot hang us, and never beyond a size limit. Errors name the path, and for a user's
 * file say what it is instead ("is a FIFO, not a regular file").
 *
 * All descriptors are close-on-exec. Failpoints: file.open, file.write, file.sync, file.rename,
 * file.mkdir, file.unlink. Functions with `sync` in their contract block on the device: the
 * daemon's loop never calls them. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "buffer.h"
#include "error.h"

#include <sys/stat.h>
#include <sys/types.h>

/* What a stored file is recognised by without being read again. */
struct file_stamp {
	int64_t size, mtime_ns, ctime_ns;
	uint64_t inode;
};

void file_stamp_of(const struct stat *st, struct file_stamp *ret_stamp);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/* Opens a folder: `path` anywhere for the root of trust, beneath `dir` for all else. */
int directory_open(const char *path, int *ret_fd, struct error *error);
int directory_open_beneath(int dir, const char *path, int *ret_fd, struct error *error);

/* Creates the folder and its missing parents beneath `dir`. One that exists is fine. */
int directory_make(int dir, const char *path, mode_t mode, struct error *error);

/* Removes an empty folder. */
int directory_remove(int dir, const char *path, struct error *error);

/* Calls `visit` for each entry but "." and "..", in byte order of names, at most `max` of them
 * (more: ERROR_TOO_LARGE after `max` visits). `type` is DT_REG, DT_DIR, DT_LNK, … A visit that
 * returns non-zero ends the walk with that value. */
typedef int (*directory_visit)(void *context, const char *name, unsigned char type);
int directory_walk(int dir, size_t max, directory_visit visit, void *context, struct error *error);

/* Opens for reading beneath `dir`. ERROR_DENIED: symbolic link or leaves the folder; ERROR_INVALID:
 * no regular file. `ret_stat` may be NULL. */
int file_open_beneath(int dir, const char *path, int *ret_fd, struct stat *ret_stat,
		      struct error *error);

/* Reads the whole file, appending to `out`, whose maximum is the size limit (ERROR_TOO_LARGE before
 * anything is read). `ret_stat`, may be NULL, describes the bytes that were read. */
int file_read(int dir, const char *path, struct buffer *out, struct stat *ret_stat,
	      struct error *error);

/* lstat beneath `dir`, without opening. */
int file_stat(int dir, const char *path, struct stat *ret_stat, struct error *error);

/* Replaces the file as a whole: temporary file beside it, write, fsync, rename, fsync of the
 * folder. After a crash at any point the old or the new content is there. A new file has mode
 * `mode`; an existing one keeps its own. Syncs. */
int file_replace(int dir, const char *path, struct span content, mode_t mode, struct error *error);

/* As file_replace, but only if the file still holds `expected` (expected.data == NULL: only if
 * there is no such file), and nobody has it open for writing, whose next bytes would go to a file
 * that has no name any more. Both are decided by exchanging the names and looking at what came out,
 * so that a save that slips in between is put back, as the same file: ERROR_CONFLICT, and the file
 * is as the other writer left it. ERROR_BUSY, as of file_refuse_writer: it is open for writing.
 * What cannot be put back, and what somebody opened while it was under way, keeps the name
 * ".agentd-PID-NUMBER~" beside the file. */
int file_replace_if(int dir, const char *path, struct span expected, struct span content,
		    mode_t mode, struct error *error);

/* Creates the file for writing, or truncates it in place; no sync. For files that nobody else reads
 * while they are made (exports, logs). */
int file_create(int dir, const char *path, mode_t mode, int *ret_fd, struct error *error);

/* Opens for appending, created if missing. */
int file_append_open(int dir, const char *path, mode_t mode, int *ret_fd, struct error *error);

/* Writes all bytes, over short writes and EINTR. */
int fd_write_all(int fd, struct span bytes, struct error *error);
int fd_sync(int fd, struct error *error); /* syncs */
void fd_close(int *fd);                   /* closes when >= 0 and sets -1 */
static inline void fd_cleanup(int *fd)
{
	fd_close(fd);
}
#define _fd_ __attribute__((cleanup(fd_cleanup)))

int file_rename(int dir, const char *from, const char *to, struct error *error);
int file_unlink(int dir, const char *path, struct error *error);
/* Removes it for good, also over a crash: syncs. That there is none is fine, and costs nothing. */
int file_remove(int dir, const char *path, struct error *error);

/* An anonymous file in memory that holds `content` and can never change again (F_SEAL_*), offset 0.
 * Close-on-exec like all descriptors; pass it on with process_spawn. */
int memory_file_sealed(const char *name, struct span content, int *ret_fd, struct error *error);

/* Reads all of a descriptor (a memory file, a pipe) until its end into `out`. */
int fd_read_all(int fd, struct buffer *out, struct error *error);

/* Takes an exclusive flock on a file beneath `dir`, created if missing. ERROR_BUSY: somebody holds
 * it; *ret_owner is then the process id written in it, or 0. The lock lives as long as *ret_fd. */
int file_lock(int dir, const char *path, int *ret_fd, pid_t *ret_owner, struct error *error);

/* Who else has a file open? Asked of the kernel by a lease that is given back at once (fcntl(2)),
 * which needs no look into /proc. `fd` is open for reading only. A writer is any other descriptor,
 * ours or another process's, that can write, also one that was closed and is still mapped; a
 * visitor any other descriptor at all. False where it cannot be asked: the file of another user
 * (without CAP_LEASE), or a file system without leases (FUSE, NFS).
 * Who opens the file within these microseconds waits for us; with O_NONBLOCK it gets EAGAIN. */
bool file_has_writer(int fd);
bool file_has_visitor(int fd);

/* ERROR_BUSY, `system` ETXTBSY, where the file beneath `dir` has a writer; else 0, also where there
 * is no such file. `name` is what the message calls it. */
int file_refuse_writer(int dir, const char *path, const char *name, struct error *error);

/* `tool >file` empties the file before the tool has even begun: one that was emptied so lately is
 * being saved. */
#define FILE_EMPTIED_MS 1000

/* Is `name` an editor's scratch file, which is nobody's text: "x~", ".x.swp", ".#x", "#x#", "4913",
 * ".goutputstream-…", "sedXXXXXX"? Also our own temporary files, and "_git2_…", with which libgit2
 * tries out a folder that becomes a repository. */
bool file_name_is_scratch(const char *name);

#endif
