#include "place.h"

#include "base/clock.h"
#include "base/filesystem.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* One thing that was looked at. */
struct finding {
	const char *what;
	bool good, must; /* must: what is wrong here keeps agents from running */
	char *seen, *mend;
};

#define FINDINGS_MAX 200
#define STATE_FILES_MAX 10000
#define STATE_CHECK_MS 3000
#define LOCK_OLD_S 10

struct examination {
	struct workspace *workspace;
	struct finding items[FINDINGS_MAX];
	size_t count;
};

static struct finding *find(struct examination *exam, const char *what, bool good, bool must)
{
	struct finding *finding;

	if (exam->count == FINDINGS_MAX)
		exam->count--;
	finding = &exam->items[exam->count++];
	*finding = (struct finding){ .what = what, .good = good, .must = must };
	return finding;
}

/* ---- what is looked at ---- */

static void look_at_walls(struct examination *exam)
{
	struct sandbox_support support;
	bool off = exam->workspace && exam->workspace->settings->sandbox_off;
	struct finding *finding;

	sandbox_probe(&support);
	finding = find(exam, "walls", support.enough && !off, !off);
	finding->seen = xasprintf(
		"Landlock ABI %d, seccomp %s, no_new_privs %s, user namespaces %s%s",
		support.landlock_abi, support.seccomp ? "yes" : "no",
		support.no_new_privs ? "yes" : "no", support.user_namespaces ? "yes" : "no",
		off ? "; switched off in agentd.yaml" : "");
	if (off)
		finding->mend = xstrdup("remove `sandbox: off` from agentd.yaml");
	else if (!support.enough)
		finding->mend = xasprintf("%s; or, to run without walls, write `sandbox: off` into "
					  "agentd.yaml",
					  support.mend);
	else if (support.landlock_abi < 3)
		finding->mend = xstrdup(
			"Linux 6.2 or newer also controls truncation by Landlock; until "
			"then seccomp does");
}

static bool read_limit(const char *path, long *ret_value)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(64);
	_fd_ int proc = -1;

	if (directory_open("/proc/sys", &proc, NULL) || file_read(proc, path, &text, NULL, NULL))
		return false;
	*ret_value = strtol(text.data ? text.data : "", NULL, 10);
	return true;
}

static void look_at_watches(struct examination *exam)
{
	long watches = 0, instances = 0;
	struct finding *finding;
	bool known = read_limit("fs/inotify/max_user_watches", &watches) &&
		     read_limit("fs/inotify/max_user_instances", &instances);

	finding = find(exam, "inotify", !known || (watches >= 8192 && instances >= 16), false);
	finding->seen = known ? xasprintf("%ld watches, %ld instances for each user", watches,
					  instances)
			      : xstrdup("limits cannot be read");
	if (!finding->good)
		finding->mend = xstrdup("sysctl fs.inotify.max_user_watches=65536 "
					"fs.inotify.max_user_instances=128");
}

static void look_at_disk(struct examination *exam)
{
	struct statvfs disk;
	struct finding *finding;
	uint64_t free_mib;

	if (!exam->workspace || fstatvfs(exam->workspace->dir, &disk))
		return;
	free_mib = (uint64_t)disk.f_bavail * disk.f_frsize / (1024 * 1024);
	finding = find(exam, "disk", free_mib >= 256, true);
	finding->seen = xasprintf("%" PRIu64 " MiB free", free_mib);
	if (!finding->good)
		finding->mend = xstrdup("make room: below 256 MiB commits and state.db may fail");
}

static void find_filesystem(struct examination *exam, const char *where,
			    const struct filesystem *fs)
{
	struct filesystem_finding found[FILESYSTEM_FINDINGS];
	size_t count = filesystem_judge(fs, found);
	struct finding *finding;

	for (size_t i = 0; i < count; i++) {
		finding = find(exam, "filesystem", false, found[i].is_refusal);
		finding->seen = xasprintf("%s is on %s, which %s", where, fs->name, found[i].what);
		finding->mend = xstrdup(found[i].mend);
	}
	if (count)
		return;
	finding = find(exam, "filesystem", true, false);
	finding->seen = xasprintf("%s: files are exchanged, locked, mapped", where);
}

/* As agentd looks at them when it starts. */
static void look_at_filesystems(struct examination *exam)
{
	_fd_ int agents = -1, state = -1;
	struct filesystem fs;

	if (directory_open_beneath(exam->workspace->dir, ".agentd", &state, NULL))
		filesystem_look_at_kind(exam->workspace->dir, &fs);
	else
		filesystem_look(state, "doctor", &fs);
	find_filesystem(exam, ".agentd", &fs);
	if (directory_open_beneath(exam->workspace->dir, "agents", &agents, NULL) ||
	    !filesystem_differs(state < 0 ? exam->workspace->dir : state, agents))
		return;
	filesystem_look_at_kind(agents, &fs);
	find_filesystem(exam, "agents", &fs);
}

static void look_at_clock(struct examination *exam)
{
	char now[INSTANT_SIZE];
	int64_t at = clock_wall_s();
	struct finding *finding = find(exam, "clock", at > 1735689600, true); /* 2025-01-01 */

	finding->seen = xasprintf("%s, zone %s", instant_print(at, now),
				  exam->workspace ? zone_name(exam->workspace->zone) : "unknown");
	if (!finding->good)
		finding->mend = xstrdup("set the clock: schedules would run at the wrong time");
}

static void look_at_owner(struct examination *exam)
{
	struct stat st;
	struct finding *finding;

	if (!exam->workspace || fstat(exam->workspace->dir, &st))
		return;
	finding = find(exam, "owner", st.st_uid == geteuid(), true);
	finding->seen = xasprintf("the workspace belongs to user %u, you are %u",
				  (unsigned)st.st_uid, (unsigned)geteuid());
	if (!finding->good)
		finding->mend = xasprintf(
			"run this as that user (sudo -u '#%u'), or make it yours: "
			"chown -R %u %s",
			(unsigned)st.st_uid, (unsigned)geteuid(), exam->workspace->path);
}

/* ---- what a fault has left ---- */

static void look_at_writing(struct examination *exam)
{
	struct finding *finding;
	bool may = !faccessat(exam->workspace->dir, ".agentd", W_OK, AT_EACCESS) || errno == ENOENT;
	int failed = may ? 0 : errno;

	finding = find(exam, "writing", may, true);
	finding->seen = may ? xstrdup(".agentd may be written")
			    : xasprintf(".agentd: %s", strerror(failed));
	if (!may)
		finding->mend = xstrdup(
			failed == EROFS ? "mount the file system writable again"
					: "make .agentd and what is in it writable for you");
}

static int count_aside(void *context, const char *name, unsigned char type)
{
	(void)type;
	*(unsigned *)context += !strncmp(name, "state.db.damaged-", 17) && !strstr(name, "-wal") &&
				!strstr(name, "-shm");
	return 0;
}

static void look_at_state(struct examination *exam)
{
	CLEANUP(store_close) struct store *store = NULL;
	_fd_ int dir = -1;
	unsigned aside = 0;
	struct error error;
	struct finding *finding;
	int result = directory_open_beneath(exam->workspace->dir, ".agentd", &dir, NULL);

	if (result)
		return; /* no daemon has run here */
	directory_walk(dir, STATE_FILES_MAX, count_aside, &aside, NULL);
	result = store_open(dir, true, &store, &error);
	if (!result)
		result = store_check(store, STATE_CHECK_MS, &error);
	finding = find(exam, "state.db", !result || result == -(int)ERROR_NOT_FOUND, true);
	finding->seen = result ? xstrdup(error.message) : xstrdup("sound");
	if (aside) {
		finding = find(exam, "state.db", false, false);
		finding->seen = xasprintf("%u damaged %s set aside in .agentd", aside,
					  aside == 1 ? "one is" : "ones are");
		finding->mend = xstrdup("look into it with sqlite3, or remove it");
	}
}

static void look_at_lock(struct examination *exam, const char *repository)
{
	_free_ char *path = xasprintf("%s/.git/index.lock", repository);
	struct finding *finding;
	struct stat st;

	if (file_stat(exam->workspace->dir, path, &st, NULL) ||
	    clock_wall_s() - st.st_mtim.tv_sec < LOCK_OLD_S)
		return;
	finding = find(exam, "lock", false, false);
	finding->seen = xasprintf("%s is %" PRId64 " s old", path,
				  clock_wall_s() - (int64_t)st.st_mtim.tv_sec);
	finding->mend = xstrdup(
		"if no git is at work there, remove it (agentd does, after a while)");
}

static int look_at_agent(void *context, const char *name)
{
	struct examination *exam = context;
	_free_ char *repository = xasprintf("agents/%s", name);
	_fd_ int dir = -1;
	struct error error;
	struct finding *finding;

	look_at_lock(exam, repository);
	if (!workspace_agent_open(exam->workspace, name, &dir, &error))
		return 0;
	finding = find(exam, "agent", false, false);
	finding->seen = xasprintf("%s", error.message);
	return 0;
}

static void look_at_provider(struct examination *exam, const struct provider *provider)
{
	struct finding *finding;
	bool there = true;

	if (provider->kind == PROVIDER_REHEARSAL) {
		finding = find(exam, "provider", true, false);
		finding->seen = xasprintf("%s: acts out REHEARSAL.md, calls nothing",
					  provider->name);
		return;
	}
	if (provider->key_source == KEY_ENV)
		there = getenv(provider->key_reference) != NULL;
	else if (provider->key_source == KEY_FILE)
		there = !access(provider->key_reference, R_OK);
	finding = find(exam, "provider", there, false);
	finding->seen = xasprintf("%s: %s%s", provider->name, provider->base_url,
				  there ? "" : ", its key is missing here");
	if (!there)
		finding->mend = xasprintf(
			provider->key_source == KEY_ENV
				? "export %s before agentd starts; one that runs has its own environment"
				: "put the key into %s, readable for you",
			provider->key_reference);
}

static void look_at_daemon(struct examination *exam, const struct invocation *invocation)
{
	CLEANUP(connection_close) struct connection *connection = NULL;
	struct error error;
	bool running = !connection_open(invocation, NULL, NULL, &connection, &error);
	struct finding *finding = find(exam, "daemon", true, false);

	finding->seen = xstrdup(running ? "running" : "not running");
}

/* ---- a call that costs something ---- */

struct live {
	bool done, text;
	char outcome[16];
	char *reason;
};

static void on_event(void *context, const json_t *event)
{
	struct live *live = context;
	const char *name = json_string_value(json_object_get(event, "event"));
	const char *reason = json_string_value(json_object_get(event, "reason"));

	if (!name || strcmp(name, "session_end"))
		return;
	live->done = true;
	snprintf(live->outcome, sizeof(live->outcome), "%s",
		 json_string_value(json_object_get(event, "outcome")));
	live->reason = xstrdup_or_null(reason);
}

static int first_agent(void *context, const char *name)
{
	*(char **)context = xstrdup(name);
	return 1;
}

/* The whole way through a daemon that runs: session, walls, gateway, provider. */
static void call_live(struct examination *exam, const struct invocation *invocation)
{
	CLEANUP(connection_close) struct connection *connection = NULL;
	struct live live = { 0 };
	struct error error;
	_free_ char *name = NULL;
	json_t *answer = NULL;
	struct finding *finding;
	int result = connection_open(invocation, on_event, &live, &connection, &error);

	workspace_agents(exam->workspace, first_agent, &name, NULL);
	if (!result && !name)
		result = error_set(&error, ERROR_NOT_FOUND, "there is no agent to try it with");
	if (!result)
		result = rpc_call(
			connection->rpc, "run",
			json_pack("{s:s,s:s}", "agent", name, "message",
				  "This is a test of the connection. Answer with one word."),
			10000, &answer, &error);
	json_decref(answer);
	while (!result && !live.done)
		result = rpc_wait(connection->rpc, 300000, &error);
	finding = find(exam, "live call", !result && !strcmp(live.outcome, "done"), true);
	finding->seen = result ? xstrdup(error.message)
			       : xasprintf("a message to %s: %s%s%s", name, live.outcome,
					   live.reason ? ": " : "", live.reason ? live.reason : "");
	free(live.reason);
}

/* ---- telling ---- */

static json_t *as_json(const struct examination *exam)
{
	json_t *list = json_array();

	for (size_t i = 0; i < exam->count; i++)
		json_array_append_new(list,
				      json_pack("{s:s,s:b,s:s,s:s?}", "what", exam->items[i].what,
						"good", (int)exam->items[i].good, "seen",
						exam->items[i].seen, "mend", exam->items[i].mend));
	return list;
}

static void print_all(const struct examination *exam)
{
	for (size_t i = 0; i < exam->count; i++) {
		const struct finding *finding = &exam->items[i];

		printf("%-5s %-10s %s\n",
		       finding->good   ? "ok"
		       : finding->must ? "WRONG"
				       : "note",
		       finding->what, finding->seen);
		if (finding->mend)
			printf("                 mend: %s\n", finding->mend);
	}
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	struct examination exam = { 0 };
	struct error error;
	int status = STATUS_DONE;
	struct finding *finding;

	if (place_open(invocation, &workspace, NULL, &error)) {
		finding = find(&exam, "workspace", false, invocation->workspace != NULL);
		finding->seen = xstrdup(error.message);
	}
	exam.workspace = workspace;
	look_at_walls(&exam);
	look_at_watches(&exam);
	look_at_clock(&exam);
	if (workspace) {
		look_at_disk(&exam);
		look_at_filesystems(&exam);
		look_at_writing(&exam);
		look_at_state(&exam);
		look_at_lock(&exam, ".");
		look_at_owner(&exam);
		for (size_t i = 0; i < workspace->settings->provider_count; i++)
			look_at_provider(&exam, &workspace->settings->providers[i]);
		workspace_agents(workspace, look_at_agent, &exam, NULL);
		look_at_daemon(&exam, invocation);
		if (invocation_option(invocation, "live"))
			call_live(&exam, invocation);
	}
	for (size_t i = 0; i < exam.count; i++)
		if (exam.items[i].must && !exam.items[i].good)
			status = STATUS_FAILED;
	if (invocation->json)
		print_json(as_json(&exam));
	else
		print_all(&exam);
	for (size_t i = 0; i < exam.count; i++) {
		free(exam.items[i].seen);
		free(exam.items[i].mend);
	}
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.text = "look at walls, limits, clock, disk, keys: each with its mend",
	.more = "Exit status 1 when something keeps agents from running. --live makes a real call, through\n"
		"a running daemon, with the first agent.",
	.reads = true,
	.options = { { "live", 0, NULL, "also call the model" } },
	.run = run,
};
