#include "workspace.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

static const char *const files[] = {
	"agentd.yaml",
	".git/HEAD",
	".agentd/state.db",
	".agentd/lock",
	"shared/BULLETIN.md",
	"tasks/inbox/one.md",
	"agents/kira/SOUL.md",
	"agents/kira/CONSTITUTION.md",
	"agents/kira/HEARTBEAT.md",
	"agents/kira/MEMORY.md",
	"agents/kira/REHEARSAL.md",
	"agents/kira/.git/HEAD",
	"agents/kira/.git/config",
	"agents/kira/.git/hooks/pre-commit",
	"agents/kira/memory/archive/2026-11.md",
	"agents/kira/knowledge/facts.md",
	"agents/kira/skills/sum/SKILL.md",
	"agents/kira/work/note.md",
	"agents/kira/work/folder/deep.md",
	"agents/max/SOUL.md",
	"agents/max/MEMORY.md",
	"agents/max/.git/HEAD",
	"agents/max/knowledge/facts.md",
	"agents/max/skills/sum/SKILL.md",
	"agents/max/work/note.md",
};

static void write_file(int root, const char *path)
{
	_free_ char *folder = xstrndup(
		path, (size_t)(strrchr(path, '/') ? strrchr(path, '/') - path : 0));
	_fd_ int fd = -1;
	struct error error;

	if (*folder && directory_make(root, folder, 0777, &error))
		BUG("%s", error.message);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (fd < 0 || fd_write_all(fd, span_of(path), NULL))
		BUG("%s: %s", path, strerror(errno));
}

static uid_t new_owner;

static int give_away(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return lchown(path, new_owner, new_owner);
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void workspace_make(struct workspace *w, uid_t owner)
{
	mode_t old = umask(0); /* so that no mode, but only the walls, can refuse */
	_fd_ int root = -1;

	snprintf(w->root, sizeof(w->root), "/tmp/agentd-walls-XXXXXX");
	if (!mkdtemp(w->root) || chmod(w->root, 0777) || directory_open(w->root, &root, NULL))
		BUG("%s: %s", w->root, strerror(errno));
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		write_file(root, files[i]);
	umask(old);
	new_owner = owner;
	if (owner != getuid() && nftw(w->root, give_away, 16, FTW_PHYS))
		BUG("chown: %s", strerror(errno));
	if (directory_open_beneath(root, "agents/kira/knowledge", &w->knowledge, NULL) ||
	    directory_open_beneath(root, "agents/kira/work", &w->work, NULL))
		BUG("%s: its folders", w->root);
}

/* A file's content is its own path. */
bool workspace_is_untouched(const struct workspace *w)
{
	bool untouched = true;
	_fd_ int root = -1;

	if (directory_open(w->root, &root, NULL))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		CLEANUP(buffer_clear) struct buffer found = BUFFER(256);

		if (!strncmp(files[i], "agents/kira/work/", 17))
			continue;
		if (!file_read(root, files[i], &found, NULL, NULL) &&
		    span_equal(buffer_span(&found), span_of(files[i])))
			continue;
		fprintf(stderr, "%s was changed\n", files[i]);
		untouched = false;
	}
	return untouched;
}

void workspace_remove(struct workspace *w)
{
	fd_close(&w->knowledge);
	fd_close(&w->work);
	nftw(w->root, delete, 16, FTW_PHYS | FTW_DEPTH);
}
