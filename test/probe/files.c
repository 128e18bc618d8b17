/* Acts on files beside opening them. The files are those a session may write, where it has any:
 * even there most calls are not among its own. */
#include "acts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif

/* One of four static texts: BASE/NAME. */
static const char *in(const char *base, const char *name)
{
	static char texts[4][PATH_MAX];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, PATH_MAX, "%s/%s", base, name);
	return text;
}

static const char *facts(const struct scene *s)
{
	return in(s->self, "knowledge/facts.md");
}

static const char *note(const struct scene *s)
{
	return in(s->self, "work/note.md");
}

static int open_note(const struct scene *s)
{
	return openat(s->work, "note.md", O_WRONLY | O_CLOEXEC);
}

#define ACT(name, call)                         \
	static long name(const struct scene *s) \
	{                                       \
		(void)s;                        \
		return said(call);              \
	}

static const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };

ACT(truncate_facts, syscall(SYS_truncate, facts(s), 0))
ACT(truncate_note, syscall(SYS_truncate, note(s), 0))
ACT(ftruncate_note, syscall(SYS_ftruncate, open_note(s), 0))
ACT(open_truncate_facts, syscall(SYS_openat, s->knowledge, "facts.md", O_RDONLY | O_TRUNC, 0))
ACT(open_truncate_facts_3, syscall(SYS_openat, s->knowledge, "facts.md", 3 | O_TRUNC, 0))
ACT(open_truncate_note, syscall(SYS_openat, s->work, "note.md", O_WRONLY | O_TRUNC, 0))
ACT(open_facts_old_way, syscall(SYS_open, facts(s), O_RDONLY | O_TRUNC, 0))
ACT(creat_facts, syscall(SYS_creat, facts(s), 0600))
ACT(fallocate_note, syscall(SYS_fallocate, open_note(s), 0, 0, 4096))
ACT(write_facts, syscall(SYS_openat, s->knowledge, "facts.md", O_WRONLY, 0))
ACT(append_facts, syscall(SYS_openat, s->knowledge, "facts.md", O_WRONLY | O_APPEND, 0))
ACT(unlink_facts, syscall(SYS_unlinkat, s->knowledge, "facts.md", 0))
ACT(rmdir_work, syscall(SYS_unlinkat, s->work, "folder", AT_REMOVEDIR))
ACT(chmod_note, syscall(SYS_chmod, note(s), 04777))
ACT(fchmod_note, syscall(SYS_fchmod, open_note(s), 04777))
ACT(fchmodat_note, syscall(SYS_fchmodat, s->work, "note.md", 04777))
ACT(fchmodat2_note, syscall(SYS_fchmodat2, s->work, "note.md", 04777, 0))
ACT(chown_note, syscall(SYS_chown, note(s), -1, -1))
ACT(lchown_note, syscall(SYS_lchown, note(s), -1, -1))
ACT(fchown_note, syscall(SYS_fchown, open_note(s), -1, -1))
ACT(fchownat_note, syscall(SYS_fchownat, s->work, "note.md", -1, -1, 0))
ACT(utimensat_note, syscall(SYS_utimensat, s->work, "note.md", long_ago, 0))
ACT(futimens_note, syscall(SYS_utimensat, open_note(s), NULL, long_ago, 0))
ACT(utime_note, syscall(SYS_utime, note(s), NULL))
ACT(utimes_note, syscall(SYS_utimes, note(s), NULL))
ACT(futimesat_note, syscall(SYS_futimesat, s->work, "note.md", NULL))
ACT(setxattr_note, syscall(SYS_setxattr, note(s), "user.x", "y", 1, 0))
ACT(lsetxattr_note, syscall(SYS_lsetxattr, note(s), "user.x", "y", 1, 0))
ACT(fsetxattr_note, syscall(SYS_fsetxattr, open_note(s), "user.x", "y", 1, 0))
ACT(setxattrat_note, syscall(SYS_setxattrat, s->work, "note.md", 0, NULL, 0))
ACT(removexattr_note, syscall(SYS_removexattr, note(s), "user.x"))
ACT(link_out, syscall(SYS_linkat, s->work, "note.md", AT_FDCWD, in(s->self, "SOUL2.md"), 0))
ACT(link_in,
    syscall(SYS_linkat, AT_FDCWD, in(s->root, "agents/max/MEMORY.md"), s->work, "max.md", 0))
ACT(link_work, syscall(SYS_link, note(s), in(s->self, "work/note2.md")))
ACT(symlink_work, syscall(SYS_symlinkat, "/etc/passwd", s->work, "passwd"))
ACT(symlink_old_way, syscall(SYS_symlink, "/etc/passwd", in(s->self, "work/passwd")))
ACT(rename_to_knowledge, syscall(SYS_renameat, s->work, "note.md", s->knowledge, "note.md"))
ACT(rename_from_knowledge, syscall(SYS_renameat, s->knowledge, "facts.md", s->work, "facts.md"))
ACT(rename_over_soul, syscall(SYS_renameat, s->work, "note.md", s->work, "../SOUL.md"))
ACT(rename_out_of_work, syscall(SYS_renameat, s->work, "note.md", s->work, "../../max/note.md"))
ACT(rename_work, syscall(SYS_rename, in(s->self, "work"), in(s->self, "work2")))
ACT(rename_exchange,
    syscall(SYS_renameat2, s->work, "note.md", s->work, "../SOUL.md", RENAME_EXCHANGE))
ACT(mknod_fifo, syscall(SYS_mknodat, s->work, "fifo", S_IFIFO | 0600, 0))
ACT(mknod_device, syscall(SYS_mknodat, s->work, "null", S_IFCHR | 0600, 0x103))
ACT(mknod_socket, syscall(SYS_mknod, in(s->self, "work/socket"), S_IFSOCK | 0600, 0))
ACT(create_setuid, syscall(SYS_openat, s->work, "root", O_WRONLY | O_CREAT | O_EXCL, 04666))
ACT(create_program, syscall(SYS_openat, s->work, "run", O_WRONLY | O_CREAT | O_EXCL, 0755))
ACT(create_unnamed, syscall(SYS_openat, s->work, ".", O_RDWR | O_TMPFILE, 0600))
ACT(mkdir_sticky, syscall(SYS_mkdirat, s->work, "sticky", 01777))
ACT(open_path_only, syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_PATH))
ACT(stat_passwd, syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &(struct stat){ 0 }, 0))
ACT(statx_passwd, syscall(SYS_statx, AT_FDCWD, "/etc/passwd", 0, 0x7ff, &(char[256]){ 0 }))
ACT(access_passwd, syscall(SYS_access, "/etc/passwd", R_OK))
ACT(readlink_exe, syscall(SYS_readlink, "/proc/self/exe", &(char[256]){ 0 }, 256))
ACT(chdir_root, syscall(SYS_chdir, "/"))
ACT(fchdir_work, syscall(SYS_fchdir, s->work))
ACT(getcwd_here, syscall(SYS_getcwd, &(char[256]){ 0 }, 256))
ACT(umask_open, syscall(SYS_umask, 0))
ACT(ioctl_set_flags, syscall(SYS_ioctl, open_note(s), FS_IOC_SETFLAGS, &(long){ 0 }))
ACT(copy_range, syscall(SYS_copy_file_range, s->socket, NULL, open_note(s), NULL, 1, 0))
ACT(map_file, syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, open_note(s), 0))
ACT(read_stderr, syscall(SYS_read, 2, &(char[1]){ 0 }, 1))
ACT(read_stderr_upper_half, syscall(SYS_read, 0x100000002UL, &(char[1]){ 0 }, 1))
ACT(read_stdin, syscall(SYS_read, 0, &(char[1]){ 0 }, 1))
ACT(watch_files, syscall(SYS_inotify_init1, 0))
ACT(watch_all, syscall(SYS_fanotify_init, 0, 0))
ACT(dup_socket, syscall(SYS_dup, s->socket))

const struct act file_acts[] = {
	{ "truncate knowledge", truncate_facts, false },
	{ "truncate work", truncate_note, false },
	{ "ftruncate work", ftruncate_note, false },
	{ "O_TRUNC|O_RDONLY knowledge", open_truncate_facts, false },
	{ "O_TRUNC|3 knowledge", open_truncate_facts_3, false },
	{ "O_TRUNC|O_WRONLY work", open_truncate_note, false },
	{ "open O_TRUNC knowledge", open_facts_old_way, false },
	{ "creat knowledge", creat_facts, false },
	{ "fallocate work", fallocate_note, false },
	{ "write knowledge", write_facts, false },
	{ "append knowledge", append_facts, false },
	{ "unlink knowledge", unlink_facts, false },
	{ "rmdir work", rmdir_work, false },
	{ "chmod", chmod_note, false },
	{ "fchmod", fchmod_note, false },
	{ "fchmodat", fchmodat_note, false },
	{ "fchmodat2", fchmodat2_note, false },
	{ "chown", chown_note, false },
	{ "lchown", lchown_note, false },
	{ "fchown", fchown_note, false },
	{ "fchownat", fchownat_note, false },
	{ "utimensat", utimensat_note, false },
	{ "futimens", futimens_note, false },
	{ "utime", utime_note, false },
	{ "utimes", utimes_note, false },
	{ "futimesat", futimesat_note, false },
	{ "setxattr", setxattr_note, false },
	{ "lsetxattr", lsetxattr_note, false },
	{ "fsetxattr", fsetxattr_note, false },
	{ "setxattrat", setxattrat_note, false },
	{ "removexattr", removexattr_note, false },
	{ "link out of work", link_out, false },
	{ "link into work", link_in, false },
	{ "link in work", link_work, false },
	{ "symlink in work", symlink_work, false },
	{ "symlink in work, old way", symlink_old_way, false },
	{ "rename work to knowledge", rename_to_knowledge, false },
	{ "rename knowledge to work", rename_from_knowledge, false },
	{ "rename over SOUL.md", rename_over_soul, false },
	{ "rename to another agent", rename_out_of_work, false },
	{ "rename work itself", rename_work, false },
	{ "rename exchange", rename_exchange, false },
	{ "mkfifo", mknod_fifo, false },
	{ "mknod device", mknod_device, false },
	{ "mknod socket", mknod_socket, false },
	{ "create set-id", create_setuid, false },
	{ "create executable", create_program, false },
	{ "create O_TMPFILE", create_unnamed, false },
	{ "mkdir sticky", mkdir_sticky, false },
	{ "open O_PATH /etc/passwd", open_path_only, false },
	{ "stat /etc/passwd", stat_passwd, false },
	{ "statx /etc/passwd", statx_passwd, false },
	{ "access /etc/passwd", access_passwd, false },
	{ "readlink /proc/self/exe", readlink_exe, false },
	{ "chdir", chdir_root, false },
	{ "fchdir", fchdir_work, false },
	{ "getcwd", getcwd_here, false },
	{ "umask", umask_open, false },
	{ "ioctl FS_IOC_SETFLAGS", ioctl_set_flags, false },
	{ "copy_file_range", copy_range, false },
	{ "mmap of a file", map_file, false },
	{ "read stderr", read_stderr, false },
	{ "read stderr, upper half set", read_stderr_upper_half, false },
	{ "read stdin", read_stdin, false },
	{ "inotify", watch_files, false },
	{ "fanotify", watch_all, false },
	{ "dup", dup_socket, false },
	{ NULL, NULL, false },
};
