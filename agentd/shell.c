#include "shell.h"

#include "chatter.h"
#include "child.h"
#include "handle.h"
#include "secrets.h"

#include "base/failpoint.h"
#include "base/file.h"

#include <signal.h>
#include <unistd.h>

#define LEEWAY_MS 1000 /* the command's own limit comes after ours, which can tell of it */

struct shell {
	struct child *child;
	uv_timer_t *timer;
	uint32_t limit_ms;
	bool overdue;
	shell_ended ended;
	void *context;
};

static void shell_free(struct shell *shell)
{
	uv_close((uv_handle_t *)shell->timer, handle_free);
	free(shell);
}

static void on_end(void *context, const struct process_end *end)
{
	struct shell *shell = context;
	bool is_cut = shell->overdue || end->signalled;
	char text[64];

	if (shell->overdue)
		snprintf(text, sizeof(text), "no end within %g s", shell->limit_ms / 1000.0);
	else
		process_end_print(end, text, sizeof(text));
	shell->ended(shell->context, is_cut || end->code ? text : NULL, is_cut);
	shell_free(shell);
}

/* Its whole group: sh(1) alone would leave what it waits for. */
static void on_overdue(uv_timer_t *timer)
{
	struct shell *shell = timer->data;

	shell->overdue = true;
	kill(-child_pid(shell->child), SIGKILL);
}

static int spawn(struct daemon *daemon, const struct shell_order *order,
		 struct process *ret_process, struct error *error)
{
	_free_ char *line = order->argument ? xasprintf("%s \"$@\"", order->command)
					    : xstrdup(order->command);
	uint32_t limit_ms = order->limit_ms + LEEWAY_MS;
	_free_ char *limit = xasprintf("%u.%03u", limit_ms / 1000, limit_ms % 1000);
	/* timeout(1) is there when we are not any more. */
	const char *argv[] = { "timeout", "-s", "KILL",      limit,           "/bin/sh",
			       "-c",      line, order->name, order->argument, NULL };
	_fd_ int input = -1, complaints = chatter_open(daemon, order->name, NULL, NULL);
	struct process_plan plan = {
		.path = "/usr/bin/timeout",
		.argv = argv,
		.environment = secrets_command_environment(),
		.fds = { { complaints < 0 ? STDERR_FILENO : complaints, STDERR_FILENO } },
		.fd_count = 1,
		.directory = daemon->workspace->dir,
		.new_group = true,
	};
	int fault = FAILPOINT("shell.spawn");
	int result = order->input
			     ? memory_file_sealed("input", span_of(order->input), &input, error)
			     : 0;

	if (fault)
		return error_set_system(error, fault, "starting a command");
	if (result)
		return result;
	if (order->input)
		plan.fds[plan.fd_count++] = (struct process_fd){ input, STDIN_FILENO };
	return process_spawn(&plan, ret_process, error);
}

int shell_start(struct daemon *daemon, const struct shell_order *order, shell_ended ended,
		void *context, struct shell **ret_shell, struct error *error)
{
	struct process process;
	struct shell *shell;
	int result = spawn(daemon, order, &process, error);

	if (result)
		return result;
	shell = xcalloc(1, sizeof(*shell));
	shell->limit_ms = order->limit_ms;
	shell->ended = ended;
	shell->context = context;
	shell->child = child_new(&daemon->loop, process, on_end, shell);
	shell->timer = handle_timer(&daemon->loop, shell);
	uv_timer_start(shell->timer, on_overdue, order->limit_ms, 0);
	*ret_shell = shell;
	return 0;
}

void shell_kill(struct shell *shell)
{
	if (!shell)
		return;
	kill(-child_pid(shell->child), SIGKILL);
	child_kill(shell->child);
	shell_free(shell);
}
