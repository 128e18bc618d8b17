#include "lock.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* What our own index.lock begins with; git writes an index there, or nothing yet. Behind it stands
 * the inode of the reference's lock file, once that is made. */
#define OUR_MARK "agentd\n"

/* Between making a lock file and opening it for the first look somebody needs a moment. */
#define LOCK_YOUNG_S 2

static int64_t started_ms;

void lock_start(void)
{
	started_ms = clock_wall_ms();
}

bool backoff_wait(struct backoff *backoff)
{
	int64_t now = clock_monotonic_ms();
	struct timespec pause = { 0, backoff->pause_ms * 1000000L };

	if (!backoff->end_ms)
		backoff->end_ms = now + LOCK_WAIT_MS;
	if (now >= backoff->end_ms)
		return false;
	nanosleep(&pause, NULL);
	if (backoff->pause_ms < 64)
		backoff->pause_ms *= 2;
	return true;
}

/* Ours is held by flock as well. */
static bool is_open_elsewhere(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) || file_has_visitor(fd);
}

static bool is_ours(int fd)
{
	char mark[sizeof(OUR_MARK)];
	ssize_t length = pread(fd, mark, strlen(OUR_MARK), 0);

	return length == (ssize_t)strlen(OUR_MARK) && !memcmp(mark, OUR_MARK, strlen(OUR_MARK));
}

/* `git commit -a` keeps the lock, closed, while a person writes the message into this file. */
static bool message_is_written(int git, const struct stat *lock)
{
	struct stat st;

	return !fstatat(git, "COMMIT_EDITMSG", &st, AT_SYMLINK_NOFOLLOW) &&
	       st.st_mtim.tv_sec >= lock->st_mtim.tv_sec;
}

/* Ours with nobody holding it is a dead one's at once; another's has to be old as well. */
static bool is_stale(const struct history *h, int fd)
{
	int64_t age, made_ms;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || is_open_elsewhere(fd))
		return false;
	age = clock_wall_s() - st.st_mtim.tv_sec;
	made_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	if (is_ours(fd) || age > LOCK_OLD_S)
		return true;
	if (age <= LOCK_YOUNG_S)
		return false;
	return h->is_abandoned || (made_ms < started_ms && !message_is_written(h->git, &st));
}

bool lock_remove_stale(struct history *h, int folder, const char *name)
{
	_fd_ int fd = -1;
	struct stat seen, now;

	if (file_open_beneath(folder, name, &fd, &seen, NULL) || !is_stale(h, fd))
		return false;
	if (file_stat(folder, name, &now, NULL) || now.st_ino != seen.st_ino)
		return false; /* another one by now */
	if (file_unlink(folder, name, NULL))
		return false;
	if (!is_ours(fd)) /* ours is no news: it died, and that was told */
		snprintf(h->lock_removed, sizeof(h->lock_removed), "%s", name);
	return true;
}

void history_set_abandoned(struct history *h, bool is_abandoned)
{
	h->is_abandoned = is_abandoned;
}

void history_lock_removed(struct history *h, char ret_name[64])
{
	memcpy(ret_name, h->lock_removed, sizeof(h->lock_removed));
	h->lock_removed[0] = '\0';
}

int index_lock_name(const struct history *h, ino_t inode)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)inode);

	return pwrite(h->lock_fd, text, (size_t)length, strlen(OUR_MARK)) == length ? 0 : -1;
}

static bool remove_if_inode(int git, const char *branch, unsigned long long inode)
{
	_free_ char *name = xasprintf("%s.lock", branch);
	struct stat st;

	return !file_stat(git, name, &st, NULL) && st.st_ino == inode &&
	       !file_unlink(git, name, NULL);
}

/* Who dies with our index.lock may have held a reference's lock as well. */
static void remove_named(struct history *h, int fd)
{
	CLEANUP(git_reference_free) git_reference *head = NULL;
	char text[32] = "";
	unsigned long long inode;

	if (pread(fd, text, sizeof(text) - 1, strlen(OUR_MARK)) <= 0)
		return;
	inode = strtoull(text, NULL, 10);
	if (!inode || git_reference_lookup(&head, h->repository, "HEAD"))
		return;
	if (!remove_if_inode(h->git, "HEAD", inode) &&
	    git_reference_type(head) == GIT_REFERENCE_SYMBOLIC)
		remove_if_inode(h->git, git_reference_symbolic_target(head), inode);
}

bool index_lock_remove_stale(struct history *h)
{
	_fd_ int fd = -1;

	if (file_open_beneath(h->git, "index.lock", &fd, NULL, NULL))
		return false;
	if (is_ours(fd) && is_stale(h, fd))
		remove_named(h, fd);
	fd_close(&fd);
	return lock_remove_stale(h, h->git, "index.lock");
}

/* Made elsewhere and then given its name, so that it never stands there without our mark. */
static int lock_try(int git)
{
	_fd_ int fd = openat(git, LOCK_DRAFT, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			     0644);
	int failed = 0, taken;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) || fd_write_all(fd, SPAN(OUR_MARK), NULL))
		failed = EIO;
	else if (renameat2(git, LOCK_DRAFT, git, "index.lock", RENAME_NOREPLACE))
		failed = errno;
	if (failed) {
		unlinkat(git, LOCK_DRAFT, 0);
		return -failed;
	}
	taken = fd;
	fd = -1;
	return taken;
}

int index_lock_take(struct history *h, struct index_lock *ret_lock, struct error *error)
{
	struct backoff backoff = BACKOFF;
	int fd;

	if (h->lock_depth++) {
		ret_lock->h = h;
		return 0;
	}
	h->lock_depth = 0;
	fd = FAILPOINT("history.lock") ? -EEXIST : lock_try(h->git);
	while (fd == -EEXIST) {
		if (!index_lock_remove_stale(h) && !backoff_wait(&backoff))
			return error_set(error, ERROR_BUSY,
					 "%s/.git/index.lock is held by another git; it is tried "
					 "again (if no git is running, remove that file)",
					 h->path);
		fd = lock_try(h->git);
	}
	if (fd < 0)
		return error_set_system(error, -fd, "locking %s/.git/index", h->path);
	h->lock_depth = 1;
	h->lock_fd = fd;
	ret_lock->h = h;
	return 0;
}

void index_lock_drop(struct index_lock *lock)
{
	struct history *h = lock->h;

	lock->h = NULL;
	if (!h || --h->lock_depth)
		return;
	unlinkat(h->git, "index.lock", 0);
	fd_close(&h->lock_fd);
}
