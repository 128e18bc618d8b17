#include "historian.h"

#include "launch/launch.h"

#include <fcntl.h>

#define LONGEST_MS 120000

/* HOME, for the person's git identity, and nothing else. */
static const char *const *environment(char **ret_home)
{
	static const char *list[3] = { "LANG=C.UTF-8" };

	*ret_home = getenv("HOME") ? xasprintf("HOME=%s", getenv("HOME")) : NULL;
	list[1] = *ret_home;
	return list;
}

int historian_start(int dir, const char *path, int output, bool sandbox_off,
		    struct historian *ret_historian, struct error *error)
{
	CLEANUP(launch_clear) struct launch launch;
	_free_ char *home = NULL;
	int socket, seen, result;

	launch_init(&launch, "agentd-history", SANDBOX_HISTORY, sandbox_off, environment(&home));
	launch_rule(&launch, fcntl(dir, F_DUPFD_CLOEXEC, 3), true);
	launch_word(&launch, "workspace=%s", path);
	if (output >= 0) {
		seen = launch_rule(&launch, fcntl(output, F_DUPFD_CLOEXEC, 3), true);
		launch_word(&launch, "output=%d", seen);
	}
	launch_allow_identity(&launch);
	result = launch_start(&launch, &ret_historian->process, &socket, error);
	launch_forget_filters();
	if (result)
		return result;
	ret_historian->rpc = rpc_new(socket, RPC_FRAME_MAX, NULL, 0, NULL);
	return 0;
}

void historian_stop(struct historian *historian)
{
	struct process_end end;

	rpc_free(historian->rpc);
	historian->rpc = NULL;
	if (historian->process.pid) /* its socket is closed: it ends by itself */
		process_reap(&historian->process, true, &end, NULL);
}

int historian_ask(struct historian *historian, const char *method, json_t *params,
		  json_t **ret_result, struct error *error)
{
	int result = rpc_call(historian->rpc, method, params, LONGEST_MS, ret_result, error);

	if (result == -(int)ERROR_CLOSED) /* not the daemon: that code has a meaning of its own */
		return error_set(error, ERROR_SYSTEM, "agentd-history ended unexpectedly");
	return result;
}
