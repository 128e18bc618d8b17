#include "suite.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int collect(void *context, const char *name)
{
	return buffer_printf(context, "%s ", name);
}

static void test_listing(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(buffer_clear) struct buffer names = BUFFER(4096);

	(void)state;
	site_make(&site);
	site_open(&site);
	assert_int_equal(workspace_agents(site.workspace, collect, &names, NULL), 0);
	assert_int_equal(names.length, 0);
	site_add_kira(&site);
	site_write(&site, "agents/max/SOUL.md", "x");
	site_write(&site, "agents/none/README.md", "x");
	site_write(&site, "agents/Odd Name/SOUL.md", "x");
	site_write(&site, "agents/shared/SOUL.md", "x");
	site_write(&site, "agents/.hidden/SOUL.md", "x");
	site_write(&site, "agents/file", "x");
	assert_int_equal(symlinkat("kira", site.dir, "agents/link"), 0);
	assert_int_equal(workspace_agents(site.workspace, collect, &names, NULL), 0);
	assert_string_equal(names.data, "Odd Name kira link max ");
}

static int stop(void *context, const char *name)
{
	(void)name;
	++*(int *)context;
	return 7;
}

static void test_stop(void **state)
{
	CLEANUP(site_clear) struct site site;
	int visits = 0;

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	site_write(&site, "agents/max/SOUL.md", "x");
	assert_int_equal(workspace_agents(site.workspace, stop, &visits, NULL), 7);
	assert_int_equal(visits, 1);
}

static void test_load(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(agent_free) struct agent *agent = NULL;
	CLEANUP(sources_clear) struct sources sources = { 0 };
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	assert_int_equal(
		workspace_load(site.workspace, "kira", NULL, &agent, &sources, &found, NULL), 0);
	assert_int_equal(agent->beats.count, 3);
	assert_string_equal(agent->zone, "Asia/Taipei");
	assert_string_equal(sources.files[FILE_CONSTITUTION].data, "1. Never guess\n");
	assert_int_equal(strlen(sources.files[FILE_SOUL].id), 40);
	assert_int_equal(sources.files[FILE_SOUL].stamp.size, 15);
	assert_null(sources.files[FILE_REHEARSAL].data);
	assert_string_equal(sources.files[FILE_REHEARSAL].id, "");
	assert_false(diagnostics_has_errors(&found));
}

static void test_agent_zone(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(agent_free) struct agent *agent = NULL;
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	site_make(&site);
	site_open(&site);
	site_write(&site, "agents/kira/SOUL.md", "---\ntimezone: Mars/Olympus\n---\nx\n");
	assert_int_equal(workspace_load(site.workspace, "kira", NULL, &agent, NULL, &found, NULL),
			 0);
	assert_string_equal(agent->zone, "Asia/Taipei");
	assert_true(diagnostics_has_errors(&found));
}

/* What stands in the place of MEMORY.md, and what is said of it. */
static void put_link(const struct site *site, const char *path)
{
	assert_int_equal(symlinkat("../max/MEMORY.md", site->dir, path), 0);
}

static void put_cycle(const struct site *site, const char *path)
{
	assert_int_equal(symlinkat("MEMORY.md", site->dir, path), 0);
}

static void put_fifo(const struct site *site, const char *path)
{
	assert_int_equal(mkfifoat(site->dir, path, 0600), 0);
}

static void put_folder(const struct site *site, const char *path)
{
	assert_int_equal(mkdirat(site->dir, path, 0700), 0);
}

static void put_large(const struct site *site, const char *path)
{
	_fd_ int fd = -1;

	assert_int_equal(file_create(site->dir, path, 0600, &fd, NULL), 0);
	assert_int_equal(ftruncate(fd, 10 << 20), 0);
}

static void test_unreadable(void **state)
{
	static const struct {
		void (*put)(const struct site *site, const char *path);
		int result;
	} rows[] = {
		{ put_link, -(int)ERROR_DENIED },     { put_cycle, -(int)ERROR_DENIED },
		{ put_fifo, -(int)ERROR_INVALID },    { put_folder, -(int)ERROR_INVALID },
		{ put_large, -(int)ERROR_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(site_clear) struct site site;
		CLEANUP(agent_free) struct agent *agent = NULL, *max = NULL;
		CLEANUP(plan_free) struct plan *plan = NULL;
		struct plan_request request = { .session = "", .cause = CAUSE_MANUAL };
		struct error error = { 0 };

		site_make(&site);
		site_open(&site);
		site_add_kira(&site);
		site_write(&site, "agents/max/SOUL.md", "Max\n");
		site_write(&site, "agents/max/MEMORY.md", "canary-max-memory\n");
		assert_int_equal(
			workspace_load(site.workspace, "kira", NULL, &agent, NULL, NULL, &error),
			0);
		assert_int_equal(unlinkat(site.dir, "agents/kira/MEMORY.md", 0), 0);
		rows[i].put(&site, "agents/kira/MEMORY.md");
		assert_int_equal(
			workspace_plan(site.workspace, agent, &request, NULL, &plan, &error),
			rows[i].result);
		assert_string_equal(error.file, "agents/kira/MEMORY.md");
		assert_null(plan);
		agent_free(steal_pointer(&agent));
		assert_int_equal(
			workspace_load(site.workspace, "kira", NULL, &agent, NULL, NULL, &error),
			rows[i].result);
		assert_int_equal(
			workspace_load(site.workspace, "max", NULL, &max, NULL, NULL, &error), 0);
	}
}

static void test_no_agent(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct agent *agent = NULL;
	struct error error = { 0 };

	(void)state;
	site_make(&site);
	site_open(&site);
	site_write(&site, "agents/none/README.md", "x");
	site_write(&site, "agents/Odd/SOUL.md", "x");
	assert_int_equal(workspace_load(site.workspace, "none", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_non_null(strstr(error.message, "SOUL.md"));
	assert_int_equal(workspace_load(site.workspace, "gone", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_int_equal(workspace_load(site.workspace, "Odd", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_INVALID);
	assert_int_equal(workspace_load(site.workspace, "../..", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_DENIED);
}

/* A folder, or a repository in it, of another user. */
static void test_owner(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct agent *agent = NULL;
	struct error error = { 0 };

	(void)state;
	if (geteuid())
		skip();
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	assert_int_equal(mkdirat(site.dir, "agents/kira/.git", 0700), 0);
	assert_int_equal(fchownat(site.dir, "agents/kira/.git", 12345, 12345, 0), 0);
	assert_int_equal(workspace_load(site.workspace, "kira", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_non_null(strstr(error.message, "agents/kira/.git"));
	assert_non_null(strstr(error.message, "chown -R 0"));
	assert_string_equal(error.file, "agents/kira");
	assert_int_equal(fchownat(site.dir, "agents/kira/.git", 0, 0, 0), 0);
	assert_int_equal(fchownat(site.dir, "agents/kira", 12345, 12345, 0), 0);
	assert_int_equal(workspace_load(site.workspace, "kira", NULL, &agent, NULL, NULL, &error),
			 -(int)ERROR_DENIED);
}

int run_agents(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing),    cmocka_unit_test(test_stop),
		cmocka_unit_test(test_load),       cmocka_unit_test(test_agent_zone),
		cmocka_unit_test(test_unreadable), cmocka_unit_test(test_no_agent),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests_name("workspace agents", tests, NULL, NULL);
}
