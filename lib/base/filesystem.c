#include "filesystem.h"

#include "failpoint.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif
#define PREFIX_MAX 32
#define NAME_SIZE (PREFIX_MAX + 8)
#define PAGE 4096

/* ---- by kind: statfs(2), linux/magic.h ---- */

static const struct {
	unsigned long magic;
	const char *name;
	enum filesystem_kind kind;
} kinds[] = {
	{ 0x6969, "nfs", FILESYSTEM_NETWORK },         { 0xff534d42, "cifs", FILESYSTEM_NETWORK },
	{ 0xfe534d42, "cifs", FILESYSTEM_NETWORK },    { 0x517b, "smb", FILESYSTEM_NETWORK },
	{ 0x01021997, "9p", FILESYSTEM_NETWORK },      { 0x00c36400, "ceph", FILESYSTEM_NETWORK },
	{ 0x5346414f, "afs", FILESYSTEM_NETWORK },     { 0x6b414653, "afs", FILESYSTEM_NETWORK },
	{ 0x73757245, "coda", FILESYSTEM_NETWORK },    { 0x0bd00bd0, "lustre", FILESYSTEM_NETWORK },
	{ 0x01161970, "gfs2", FILESYSTEM_NETWORK },    { 0x7461636f, "ocfs2", FILESYSTEM_NETWORK },
	{ 0x786f4256, "vboxsf", FILESYSTEM_NETWORK },  { 0x65735546, "fuse", FILESYSTEM_FUSE },
	{ 0x794c7630, "overlay", FILESYSTEM_OVERLAY }, { 0x01021994, "tmpfs", FILESYSTEM_MEMORY },
	{ 0x858458f6, "ramfs", FILESYSTEM_MEMORY },    { 0x4d44, "vfat", FILESYSTEM_DISK },
	{ 0x2011bab0, "exfat", FILESYSTEM_DISK },
};

void filesystem_look_at_kind(int dir, struct filesystem *ret_fs)
{
	struct statfs st;

	*ret_fs = (struct filesystem){ .name = "its file system",
				       .exchanges = true,
				       .locks = true,
				       .maps = true,
				       .has_sockets = true };
	if (fstatfs(dir, &st))
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if (kinds[i].magic == ((unsigned long)st.f_type & 0xffffffff)) {
			ret_fs->name = kinds[i].name;
			ret_fs->kind = kinds[i].kind;
		}
}

bool filesystem_differs(int dir, int other)
{
	struct stat here, there;

	return !fstat(dir, &here) && !fstat(other, &there) && here.st_dev != there.st_dev;
}

/* ---- by trying ---- */

/* Is it the file system that cannot, and not the moment that does not allow it? */
static bool cannot(int failed)
{
	return failed == EINVAL || failed == ENOSYS || failed == EOPNOTSUPP || failed == ENODEV ||
	       failed == ENOLCK;
}

static bool can_exchange(int dir, const char *a, const char *b)
{
	int failed = FAILPOINT("filesystem.exchange");

	if (!failed && syscall(SYS_renameat2, dir, a, dir, b, RENAME_EXCHANGE))
		failed = errno;
	return !cannot(failed);
}

/* Both sorts: a whole file (.agentd/lock) and ranges of it (state.db). */
static bool can_lock(int fd)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	return !(flock(fd, LOCK_EX | LOCK_NB) && cannot(errno)) &&
	       !(fcntl(fd, F_OFD_SETLK, &range) && cannot(errno));
}

static bool can_map(int fd)
{
	void *map;

	if (ftruncate(fd, PAGE))
		return true;
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return !cannot(errno);
	munmap(map, PAGE);
	return true;
}

static bool can_listen(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return true;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name);
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return true;
	return !cannot(errno) && errno != EPERM; /* so says vfat */
}

static bool folds_case(int dir, const char *name)
{
	char upper[NAME_SIZE];
	struct stat st;

	snprintf(upper, sizeof(upper), "%s", name);
	for (char *at = upper; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	return !fstatat(dir, upper, &st, AT_SYMLINK_NOFOLLOW);
}

static int make(int dir, const char *name)
{
	return openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void filesystem_look(int dir, const char *prefix, struct filesystem *ret_fs)
{
	char names[3][NAME_SIZE];
	_fd_ int a = -1, b = -1;

	filesystem_look_at_kind(dir, ret_fs);
	for (int i = 0; i < 3; i++) {
		snprintf(names[i], sizeof(names[i]), "%.*s.%c", PREFIX_MAX, prefix, 'a' + i);
		unlinkat(dir, names[i], 0);
	}
	a = make(dir, names[0]);
	b = make(dir, names[1]);
	if (a >= 0 && b >= 0) {
		ret_fs->folds_case = folds_case(dir, names[0]);
		ret_fs->exchanges = can_exchange(dir, names[0], names[1]);
		ret_fs->locks = can_lock(a);
		ret_fs->maps = can_map(a);
		ret_fs->has_sockets = can_listen(dir, names[2]);
	}
	for (int i = 0; i < 3; i++)
		unlinkat(dir, names[i], 0);
}

/* ---- judging ---- */

size_t filesystem_judge(const struct filesystem *fs,
			struct filesystem_finding ret_found[FILESYSTEM_FINDINGS])
{
	static const char move[] = "move the workspace to a local disk (ext4, xfs, btrfs, …)";
	const struct {
		bool is_so;
		struct filesystem_finding finding;
	} rows[] = {
		{ fs->kind == FILESYSTEM_NETWORK,
		  { true,
		    "is shared over a network: another machine could write state.db at the same time, "
		    "and what is edited there is not noticed",
		    move } },
		{ !fs->exchanges,
		  { true,
		    "cannot exchange two names: what a person saves while agentd writes could be lost",
		    move } },
		{ !fs->locks,
		  { true, "has no locks: two agentd could serve the workspace", move } },
		{ !fs->maps, { true, "cannot map files into memory, which state.db needs", move } },
		{ !fs->has_sockets,
		  { true, "holds no sockets, and agentctl could not reach agentd", move } },
		{ fs->kind == FILESYSTEM_FUSE,
		  { false,
		    "is a program's: what is edited behind it, or on another machine, is not noticed",
		    "edit here, or say `kill -HUP` to agentd after it" } },
		{ fs->kind == FILESYSTEM_OVERLAY,
		  { false, "is a container's as a rule, and may be gone with it",
		    "mount a volume for the workspace" } },
		{ fs->kind == FILESYSTEM_MEMORY,
		  { false, "is kept in memory: all is gone when the machine restarts", move } },
		{ fs->folds_case,
		  { false, "takes SOUL.md and soul.md for the same: of two such names one is lost",
		    "use names that differ in more than case" } },
	};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(rows) && count < FILESYSTEM_FINDINGS; i++)
		if (rows[i].is_so)
			ret_found[count++] = rows[i].finding;
	return count;
}
