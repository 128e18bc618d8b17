/* Every file that is not a session's own, in every way to open it. */
#include "acts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Beneath the own agent's folder, beneath the workspace, and anywhere. */
static const char *const of_self[] = {
	"SOUL.md",     "CONSTITUTION.md",       "HEARTBEAT.md",
	"MEMORY.md",   "REHEARSAL.md",          ".git/HEAD",
	".git/config", ".git/hooks/pre-commit", "memory/archive/2026-11.md",
	NULL,
};
static const char *const of_workspace[] = {
	"agentd.yaml",
	"shared/BULLETIN.md",
	".git/HEAD",
	".agentd/state.db",
	".agentd/lock",
	"tasks/inbox/one.md",
	"agents/max/SOUL.md",
	"agents/max/MEMORY.md",
	"agents/max/.git/HEAD",
	"agents/max/knowledge/facts.md",
	"agents/max/skills/sum/SKILL.md",
	"agents/max/work/note.md",
	NULL,
};
static const char *const anywhere[] = {
	"/etc/passwd",
	"/etc/shadow",
	"/proc/self/mem",
	"/proc/self/environ",
	"/proc/self/maps",
	"/proc/1/environ",
	"/proc/1/mem",
	"/proc/kcore",
	"/proc/sys/kernel/core_pattern",
	"/proc/sysrq-trigger",
	"/sys/kernel/uevent_helper",
	"/dev/tty",
	"/dev/mem",
	"/dev/kmsg",
	"/dev/null",
	"/dev/urandom",
	NULL,
};
static const char *const folders[] = { "/", "/tmp", "/dev/shm", "/proc", "/etc", "/root", NULL };

/* Those that destroy are tried in the workspace alone, which is made for the test: through a hole
 * in the walls they would empty this machine's own files. */
static const struct {
	const char *name;
	int flags;
	bool destroys;
} ways[] = {
	{ "read", O_RDONLY, false },
	{ "write", O_WRONLY, false },
	{ "append", O_WRONLY | O_APPEND, false },
	{ "read-write", O_RDWR, false },
	{ "truncate", O_WRONLY | O_TRUNC, true },
	{ "truncate-unread", O_RDONLY | O_TRUNC, true },
	{ "truncate-mode-3", 3 | O_TRUNC, true },
};

static bool is_of_the_system(const char *path)
{
	return !strncmp(path, "/proc", 5) || !strncmp(path, "/sys", 4) || !strncmp(path, "/dev", 4);
}

static void try_open(const char *way, int dir, const char *path, int flags)
{
	char name[PATH_MAX + 32];
	long result = said(syscall(SYS_openat, dir, path, flags | O_CLOEXEC | O_NONBLOCK, 0));

	if (result >= 0)
		close((int)result);
	if (result == -ENOENT && is_of_the_system(path))
		return; /* not every kernel has it */
	snprintf(name, sizeof(name), "%s %s", way, path);
	report(name, result);
}

static void try_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "openat2 %s", path);
	report(name, said(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how))));
}

static void try_path(const char *path, bool expendable)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (expendable || !ways[i].destroys)
			try_open(ways[i].name, AT_FDCWD, path, ways[i].flags);
	try_openat2(path);
}

/* Out of a granted folder by "..", which Landlock must refuse as any other way. */
static void try_beside(const struct scene *scene, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "../%s", name);
	try_open("read", scene->work, path, O_RDONLY);
	try_open("write", scene->work, path, O_WRONLY);
	try_open("truncate-unread", scene->knowledge, path, O_RDONLY | O_TRUNC);
}

static void try_folder(const char *folder)
{
	try_open("list", AT_FDCWD, folder, O_RDONLY | O_DIRECTORY);
	try_open("unnamed-file", AT_FDCWD, folder, O_RDWR | O_TMPFILE);
}

static void try_create(const char *folder)
{
	char path[PATH_MAX];

	try_folder(folder);
	snprintf(path, sizeof(path), "%s/new-file", folder);
	try_open("create", AT_FDCWD, path, O_WRONLY | O_CREAT);
	snprintf(path, sizeof(path), "mkdir %s/new-folder", folder);
	report(path, said(syscall(SYS_mkdirat, AT_FDCWD, path + 6, 0700)));
}

void try_paths(const struct scene *scene)
{
	char path[PATH_MAX];

	for (const char *const *name = of_self; *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", scene->self, *name);
		try_path(path, true);
		try_beside(scene, *name);
	}
	for (const char *const *name = of_workspace; *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", scene->root, *name);
		try_path(path, true);
	}
	for (const char *const *name = anywhere; *name; name++)
		try_path(*name, false);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)scene->parent);
	try_path(path, false);
	for (const char *const *name = folders; *name; name++)
		try_folder(*name);
	try_create(scene->root);
	try_create(scene->self);
	snprintf(path, sizeof(path), "%s/agents/max", scene->root);
	try_create(path);
	snprintf(path, sizeof(path), "%s/shared", scene->root);
	try_create(path);
	try_open("create", scene->knowledge, "new-file", O_WRONLY | O_CREAT);
}
