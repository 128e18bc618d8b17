/* History and gateway: that what their libraries need works behind the walls, and the rest does
 * not. Each row is a question that this program, started again with the words of a policy, asks
 * itself inside. */
#include "workspace.h"

#include "base/file.h"
#include "base/process.h"
#include "sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILTER 4
#define WORK 5
#define GIVEN 6 /* a single file, to be read: agents/kira/SOUL.md */

/* Where a child stands; from its words. */
static struct {
	const char *root; /* of a workspace */
	int port;         /* of a listening socket on loopback */
} scene;

/* ---- questions ---- */

static void *say_so(void *done)
{
	*(bool *)done = true;
	return NULL;
}

static bool starts_threads(void)
{
	bool done = false;
	pthread_t thread;

	return !pthread_create(&thread, NULL, say_so, &done) && !pthread_join(thread, NULL) && done;
}

static bool forks(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid > 0;
}

static bool execs(void)
{
	char *const words[] = { NULL };

	execve("/bin/true", words, words);
	return errno != EPERM && errno != EACCES;
}

static bool reads_etc(void)
{
	_fd_ int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

static bool reads_workspace(void)
{
	_free_ char *path = xasprintf("%s/agents/max/MEMORY.md", scene.root);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

static bool reads_given_file(void)
{
	_free_ char *path = xasprintf("%s/agents/kira/SOUL.md", scene.root);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC), write_fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write_fd < 0;
}

static bool replaces_files(void)
{
	return !file_replace(WORK, "note.md", SPAN("new"), 0600, NULL);
}

static bool makes_links(void)
{
	return !symlinkat("note.md", WORK, "link") && !unlinkat(WORK, "link", 0);
}

static bool handles_locks_and_folders(void)
{
	int dir = WORK;
	_fd_ int fd = openat(dir, "index.lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !ftruncate(fd, 0) &&
	       pwrite(fd, "x", 1, 0) == 1 && !fchmod(fd, 0444) && !fsync(fd) &&
	       !renameat(dir, "index.lock", dir, "index") && !mkdirat(dir, "objects", 0777) &&
	       !unlinkat(dir, "objects", AT_REMOVEDIR) && !unlinkat(dir, "index", 0);
}

static bool writes_outside(void)
{
	_free_ char *path = xasprintf("%s/agents/max/new.md", scene.root);
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0;
}

static bool makes_sockets(void)
{
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

static bool makes_unix_sockets(void)
{
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

static bool makes_packet_sockets(void)
{
	_fd_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

static bool resolves_names(void)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = AI_ADDRCONFIG };
	struct addrinfo *found = NULL;
	int failed = getaddrinfo("localhost", "80", &hints, &found);

	if (failed)
		fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(failed));
	else
		freeaddrinfo(found);
	return !failed;
}

static bool connects(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)scene.port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	return fd >= 0 && !setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on)) &&
	       !connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static bool kills_parent(void)
{
	return !kill(getppid(), 0);
}

static bool maps_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool raises_limits(void)
{
	const struct rlimit core = { 1, 1 };

	return !setrlimit(RLIMIT_CORE, &core);
}

static bool has_unshare(void)
{
	return !syscall(SYS_unshare, 0);
}

struct question {
	const char *name;
	bool (*ask)(void);
	bool history, gateway; /* the answers we want */
};

static const struct question questions[] = {
	{ "starts threads", starts_threads, true, true },
	{ "forks", forks, false, false },
	{ "execs", execs, false, false },
	{ "reads /etc", reads_etc, true, true },
	{ "reads another folder", reads_workspace, false, false },
	{ "reads the file it was given", reads_given_file, true, true },
	{ "replaces files", replaces_files, true, false },
	{ "makes links", makes_links, true, false },
	{ "handles locks and folders", handles_locks_and_folders, true, false },
	{ "writes outside", writes_outside, false, false },
	{ "makes sockets", makes_sockets, false, true },
	{ "makes unix sockets", makes_unix_sockets, false, false },
	{ "makes packet sockets", makes_packet_sockets, false, false },
	{ "resolves names", resolves_names, true, true }, /* localhost, out of /etc/hosts */
	{ "connects", connects, false, true },
	{ "kills its parent", kills_parent, false, false },
	{ "maps executable memory", maps_executable, false, false },
	{ "raises limits", raises_limits, false, false },
	{ "unshares", has_unshare, false, false },
};

/* ---- in the child ---- */

/* Its exit status is the number of wrong answers. */
static int ask_all(const struct sandbox_policy *policy)
{
	struct error error;
	int wrong = 0;

	if (sandbox_enter(policy, FILTER, NULL, 0, &error)) {
		fprintf(stderr, "%s\n", error.message);
		return 111;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
		const struct question *q = &questions[i];
		bool want = policy->role == SANDBOX_HISTORY ? q->history : q->gateway;

		if (q->ask() == want)
			continue;
		fprintf(stderr, "%s: %s\n", q->name, want ? "cannot" : "can");
		wrong++;
	}
	return wrong;
}

/* The user's own choice: no Landlock, no filter; still no_new_privs, limits and no stray
 * descriptors. */
static int ask_without_walls(const struct sandbox_policy *policy)
{
	CLEANUP(buffer_clear) struct buffer walls = BUFFER(100);
	struct error error;
	int stray = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int wrong = sandbox_enter(policy, -1, NULL, 0, &error) != 0;

	wrong += !reads_etc() + !makes_sockets() + raises_limits() + (fcntl(stray, F_GETFD) >= 0);
	sandbox_in_force_print(&walls);
	return wrong + (strcmp(walls.data, "no_new_privs and limits only") != 0);
}

/* argv: root, port, then a policy. */
static int be_the_child(int argc, char **argv)
{
	struct sandbox_policy policy;

	scene.root = argv[1];
	scene.port = (int)strtol(argv[2], NULL, 10);
	if (sandbox_policy_read(argv + 3, (size_t)argc - 3, &policy, NULL))
		return 2;
	return policy.off ? ask_without_walls(&policy) : ask_all(&policy);
}

/* ---- outside ---- */

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void run_child(const struct sandbox_policy *policy, const struct workspace *w, int port,
		      const char *abi, struct process_end *ret_end)
{
	_free_ char *port_word = xasprintf("%d", port),
		    *mask = xasprintf("AGENTD_LANDLOCK_ABI=%s", abi);
	const char *const environment[] = { mask, NULL };
	char *argv[SANDBOX_WORDS_MAX + 4] = { xstrdup("child"), xstrdup(w->root),
					      xstrdup(port_word) };
	struct process_plan plan = {
		.path = "/proc/self/exe",
		.argv = (const char *const *)argv,
		.environment = environment,
		.fds = { { 2, 2 }, { w->work, WORK }, { -1, FILTER }, { -1, GIVEN } },
		.fd_count = 4,
		.directory = -1,
	};
	_fd_ int filter = -1, given = openat(w->work, "../SOUL.md", O_PATH | O_CLOEXEC);
	struct process process;
	struct error error;

	sandbox_policy_words(policy, argv + 3);
	assert_int_equal(sandbox_filter_build(policy->role, &filter, &error), 0);
	plan.fds[2].from = filter;
	plan.fds[3].from = given;
	assert_int_equal(process_spawn(&plan, &process, &error), 0);
	assert_int_equal(process_reap(&process, true, ret_end, &error), 0);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
}

static void ask(const struct sandbox_policy *policy, const char *abi)
{
	struct sandbox_support support;
	struct workspace workspace;
	struct process_end end;
	_fd_ int listener = -1;
	int port;

	sandbox_probe(&support);
	if (!support.enough)
		skip();
	workspace_make(&workspace, getuid());
	listener = listen_on_loopback(&port);
	run_child(policy, &workspace, port, abi, &end);
	workspace_remove(&workspace);
	assert_false(end.signalled);
	assert_int_equal(end.code, 0);
}

static void history_has_what_it_needs(void **state)
{
	const struct sandbox_policy policy = { .role = SANDBOX_HISTORY,
					       .rules = { { WORK, true }, { GIVEN, false } },
					       .rule_count = 2 };

	(void)state;
	ask(&policy, "999");
	ask(&policy, "2");
}

static void gateway_has_what_it_needs(void **state)
{
	const struct sandbox_policy policy = { .role = SANDBOX_GATEWAY,
					       .rules = { { GIVEN, false } },
					       .rule_count = 1 };

	(void)state;
	ask(&policy, "999");
	ask(&policy, "2");
}

static void off_is_off(void **state)
{
	const struct sandbox_policy policy = { .role = SANDBOX_SESSION, .off = true };

	(void)state;
	ask(&policy, "999");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_has_what_it_needs),
		cmocka_unit_test(gateway_has_what_it_needs),
		cmocka_unit_test(off_is_off),
	};

	if (argc > 3)
		return be_the_child(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
