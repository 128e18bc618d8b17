/* What the kernel refuses behind the walls: the probe's report, on all levels that we start on, as
 * root and as an ordinary user. */
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
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature) /* clang's name for what gcc says with __SANITIZE_ADDRESS__ */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#define NOBODY 65534
#define WORDS_MAX 32

struct probe {
	uid_t user;
	const char *abi;     /* AGENTD_LANDLOCK_ABI, or NULL */
	const char *more[4]; /* further words */
	struct buffer report;
	struct process_end end;
};

static void probe_words(const struct probe *probe, char **argv)
{
	const struct sandbox_policy policy = {
		.role = SANDBOX_SESSION,
		.rules = { { 5, false }, { 6, true } },
		.rule_count = 2,
		.memory_bytes = 512 << 20,
		.file_bytes = 1 << 20,
	};
	size_t count = 0;

	argv[count++] = xstrdup("probe");
	count += sandbox_policy_words(&policy, argv + count);
	argv[count++] = xstrdup("dir=knowledge:5");
	argv[count++] = xstrdup("dir=work:6");
	argv[count++] = xasprintf("sibling=%d", (int)getppid());
	if (probe->user != getuid())
		argv[count++] = xasprintf("as=%u", probe->user);
	for (size_t i = 0; probe->more[i]; i++)
		argv[count++] = xstrdup(probe->more[i]);
	argv[count] = NULL;
}

static void probe_spawn(struct probe *probe, const struct workspace *w, int report)
{
	_free_ char *abi = xasprintf("AGENTD_LANDLOCK_ABI=%s", probe->abi ? probe->abi : "999");
	const char *const environment[] = { abi, NULL };
	char *argv[WORDS_MAX];
	_fd_ int filter = -1;
	int pair[2];
	struct process process;
	struct error error;

	probe_words(probe, argv);
	assert_int_equal(sandbox_filter_build(SANDBOX_SESSION, &filter, &error), 0);
	assert_int_equal(socket_pair(true, pair, &error), 0);
	{
		const struct process_plan plan = {
			.path = PROBE,
			.argv = (const char *const *)argv,
			.environment = environment,
			.fds = { { report, 2 },
				 { pair[1], 3 },
				 { filter, 4 },
				 { w->knowledge, 5 },
				 { w->work, 6 },
				 { w->knowledge, 9 } },
			.fd_count = 6,
			.directory = -1,
		};

		assert_int_equal(process_spawn(&plan, &process, &error), 0);
	}
	close(pair[1]);
	assert_int_equal(process_reap(&process, true, &probe->end, &error), 0);
	close(pair[0]);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
}

/* Runs the probe in a workspace of its own; its report goes through a memory file. */
static void probe_run(struct probe *probe)
{
	struct workspace w;
	_fd_ int report = (int)syscall(SYS_memfd_create, "report", 0);

	workspace_make(&w, probe->user);
	probe->report = BUFFER(1024 * 1024);
	probe_spawn(probe, &w, report);
	lseek(report, 0, SEEK_SET);
	assert_int_equal(fd_read_all(report, &probe->report, NULL), 0);
	assert_true(workspace_is_untouched(&w));
	workspace_remove(&w);
}

/* ---- reading the report ---- */

/* Calls that pass with senseless arguments: the whole of the allow-list, but for what its rows ask
 * of arguments. A change of the list is a change here too. */
static const long passing[] = {
	SYS_read,        SYS_write,       SYS_close,           SYS_fstat,
	SYS_poll,        SYS_brk,         SYS_mremap,          SYS_munmap,
	SYS_fsync,       SYS_getdents64,  SYS_restart_syscall, SYS_clock_gettime,
	SYS_renameat,    SYS_ppoll,       SYS_getrandom,
#ifdef __SANITIZE_ADDRESS__
	SYS_getpid,      SYS_gettid,      SYS_madvise,         SYS_rt_sigprocmask,
	SYS_sched_yield, SYS_sigaltstack, SYS_futex,
#endif
};

static bool may_pass(struct span line)
{
	for (size_t i = 0; i < ARRAY_LENGTH(passing); i++) {
		_free_ char *name = xasprintf("call %ld ALLOWED", passing[i]);

		if (span_starts_with(line, span_of(name)))
			return true;
	}
	return false;
}

static size_t count_lines(const struct probe *probe, const char *needle)
{
	struct span rest = buffer_span(&probe->report), line;
	size_t count = 0;

	while (span_next_line(&rest, &line))
		count += span_contains_nocase(line, span_of(needle));
	return count;
}

static void check_report(const struct probe *probe)
{
	struct span rest = buffer_span(&probe->report), line;
	size_t holes = 0;

	while (span_next_line(&rest, &line)) {
		bool hole = span_contains_nocase(line, SPAN(" ALLOWED (")) && !may_pass(line);

		if (!hole && !span_contains_nocase(line, SPAN("probe:")) &&
		    !(span_starts_with(line, SPAN("can ")) &&
		      span_contains_nocase(line, SPAN(" NO"))))
			continue;
		print_error("%.*s\n", (int)line.length, line.data);
		holes++;
	}
	assert_int_equal(holes, 0);
	if (probe->end.signalled)
		print_error("signal %d after %s\n", probe->end.code,
			    probe->report.data + utf8_cut(buffer_span(&probe->report),
							  probe->report.length - 120));
	assert_false(probe->end.signalled);
	assert_int_equal(probe->end.code, 0);
	assert_true(count_lines(probe, " refused ") > 900);
	assert_int_equal(count_lines(probe, "can "), 7);
}

/* ---- the tests ---- */

/* -1: skipped, because only root can become somebody else, or the build cannot mask. */
static bool possible(const struct probe *probe)
{
	if (probe->user != getuid() && getuid())
		return false;
#ifndef AGENTD_FAILPOINTS
	if (probe->abi)
		return false;
#endif
	return true;
}

static void expect_all_refused(struct probe probe)
{
	struct sandbox_support support;

	sandbox_probe(&support);
	if (!support.enough || !possible(&probe)) {
		print_message("skipped: %s\n",
			      support.enough ? "not root, or no test build" : support.mend);
		skip();
	}
	probe_run(&probe);
	check_report(&probe);
	buffer_clear(&probe.report);
}

static void all_is_refused(void **state)
{
	(void)state;
	expect_all_refused((struct probe){ .user = getuid() });
}

static void all_is_refused_at_abi_1(void **state)
{
	(void)state;
	expect_all_refused((struct probe){ .user = getuid(), .abi = "1" });
}

static void all_is_refused_at_abi_2(void **state)
{
	(void)state;
	expect_all_refused((struct probe){ .user = getuid(), .abi = "2" });
}

static void all_is_refused_to_nobody(void **state)
{
	(void)state;
	expect_all_refused((struct probe){ .user = NOBODY });
}

static void all_is_refused_to_nobody_at_abi_2(void **state)
{
	(void)state;
	expect_all_refused((struct probe){ .user = NOBODY, .abi = "2" });
}

static void all_is_refused_without_namespaces(void **state)
{
	_free_ char *without = xasprintf("without=%d", SYS_unshare);

	(void)state;
	expect_all_refused((struct probe){ .user = getuid(), .more = { without } });
	expect_all_refused((struct probe){ .user = getuid(), .abi = "2", .more = { without } });
}

static void other_architectures_are_killed(void **state)
{
	static const char *const acts[] = { "only=int 0x80", "only=x32" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(acts); i++) {
		struct probe probe = { .user = getuid(), .more = { acts[i] } };

		probe_run(&probe);
		assert_true(probe.end.signalled);
		assert_int_equal(probe.end.code, SIGSYS);
		assert_int_equal(count_lines(&probe, "ALLOWED"), 0);
		buffer_clear(&probe.report);
	}
}

static void expect_no_start(struct probe probe)
{
	if (!possible(&probe))
		return;
	probe_run(&probe);
	if (probe.end.code != 111)
		print_error("%s: %s\n", probe.more[0] ? probe.more[0] : probe.abi,
			    probe.report.data);
	assert_false(probe.end.signalled);
	assert_int_equal(probe.end.code, 111);
	assert_int_equal(count_lines(&probe, "no walls, no start: "), 1);
	buffer_clear(&probe.report);
}

/* A wall that cannot be put up is no start: faults G14. */
static void no_wall_no_start(void **state)
{
	static const struct {
		long call;
		int error;
	} rows[] = {
		{ SYS_landlock_create_ruleset, ENOSYS },
		{ SYS_landlock_create_ruleset, EPERM },
		{ SYS_landlock_add_rule, EPERM },
		{ SYS_landlock_restrict_self, EPERM },
		{ SYS_seccomp, ENOSYS },
		{ SYS_seccomp, EPERM },
		{ SYS_close_range, ENOSYS },
		{ SYS_capset, EPERM },
		{ SYS_prctl, EPERM },
		{ SYS_prlimit64, EPERM },
	};

	(void)state;
	expect_no_start((struct probe){ .user = getuid(), .abi = "0" });
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *without = xasprintf("without=%ld:%d", rows[i].call, rows[i].error);

		expect_no_start((struct probe){ .user = getuid(), .more = { without } });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_refused),
		cmocka_unit_test(all_is_refused_at_abi_1),
		cmocka_unit_test(all_is_refused_at_abi_2),
		cmocka_unit_test(all_is_refused_to_nobody),
		cmocka_unit_test(all_is_refused_to_nobody_at_abi_2),
		cmocka_unit_test(all_is_refused_without_namespaces),
		cmocka_unit_test(other_architectures_are_killed),
		cmocka_unit_test(no_wall_no_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
