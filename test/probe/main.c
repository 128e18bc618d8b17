/* Takes the same words and descriptors as agentd-session, goes behind the same walls the same way,
 * then tries what a session must not do. One line an attempt on stderr: "NAME refused EACCES" or
 * "NAME ALLOWED"; "can NAME yes" for what a session must still be able to do. Further words:
 *
 *     sibling=PID       another session, to be left alone
 *     as=UID            become this user first
 *     without=NR:ERRNO  let system call NR fail with ERRNO from the start, as in a narrow container
 *     only=NAME         try this act alone; the deadly ones are tried in no other way */
#include "acts.h"

#include "base/span.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS_NO_WALLS 111

struct options {
	char *policy[SANDBOX_WORDS_MAX];
	size_t policy_count;
	const char *only;
	int uid; /* -1: stay who we are */
	struct {
		long nr;
		int error;
	} without[4];
	size_t without_count;
	struct scene scene;
};

static void read_dir(struct options *o, const char *value)
{
	const char *colon = strrchr(value, ':');
	int fd = colon ? (int)strtol(colon + 1, NULL, 10) : -1;

	if (!strncmp(value, "knowledge:", 10))
		o->scene.knowledge = fd;
	if (!strncmp(value, "work:", 5))
		o->scene.work = fd;
}

static void read_without(struct options *o, const char *value)
{
	char *rest;

	o->without[o->without_count].nr = strtol(value, &rest, 10);
	o->without[o->without_count++].error = *rest ? (int)strtol(rest + 1, NULL, 10) : EPERM;
}

static void read_words(struct options *o, char **words)
{
	for (; *words; words++) {
		const char *equals = strchr(*words, '='), *value = equals ? equals + 1 : "";

		if (!strncmp(*words, "dir=", 4))
			read_dir(o, value);
		else if (!strncmp(*words, "without=", 8))
			read_without(o, value);
		else if (!strncmp(*words, "sibling=", 8))
			o->scene.sibling = (pid_t)strtol(value, NULL, 10);
		else if (!strncmp(*words, "as=", 3))
			o->uid = (int)strtol(value, NULL, 10);
		else if (!strncmp(*words, "only=", 5))
			o->only = value;
		else if (o->policy_count < SANDBOX_WORDS_MAX)
			o->policy[o->policy_count++] = *words;
	}
}

/* …/agents/NAME/work → where the workspace and the own folder are. */
static bool find_places(struct scene *scene)
{
	static char root[PATH_MAX], self[PATH_MAX];
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", scene->work);
	length = readlink(link, self, sizeof(self) - 1);
	if (length <= 0 || length < 6 || strcmp(self + length - 5, "/work"))
		return false;
	self[length - 5] = '\0';
	snprintf(root, sizeof(root), "%s", self);
	for (int up = 0; up < 2; up++)
		*strrchr(root, '/') = '\0';
	scene->root = root;
	scene->self = self;
	return true;
}

static void become(int uid)
{
	if (uid < 0)
		return;
	if (setgroups(0, NULL) || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) ||
	    setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid)) {
		perror("probe: becoming another user");
		exit(STATUS_NO_WALLS);
	}
}

/* A machine that lacks a call: what stands around many containers. */
static void go_without(long nr, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LENGTH(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("probe: a filter of our own");
		exit(1);
	}
}

static void enter(struct options *o)
{
	struct sandbox_policy policy;
	const int keep[] = { 3 };
	struct error error;
	CLEANUP(buffer_clear) struct buffer walls = BUFFER(1024);

	become(o->uid);
	for (size_t i = 0; i < o->without_count; i++)
		go_without(o->without[i].nr, o->without[i].error);
	if (sandbox_policy_read(o->policy, o->policy_count, &policy, &error) ||
	    sandbox_enter(&policy, 4, keep, ARRAY_LENGTH(keep), &error)) {
		fprintf(stderr, "probe: %s\n", error.message);
		_exit(STATUS_NO_WALLS);
	}
	sandbox_in_force_print(&walls);
	fprintf(stderr, "walls %s\n", walls.data);
}

/* ---- the report ---- */

long said(long result)
{
	return result < 0 ? -errno : result;
}

static bool is_wall(long result)
{
	return result == -EACCES || result == -EPERM || result == -ENOSYS;
}

void report(const char *name, long result)
{
	if (is_wall(result))
		fprintf(stderr, "%s refused %s\n", name, strerrorname_np((int)-result));
	else
		fprintf(stderr, "%s ALLOWED (%s)\n", name,
			result < 0 ? strerrorname_np((int)-result) : "done");
}

/* Without the two great walls the attempts would be acts: then only this is said. A filter refuses
 * getppid(2), Landlock the workspace's agentd.yaml. */
static bool walls_stand(const struct scene *scene)
{
	char path[PATH_MAX];
	long filter = said(syscall(SYS_getppid)), landlock;

	snprintf(path, sizeof(path), "%s/agentd.yaml", scene->root);
	landlock = said(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
	report("getppid", filter);
	report("read agentd.yaml", landlock);
	return is_wall(filter) && is_wall(landlock);
}

static void try_table(const struct scene *scene, const struct act *acts, const char *only)
{
	for (; acts->name; acts++)
		if (only ? !strcmp(only, acts->name) : !acts->deadly)
			report(acts->name, acts->run(scene));
}

static void confirm(const char *name, bool works)
{
	fprintf(stderr, "can %s %s\n", name, works ? "yes" : "NO");
}

/* Everything that was not handed over is closed. */
static bool holds_only_its_own(const struct scene *scene)
{
	bool clean = true;

	for (int fd = 3; fd < 1024; fd++) {
		bool own = fd == scene->socket || fd == scene->knowledge || fd == scene->work;
		char buffer[256];

		/* fstat(2), by number: libc's may be newfstatat, which is refused */
		if (!own && !syscall(SYS_fstat, fd, buffer))
			clean = false;
	}
	return clean;
}

/* What must work behind the walls. */
static void try_rights(const struct scene *scene)
{
	char text[64];
	int read_fd, write_fd, made, moved, listed;

	confirm("hold only its descriptors", holds_only_its_own(scene));
	read_fd = openat(scene->knowledge, "facts.md", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	confirm("read knowledge/facts.md", read_fd >= 0 && read(read_fd, text, sizeof(text)) > 0);
	made = mkdirat(scene->work, "reports", 0777);
	write_fd = openat(scene->work, "reports/.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  0666);
	confirm("write work/",
		!made && write_fd >= 0 && write(write_fd, "x\n", 2) == 2 && !fsync(write_fd));
	moved = renameat(scene->work, "reports/.new", scene->work, "reports/today.md");
	confirm("rename in a folder of work/", !moved);
	listed = openat(scene->work, "reports", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	confirm("list work/", listed >= 0 && syscall(SYS_getdents64, listed, text, 64) > 0);
	confirm("remove in work/", !unlinkat(scene->work, "reports/today.md", 0));
	confirm("send to agentd", write(scene->socket, "x", 1) == 1);
}

int main(int argc, char **argv)
{
	struct options options = { .uid = -1 };

	options.scene =
		(struct scene){ .knowledge = -1, .work = -1, .socket = 3, .parent = getppid() };
	read_words(&options, argc ? argv + 1 : argv);
	if (!find_places(&options.scene)) {
		fprintf(stderr, "probe: needs dir=knowledge:FD dir=work:FD of an agent\n");
		return 2;
	}
	enter(&options);
	if (!walls_stand(&options.scene))
		return 1;
	if (!options.only) {
		try_rights(&options.scene);
		try_paths(&options.scene);
		try_sockets(&options.scene);
	}
	try_table(&options.scene, file_acts, options.only);
	try_table(&options.scene, process_acts, options.only);
	try_table(&options.scene, kernel_acts, options.only);
	try_table(&options.scene, network_acts, options.only);
	if (!options.only)
		try_all_calls();
	return 0;
}
