/* agentd-gateway: every model call, and the keys for them. DESIGN 3 and 6. */
#include "gateway.h"
#include "secrets.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "sandbox/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define SOCKET 3
#define FILTER 4
#define SECRETS 5
#define STATUS_FAILED 1
#define STATUS_NO_WALLS 111

/* Keys must not end up in a core file or in the hands of a debugger; before they are read. */
static void become_opaque(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

/* As many as there may be: a stream over plain HTTP has a connection of its own. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void seed(void)
{
	size_t random;

	random_bytes(&random, sizeof(random));
	json_object_seed(random);
}

static int take_secrets(json_t **ret_secrets, struct error *error)
{
	int fd = SECRETS, result = secrets_read(fd, ret_secrets, error);

	fd_close(&fd);
	return result;
}

static int enter(char *const *words, size_t count, struct error *error)
{
	const int keep[] = { SOCKET };
	struct sandbox_policy policy;
	int result = sandbox_policy_read(words, count, &policy, error);

	if (!result && policy.role != SANDBOX_GATEWAY)
		return error_set(error, ERROR_INVALID, "the policy is not a gateway's");
	return result ? result : sandbox_enter(&policy, FILTER, keep, ARRAY_LENGTH(keep), error);
}

static int fail(const struct error *error, int status)
{
	fprintf(stderr, "agentd-gateway: %s\n", error->message);
	return status;
}

int main(int argc, char **argv)
{
	struct gateway gateway = { 0 };
	struct error error;
	CLEANUP(json_decref) json_t *secrets = NULL;
	int result;

	become_opaque();
	raise_descriptor_limit();
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
	seed();
	if (take_secrets(&secrets, &error))
		return fail(&error, STATUS_FAILED);
	if (enter(argv + 1, argc > 1 ? (size_t)argc - 1 : 0, &error))
		return fail(&error, STATUS_NO_WALLS);
	result = gateway_open(&gateway, SOCKET, steal_pointer(&secrets), &error);
	if (!result)
		result = gateway_run(&gateway, &error);
	gateway_close(&gateway);
	return result ? fail(&error, STATUS_FAILED) : 0;
}
