#include "launch.h"

#include "base/file.h"
#include "base/installation.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#define ROLES (SANDBOX_GATEWAY + 1)

/* Compiled filters by role, 0: not yet. They never change and belong to the process as a whole. */
static int filters[ROLES];

static int filter_of(enum sandbox_role role, int *ret_fd, struct error *error)
{
	int result = 0;

	if (!filters[role])
		result = sandbox_filter_build(role, &filters[role], error);
	if (result)
		filters[role] = 0;
	else
		*ret_fd = filters[role];
	return result;
}

void launch_forget_filters(void)
{
	for (size_t role = 0; role < ROLES; role++)
		if (filters[role]) {
			close(filters[role]);
			filters[role] = 0;
		}
}

void launch_init(struct launch *launch, const char *program, enum sandbox_role role, bool off,
		 const char *const *environment)
{
	*launch = (struct launch){ .program = program, .secrets = -1, .complaints = -1 };
	launch->environment = environment;
	launch->policy.role = role;
	launch->policy.off = off;
}

void launch_clear(struct launch *launch)
{
	for (size_t i = 0; i < launch->policy.rule_count; i++)
		fd_close(&launch->rule_fds[i]);
	for (size_t i = 0; i < launch->word_count; i++)
		free(launch->words[i]);
	launch->policy.rule_count = launch->word_count = 0;
	if (launch->program) /* else it was never begun, and 0 is somebody's */
		fd_close(&launch->complaints);
}

int launch_rule(struct launch *launch, int fd, bool write)
{
	size_t index = launch->policy.rule_count;
	int seen = CHILD_FIRST_RULE + (int)index;

	/* Three descriptors of each process_plan are spoken for. */
	if (index >= SANDBOX_RULES_MAX || index >= PROCESS_FDS_MAX - 4) {
		close(fd);
		return -1;
	}
	launch->rule_fds[index] = fd;
	launch->policy.rules[index] = (struct sandbox_rule){ .fd = seen, .write = write };
	launch->policy.rule_count++;
	return seen;
}

void launch_word(struct launch *launch, const char *format, ...)
{
	va_list args;

	if (launch->word_count == LAUNCH_WORDS_MAX)
		BUG("too many words for %s", launch->program);
	va_start(args, format);
	launch->words[launch->word_count++] = xvasprintf(format, args);
	va_end(args);
}

void launch_allow_identity(struct launch *launch)
{
	static const char *const names[] = { ".gitconfig", ".config/git" };
	const char *home = getenv("HOME");

	for (size_t i = 0; home && i < ARRAY_LENGTH(names); i++) {
		_free_ char *path = xasprintf("%s/%s", home, names[i]);
		int fd = open(path, O_PATH | O_CLOEXEC);

		if (fd >= 0)
			launch_rule(launch, fd, false);
	}
}

static void plan_add(struct process_plan *plan, int from, int to)
{
	plan->fds[plan->fd_count++] = (struct process_fd){ from, to };
}

static int launch_spawn(struct launch *launch, int socket, int filter, char *const *words,
			struct process *ret_process, struct error *error)
{
	_free_ char *inside = xasprintf("libexec/agentd/%s", launch->program);
	_free_ char *path = installation_path(inside);
	struct process_plan plan = { .path = path, .directory = -1, .new_group = true };
	const char *argv[1 + SANDBOX_WORDS_MAX + LAUNCH_WORDS_MAX + 1] = { launch->program };
	size_t count = 1;

	while (words[count - 1]) {
		argv[count] = words[count - 1];
		count++;
	}
	for (size_t i = 0; i < launch->word_count; i++)
		argv[count++] = launch->words[i];
	plan.argv = argv;
	plan.environment = launch->environment;
	plan_add(&plan, launch->complaints < 0 ? STDERR_FILENO : launch->complaints, STDERR_FILENO);
	plan_add(&plan, socket, CHILD_SOCKET);
	plan_add(&plan, filter, CHILD_FILTER);
	if (launch->secrets >= 0)
		plan_add(&plan, launch->secrets, CHILD_SECRETS);
	for (size_t i = 0; i < launch->policy.rule_count; i++)
		plan_add(&plan, launch->rule_fds[i], launch->policy.rules[i].fd);
	return process_spawn(&plan, ret_process, error);
}

int launch_start(struct launch *launch, struct process *ret_process, int *ret_socket,
		 struct error *error)
{
	char *words[SANDBOX_WORDS_MAX + 1] = { NULL };
	int sockets[2], filter, result;
	size_t count;

	result = filter_of(launch->policy.role, &filter, error);
	if (!result)
		result = socket_pair(true, sockets, error);
	if (result)
		return result;
	count = sandbox_policy_words(&launch->policy, words);
	result = launch_spawn(launch, sockets[1], filter, words, ret_process, error);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	close(sockets[1]);
	if (result)
		close(sockets[0]);
	else
		*ret_socket = sockets[0];
	return result;
}
