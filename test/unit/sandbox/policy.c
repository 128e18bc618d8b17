/* Policies as words and as text, and the filters that agentd builds. */
#include "base/file.h"
#include "sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void words_free(char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(words[i]);
}

static void policies_survive_words(void **state)
{
	static const struct {
		struct sandbox_policy policy;
		const char *print;
	} rows[] = {
		{ { .role = SANDBOX_SESSION,
		    .rules = { { 5, false }, { 6, true } },
		    .rule_count = 2,
		    .memory_bytes = 512 << 20,
		    .file_bytes = 1000,
		    .cpu_s = 600 },
		  "session: read fd 5, write fd 6; memory 512 MiB; a file 1000 bytes; cpu 600 s" },
		{ { .role = SANDBOX_HISTORY, .rules = { { 7, true } }, .rule_count = 1 },
		  "history: write fd 7; memory unlimited; a file unlimited" },
		{ { .role = SANDBOX_GATEWAY, .off = true },
		  "gateway: no files; memory unlimited; a file unlimited; sandbox off" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer before = BUFFER(1024), after = BUFFER(1024);
		struct sandbox_policy read;
		char *words[SANDBOX_WORDS_MAX];
		size_t count = sandbox_policy_words(&rows[i].policy, words);
		struct error error;

		assert_int_equal(sandbox_policy_read(words, count, &read, &error), 0);
		sandbox_policy_print(&rows[i].policy, &before);
		sandbox_policy_print(&read, &after);
		assert_string_equal(before.data, rows[i].print);
		assert_string_equal(after.data, rows[i].print);
		words_free(words, count);
	}
}

static void a_full_policy_fits(void **state)
{
	struct sandbox_policy policy = { .role = SANDBOX_SESSION,
					 .rule_count = SANDBOX_RULES_MAX,
					 .memory_bytes = UINT64_MAX / 4,
					 .file_bytes = 1,
					 .cpu_s = 1,
					 .off = true };
	struct sandbox_policy read;
	char *words[SANDBOX_WORDS_MAX];
	size_t count;

	(void)state;
	for (int i = 0; i < SANDBOX_RULES_MAX; i++)
		policy.rules[i] = (struct sandbox_rule){ 5 + i, i % 2 };
	count = sandbox_policy_words(&policy, words);
	assert_true(count <= SANDBOX_WORDS_MAX);
	assert_int_equal(sandbox_policy_read(words, count, &read, NULL), 0);
	assert_int_equal(read.rule_count, SANDBOX_RULES_MAX);
	words_free(words, count);
}

static void bad_words_are_refused(void **state)
{
	static const char *const rows[][4] = {
		{ NULL },
		{ "read=5", NULL },
		{ "role=", NULL },
		{ "role=root", NULL },
		{ "role=session", "role=session", NULL },
		{ "role=session", "read=", NULL },
		{ "role=session", "read=2", NULL },
		{ "role=session", "read=-1", NULL },
		{ "role=session", "read= 5", NULL },
		{ "role=session", "read=5x", NULL },
		{ "role=session", "read=99999999999999999999", NULL },
		{ "role=session", "read=5", "write=5", NULL },
		{ "role=session", "write=0x5", NULL },
		{ "role=session", "memory=0", NULL },
		{ "role=session", "memory=1", "memory=1", NULL },
		{ "role=session", "file=99999999999999999999999", NULL },
		{ "role=session", "sandbox=on", NULL },
		{ "role=session", "Sandbox=off", NULL },
		{ "role=session", "net=yes", NULL },
		{ "role=session", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct sandbox_policy policy = { .rule_count = 77 };
		struct error error;
		char *words[4];
		size_t count = 0;

		for (; rows[i][count]; count++)
			words[count] = xstrdup(rows[i][count]);
		assert_int_equal(sandbox_policy_read(words, count, &policy, &error),
				 -ERROR_INVALID);
		assert_int_equal(policy.rule_count, 77);
		words_free(words, count);
	}
}

static void too_many_rules_are_refused(void **state)
{
	char *words[SANDBOX_RULES_MAX + 2];
	struct sandbox_policy policy;

	(void)state;
	words[0] = xstrdup("role=session");
	for (int i = 1; i < SANDBOX_RULES_MAX + 2; i++)
		words[i] = xasprintf("read=%d", i + 10);
	assert_int_equal(sandbox_policy_read(words, SANDBOX_RULES_MAX + 1, &policy, NULL), 0);
	assert_int_equal(sandbox_policy_read(words, SANDBOX_RULES_MAX + 2, &policy, NULL),
			 -ERROR_INVALID);
	words_free(words, SANDBOX_RULES_MAX + 2);
}

static void filters_are_sealed_programs(void **state)
{
	(void)state;
	for (int role = SANDBOX_SESSION; role <= SANDBOX_GATEWAY; role++) {
		_fd_ int fd = -1;
		struct error error;
		struct stat st;

		assert_int_equal(sandbox_filter_build((enum sandbox_role)role, &fd, &error), 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(st.st_size > 0);
		assert_int_equal((size_t)st.st_size % sizeof(struct sock_filter), 0);
		assert_int_equal(write(fd, "x", 1), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(ftruncate(fd, 0), -1);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
}

static void a_machine_is_probed(void **state)
{
	struct sandbox_support support;

	(void)state;
	memset(&support, 'x', sizeof(support));
	sandbox_probe(&support);
	assert_int_equal(support.enough,
			 support.landlock_abi && support.seccomp && support.no_new_privs);
	assert_int_equal(support.enough, !support.mend[0]);
}

static void a_mask_never_adds_to_the_abi(void **state)
{
#ifdef AGENTD_FAILPOINTS
	struct sandbox_support full, masked;

	sandbox_probe(&full);
	setenv("AGENTD_LANDLOCK_ABI", "999", 1);
	sandbox_probe(&masked);
	assert_int_equal(masked.landlock_abi, full.landlock_abi);
	setenv("AGENTD_LANDLOCK_ABI", "0", 1);
	sandbox_probe(&masked);
	unsetenv("AGENTD_LANDLOCK_ABI");
	assert_int_equal(masked.landlock_abi, 0);
	assert_false(masked.enough);
	assert_true(masked.mend[0]);
#endif
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_survive_words),
		cmocka_unit_test(a_full_policy_fits),
		cmocka_unit_test(bad_words_are_refused),
		cmocka_unit_test(too_many_rules_are_refused),
		cmocka_unit_test(filters_are_sealed_programs),
		cmocka_unit_test(a_machine_is_probed),
		cmocka_unit_test(a_mask_never_adds_to_the_abi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
