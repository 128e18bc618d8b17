#include "child.h"

#include "base/clock.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000

static void on_delta(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	struct child *child = context;
	size_t count = json_array_size(child->deltas);

	(void)rpc, (void)method, (void)id;
	assert_int_equal(0, array_grow((void **)&child->delta_ms, count, &child->delta_capacity,
				       sizeof(*child->delta_ms), 1000000));
	child->delta_ms[count] = clock_monotonic_ms();
	json_array_append_new(child->deltas, json_deep_copy(params));
}

static const struct rpc_permit permits[] = {
	{ .method = "delta", .states = ~0u, .notification = true, .handler = on_delta },
};

static void spawn(struct child *child, const char *secrets, const char *const *words, int filter,
		  const int *folder_fds, size_t folder_count)
{
	_fd_ int secrets_fd = -1, child_end = -1;
	const char *argv[SANDBOX_WORDS_MAX + 2] = { "agentd-gateway" };
	int pair[2];
	_free_ char *authority = NULL;
	const char *environment[2] = { NULL };
	struct process_plan plan = { .path = GATEWAY, .argv = argv, .directory = -1 };
	struct error error;

	if (getenv("AGENTD_TLS_AUTHORITY") && *getenv("AGENTD_TLS_AUTHORITY")) {
		authority = xasprintf("AGENTD_TLS_AUTHORITY=%s", getenv("AGENTD_TLS_AUTHORITY"));
		environment[0] = authority;
		plan.environment = environment;
	}
	assert_int_equal(0, socket_pair(true, pair, NULL));
	child_end = pair[1];
	assert_int_equal(0, memory_file_sealed("secrets", span_of(secrets), &secrets_fd, NULL));
	child->stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
	for (size_t i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	plan.fds[plan.fd_count++] = (struct process_fd){ child->stderr_fd, 2 };
	plan.fds[plan.fd_count++] = (struct process_fd){ child_end, 3 };
	if (filter >= 0)
		plan.fds[plan.fd_count++] = (struct process_fd){ filter, 4 };
	plan.fds[plan.fd_count++] = (struct process_fd){ secrets_fd, 5 };
	for (size_t i = 0; i < folder_count; i++)
		plan.fds[plan.fd_count++] = (struct process_fd){ folder_fds[i], 6 + (int)i };
	if (process_spawn(&plan, &child->process, &error))
		fail_msg("%s", error.message);
	child->deltas = json_array();
	child->rpc = rpc_new(pair[0], RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), child);
}

void child_start_as(struct child *child, const char *secrets, const char *const *words, int filter)
{
	*child = (struct child){ .process = PROCESS_NONE };
	spawn(child, secrets, words, filter, NULL, 0);
}

void child_start(struct child *child, const char *secrets, const char *const *folders)
{
	struct sandbox_policy policy = { .role = SANDBOX_GATEWAY };
	char *words[SANDBOX_WORDS_MAX + 1] = { NULL };
	int fds[4];
	size_t count;
	_fd_ int filter = -1;

	*child = (struct child){ .process = PROCESS_NONE };
	for (; folders && *folders; folders++) {
		assert_int_equal(0, directory_open(*folders, &fds[policy.rule_count], NULL));
		policy.rules[policy.rule_count].fd = 6 + (int)policy.rule_count;
		policy.rule_count++;
	}
	assert_int_equal(0, sandbox_filter_build(SANDBOX_GATEWAY, &filter, NULL));
	count = sandbox_policy_words(&policy, words);
	spawn(child, secrets, (const char *const *)words, filter, fds, policy.rule_count);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	for (size_t i = 0; i < policy.rule_count; i++)
		close(fds[i]);
}

static void on_answer(void *context, const json_t *result, const struct error *error)
{
	struct outcome *outcome = context;

	outcome->here = true;
	if (result)
		outcome->result = json_deep_copy(result);
	else
		outcome->error = *error;
}

void child_ask(struct child *child, const char *method, json_t *params, struct outcome *outcome)
{
	*outcome = (struct outcome){ 0 };
	assert_non_null(params);
	assert_int_equal(0, rpc_request(child->rpc, method, params, on_answer, outcome));
}

void child_complete(struct child *child, json_t *params, struct outcome *outcome)
{
	child_ask(child, "complete", params, outcome);
}

void child_wait(struct child *child, const struct outcome *outcome)
{
	int64_t deadline = clock_monotonic_ms() + WAIT_MS;

	while (!outcome->here) {
		struct error error;
		int result = rpc_wait(child->rpc, 1000, &error);

		assert_true(clock_monotonic_ms() < deadline);
		if (result && result != -ERROR_TIMEOUT)
			fail_msg("%s", error.message);
	}
}

static void check_output(const struct child *child, const char *key)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1024 * 1024);
	char *deltas = json_dumps(child->deltas, 0);

	lseek(child->stderr_fd, 0, SEEK_SET);
	assert_int_equal(0, fd_read_all(child->stderr_fd, &text, NULL));
	if (key && text.length)
		assert_null(strstr(text.data, key));
	if (key)
		assert_null(strstr(deltas, key));
	if (text.length && strstr(text.data, "Sanitizer"))
		fail_msg("%s", text.data);
	free(deltas);
}

struct process_end child_end(struct child *child, const char *key)
{
	struct process_end end;

	rpc_free(child->rpc);
	assert_int_equal(0, process_reap(&child->process, true, &end, NULL));
	check_output(child, key);
	json_decref(child->deltas);
	free(child->delta_ms);
	close(child->stderr_fd);
	return end;
}

char *child_text(const struct child *child, const char *call)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(64 * 1024 * 1024);
	const json_t *delta;
	size_t i;

	json_array_foreach(child->deltas, i, delta) {
		const char *piece = json_string_value(json_object_get(delta, "text"));

		if (piece && !strcmp(call, json_string_value(json_object_get(delta, "call"))))
			buffer_append_text(&text, piece);
	}
	return buffer_steal(&text);
}
