#include "peer.h"

#include "base/file.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_MS 20000
#define HELD_MAX 8

/* ---- folders ---- */

static int make_folder(const char *root, const char *name)
{
	_free_ char *path = xasprintf("%s/%s", root, name);
	int fd = -1;

	if (mkdir(path, 0700) || directory_open(path, &fd, NULL))
		BUG("%s: %s", path, strerror(errno));
	return fd;
}

struct plan *peer_plan(void)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	snprintf(plan->session, sizeof(plan->session), "01JD0000000000000000000000");
	snprintf(plan->agent, sizeof(plan->agent), "kira");
	plan->cause = CAUSE_MESSAGE;
	plan->message = xstrdup("How much is two plus two?");
	plan->constitution.text = xstrdup("1. Never lie.\n");
	plan->soul.text = xstrdup("# Kira\nSupport.\n");
	plan->moment = xstrdup("Saturday 2026-11-21 08:00 Asia/Taipei (UTC+08:00)");
	plan->turns_max = 40;
	plan->max_output_tokens = 4096;
	plan->tool_output_bytes = 262144;
	return plan;
}

void peer_init(struct peer *peer)
{
	_fd_ int fd = -1;

	snprintf(peer->root, sizeof(peer->root), "/tmp/agentd-session-XXXXXX");
	if (!mkdtemp(peer->root))
		BUG("%s: %s", peer->root, strerror(errno));
	peer->knowledge = make_folder(peer->root, "knowledge");
	peer->work = make_folder(peer->root, "work");
	if (file_create(peer->knowledge, "facts.md", 0600, &fd, NULL) ||
	    fd_write_all(fd, SPAN("Two plus two is four."), NULL))
		BUG("facts.md");
	peer->completions = json_array();
	peer->tools = json_array();
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void peer_clear(struct peer *peer)
{
	fd_close(&peer->knowledge);
	fd_close(&peer->work);
	nftw(peer->root, delete, 16, FTW_PHYS | FTW_DEPTH);
	free(peer->walls);
	json_decref(peer->completions);
	json_decref(peer->tools);
	json_decref(peer->done);
}

/* ---- the other side of the socket ---- */

struct service {
	struct peer *peer;
	uint64_t held[HELD_MAX];
	size_t held_count;
};

static void hear_hello(struct rpc *rpc, void *context, const char *method, const json_t *params,
		       uint64_t id)
{
	struct service *service = context;

	(void)rpc;
	(void)method;
	(void)id;
	service->peer->walls = xstrdup(json_string_value(json_object_get(params, "walls")));
}

static void hear_complete(struct rpc *rpc, void *context, const char *method, const json_t *params,
			  uint64_t id)
{
	struct service *service = context;
	struct peer *peer = service->peer;
	size_t turn = json_array_size(peer->completions), count = 0;
	struct error error;

	(void)method;
	/* a deep copy, which is what it was when it came */
	json_array_append_new(peer->completions, json_deep_copy(params));
	while (peer->replies && peer->replies[count])
		count++;
	if (peer->hang_up) {
		rpc_close(rpc);
	} else if (turn < count) {
		json_t *reply = json_loads(peer->replies[turn], 0, NULL);
		bool is_reply = !json_object_get(reply, "overflow") &&
				!json_object_get(reply, "failed");

		rpc_reply(rpc, id, is_reply ? json_pack("{s:o}", "reply", reply) : reply);
	} else {
		error_set(&error, ERROR_REMOTE, "the model is on strike");
		rpc_refuse(rpc, id, &error);
	}
}

/* Answers all held calls, the last one first: results must come out in the order of the calls all
 * the same. */
static void answer_held(struct rpc *rpc, struct service *service)
{
	while (service->held_count) {
		char content[32];

		service->held_count--;
		snprintf(content, sizeof(content), "answer %zu", service->held_count);
		rpc_reply(rpc, service->held[service->held_count],
			  json_pack("{s:s, s:b}", "content", content, "error", 0));
	}
}

static void hear_tool(struct rpc *rpc, void *context, const char *method, const json_t *params,
		      uint64_t id)
{
	struct service *service = context;

	(void)method;
	json_array_append_new(service->peer->tools, json_deep_copy(params));
	service->held[service->held_count++] = id;
	if (service->held_count >= service->peer->hold)
		answer_held(rpc, service);
}

static void hear_done(struct rpc *rpc, void *context, const char *method, const json_t *params,
		      uint64_t id)
{
	struct service *service = context;

	(void)rpc;
	(void)method;
	(void)id;
	service->peer->done = json_deep_copy(params);
}

static const struct rpc_permit permits[] = {
	{ "hello", ~0u, true, hear_hello },
	{ "complete", ~0u, false, hear_complete },
	{ "tool", ~0u, false, hear_tool },
	{ "done", ~0u, true, hear_done },
};

/* ---- the process ---- */

static void spawn(struct peer *peer, const char *const *words, int socket, int filter,
		  struct process *ret_process)
{
	const struct process_plan plan = {
		.path = SESSION,
		.argv = words,
		.fds = { { 2, 2 },
			 { socket, 3 },
			 { peer->knowledge, 5 },
			 { peer->work, 6 },
			 { filter, 4 } },
		.fd_count = filter < 0 ? 4 : 5,
		.directory = -1,
	};
	struct error error;

	if (process_spawn(&plan, ret_process, &error))
		BUG("%s", error.message);
}

static void reap(struct process *process, struct process_end *ret_end)
{
	struct error error;

	if (process_reap(process, true, ret_end, &error))
		BUG("%s", error.message);
}

struct process_end peer_start(struct peer *peer, const char *const *words, bool with_filter)
{
	_fd_ int filter = -1;
	struct process process;
	struct process_end end;
	int pair[2];

	if (socket_pair(false, pair, NULL) ||
	    (with_filter && sandbox_filter_build(SANDBOX_SESSION, &filter, NULL)))
		BUG("a socket and a filter");
	spawn(peer, words, pair[1], filter, &process);
	close(pair[0]);
	close(pair[1]);
	reap(&process, &end);
	return end;
}

void peer_serve(struct peer *peer, json_t *plan)
{
	static const char *const words[] = { "agentd-session",   "role=session",
					     "read=5",           "write=6",
					     "memory=536870912", "dir=knowledge:5",
					     "dir=work:6",       NULL };
	struct service service = { .peer = peer };
	_fd_ int filter = -1;
	struct process process;
	struct rpc *rpc;
	int pair[2];

	if (socket_pair(true, pair, NULL) || sandbox_filter_build(SANDBOX_SESSION, &filter, NULL))
		BUG("a socket and a filter");
	spawn(peer, words, pair[1], filter, &process);
	close(pair[1]);
	rpc = rpc_new(pair[0], RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), &service);
	if (plan)
		rpc_notify(rpc, "plan", plan);
	while (plan && !rpc_wait(rpc, TIMEOUT_MS, NULL))
		;
	rpc_free(rpc);
	reap(&process, &peer->end);
}
