#include "served.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "rpc/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define START_WAIT_MS 120000
#define STOP_WAIT_MS 20000
#define SESSION_WAIT_MS 30000
#define ENDS_MAX 4096

struct ended {
	char agent[AGENT_NAME_SIZE];
	bool done;
	char *reason;
};

struct served {
	struct bench *bench;
	const struct farm *farm;
	struct process process;
	double ready_ms;
	struct rpc *rpc;
	struct ended ends[ENDS_MAX]; /* a ring of sessions that ended and were not asked for yet */
	size_t first, count;
};

/* ---- the process ---- */

static int notify_listen(const char *path, int *ret_fd, struct error *error)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		return error_set(error, ERROR_INVALID, "%s is too long for a socket", path);
	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return error_set_system(error, errno, "cannot listen on %s", path);
	*ret_fd = fd;
	return 0;
}

static int notify_await(struct served *served, int fd, struct error *error)
{
	struct pollfd polled[2] = { { .fd = fd, .events = POLLIN },
				    { .fd = served->process.pidfd, .events = POLLIN } };
	char text[256];
	ssize_t size;

	while (poll(polled, 2, START_WAIT_MS) > 0 && !(polled[1].revents & POLLIN)) {
		size = recv(fd, text, sizeof(text) - 1, 0);
		text[size > 0 ? size : 0] = '\0';
		if (!strncmp(text, "READY=1", 7))
			return 0;
	}
	return error_set(error, ERROR_CLOSED, "agentd did not start: see %s/agentd.log",
			 served->bench->folder);
}

static int spawn_daemon(struct served *served, const char *notify, struct error *error)
{
	const struct bench *bench = served->bench;
	_free_ char *path = xasprintf("%s/bin/agentd", bench->build);
	_free_ char *home = xasprintf("HOME=%s", bench->folder);
	_free_ char *socket = xasprintf("NOTIFY_SOCKET=%s", notify);
	const char *const argv[] = { "agentd", "-w", served->farm->path, NULL };
	const char *const environment[] = { home, socket, "PATH=/usr/bin:/bin", NULL };
	_fd_ int log = -1;
	struct process_plan plan = { .path = path,
				     .argv = argv,
				     .environment = environment,
				     .fd_count = 1,
				     .directory = -1 };
	int result = file_append_open(bench->dir, "agentd.log", 0644, &log, error);

	plan.fds[0] = (struct process_fd){ log, STDERR_FILENO };
	return result ? result : process_spawn(&plan, &served->process, error);
}

int served_start(struct bench *bench, const struct farm *farm, struct served **ret_served,
		 struct error *error)
{
	struct served *served = xcalloc(1, sizeof(*served));
	_free_ char *notify = xasprintf("%s/notify", bench->folder);
	_fd_ int fd = -1;
	int64_t begin;
	int result = notify_listen(notify, &fd, error);

	served->bench = bench;
	served->farm = farm;
	served->process = PROCESS_NONE;
	begin = clock_monotonic_us();
	if (!result)
		result = spawn_daemon(served, notify, error);
	if (!result)
		result = notify_await(served, fd, error);
	served->ready_ms = (double)(clock_monotonic_us() - begin) / 1000;
	if (result)
		served_stop(served);
	else
		*ret_served = served;
	return result;
}

static void process_end_now(struct process *process)
{
	struct pollfd polled = { .fd = process->pidfd, .events = POLLIN };
	struct process_end end;

	if (!process->pid)
		return;
	process_signal(process, SIGTERM);
	if (poll(&polled, 1, STOP_WAIT_MS) <= 0)
		process_signal(process, SIGKILL);
	process_reap(process, true, &end, NULL);
}

void served_kill(struct served *served)
{
	if (served)
		process_signal(&served->process, SIGKILL);
	served_stop(served);
}

void served_stop(struct served *served)
{
	if (!served)
		return;
	rpc_free(served->rpc);
	process_end_now(&served->process);
	for (; served->count; served->count--)
		free(served->ends[served->first++ % ENDS_MAX].reason);
	free(served);
}

pid_t served_pid(const struct served *served)
{
	return served->process.pid;
}

double served_ready_ms(const struct served *served)
{
	return served->ready_ms;
}

/* ---- sessions ---- */

static void on_hello(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)rpc, (void)context, (void)method, (void)params, (void)id;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void on_event(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	struct served *served = context;
	struct ended *ended = &served->ends[(served->first + served->count) % ENDS_MAX];

	(void)rpc, (void)method, (void)id;
	if (strcmp(text_of(params, "event"), "session_end") || served->count == ENDS_MAX)
		return;
	snprintf(ended->agent, sizeof(ended->agent), "%s", text_of(params, "agent"));
	ended->done = !strcmp(text_of(params, "outcome"), "done");
	ended->reason = xstrdup(text_of(params, "reason"));
	served->count++;
}

static const struct rpc_permit permits[] = {
	{ "hello", ~0u, true, on_hello },
	{ "event", ~0u, true, on_event },
};

static int connect_once(struct served *served, struct error *error)
{
	_fd_ int dir = -1;
	int fd, result;

	if (served->rpc)
		return 0;
	result = directory_open_beneath(served->farm->dir, ".agentd", &dir, error);
	if (!result)
		result = rpc_connect(dir, "agentd.sock", &fd, error);
	if (!result)
		served->rpc = rpc_new(fd, RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), served);
	return result;
}

int served_run(struct served *served, const char *agent, struct error *error)
{
	json_t *answer;
	int result = connect_once(served, error);

	if (!result)
		result = rpc_call(served->rpc, "run",
				  json_pack("{s:s,s:s}", "agent", agent, "heartbeat", "Daily"),
				  SESSION_WAIT_MS, &answer, error);
	if (!result)
		json_decref(answer);
	return result;
}

int served_status(struct served *served, const char *key, int64_t *ret_number, struct error *error)
{
	json_t *answer;
	int result = connect_once(served, error);

	if (!result)
		result = rpc_call(served->rpc, "status", json_object(), SESSION_WAIT_MS, &answer,
				  error);
	if (result)
		return result;
	*ret_number = json_integer_value(json_object_get(json_object_get(answer, "daemon"), key));
	json_decref(answer);
	return 0;
}

int served_await_end(struct served *served, char *ret_agent, struct error *error)
{
	struct ended *ended;
	int result = 0;

	while (!result && !served->count)
		result = rpc_wait(served->rpc, SESSION_WAIT_MS, error);
	if (result)
		return error_prefix(error, "waiting for a session's end: ");
	ended = &served->ends[served->first++ % ENDS_MAX];
	served->count--;
	if (ret_agent)
		snprintf(ret_agent, AGENT_NAME_SIZE, "%s", ended->agent);
	if (!ended->done)
		result = error_set(error, ERROR_REMOTE, "a session of %s failed: %s", ended->agent,
				   ended->reason);
	free(steal_pointer(&ended->reason));
	return result;
}
